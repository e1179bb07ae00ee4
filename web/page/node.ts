/**
 * The node as the page sees it: its worker, and what the worker has told so far.
 *
 * @module
 */

import { batch, computed, signal } from "@preact/signals";
import { proxy, type Remote, wrap } from "comlink";
import type { FinishedEvent, StartedEvent, StepEvent } from "../../core/node/events.ts";
import type {
  AdapterReport,
  ChallengeEvent,
  GpuEvent,
  LocalRunSettings,
  LogEvent,
  NodeApi,
  RunEvent,
  StorageReport,
} from "../worker/node_api.ts";

const MAX_LOG_LINES = 500;
const TICK_MS = 5_000;
const MAX_CHALLENGES = 500;

/** What the GPU is, once it is known. */
export type AdapterState =
  | { readonly kind: "measuring" }
  | { readonly kind: "ready"; readonly report: AdapterReport }
  | { readonly kind: "missing"; readonly reason: string };

/** Where a run stands. */
export type RunPhase = keyof typeof PHASE_TEXTS;

/** Phases of a run, for people. */
export const PHASE_TEXTS = {
  ...{ idle: "idle", starting: "building the model", running: "training" },
  ...{ stopping: "saving", done: "done", failed: "failed" },
} as const;

/** A whole network in this tab, one miner of a swarm elsewhere, or one of the compute network. */
export type RunKind = "local" | "swarm" | "compute";

export const adapter = signal<AdapterState>({ kind: "measuring" });
export const phase = signal<RunPhase>("idle");
/** What ran last. */
export const kind = signal<RunKind>("local");
/** Why the last run failed. */
export const failure = signal("");
export const started = signal<StartedEvent | undefined>(undefined);
export const finished = signal<FinishedEvent | undefined>(undefined);
/** In order, each step once. */
export const steps = signal<readonly StepEvent[]>([]);
/** The newest last. */
export const challenges = signal<readonly ChallengeEvent[]>([]);
export const logLines = signal<readonly (LogEvent & { readonly at: Date })[]>([]);
/** When the last checkpoint was written, and its size in bytes. */
export const checkpoint = signal<{ at: Date; step: number; sizeBytes: number } | undefined>(
  undefined,
);
/** Whom the GPU works for; undefined until the first report of a run. */
export const gpu = signal<GpuEvent | undefined>(undefined);
/** The time, every few seconds, for ages. */
export const now = signal(Date.now());
setInterval(() => now.value = Date.now(), TICK_MS);
export const storage = signal<StorageReport | undefined>(undefined);

/** Whether something runs that could be stopped. */
export const isRunning = computed(() =>
  phase.value === "starting" || phase.value === "running" || phase.value === "stopping"
);

/** The worker itself. */
export const node: Remote<NodeApi> = wrap<NodeApi>(
  new Worker(new URL("../worker/node_worker.ts", import.meta.url), {
    type: "module",
    name: "weft node",
  }),
);

/** Looks which GPU there is, and how fast it is. */
export async function measureAdapter(): Promise<void> {
  try {
    adapter.value = { kind: "ready", report: await node.measureAdapter() };
  } catch (error) {
    adapter.value = { kind: "missing", reason: reasonOf(error) };
  }
}

/** Runs the whole network in this tab, from its last checkpoint if there is one. */
export async function startLocalRun(settings: LocalRunSettings): Promise<void> {
  if (isRunning.value) return;
  batch(() => {
    begin("local");
    started.value = undefined;
    finished.value = undefined;
    steps.value = [];
    challenges.value = [];
  });
  try {
    await node.runLocal(settings, proxy(take));
    phase.value = "done";
  } catch (error) {
    failure.value = reasonOf(error);
    phase.value = "failed";
  }
  await updateStorage();
}

/** A run begins, and nothing is known of it yet. */
export function begin(next: RunKind): void {
  phase.value = "starting";
  kind.value = next;
  failure.value = "";
  gpu.value = undefined;
}

/** Ends the run; what it has learned is kept. */
export async function stopRun(): Promise<void> {
  if (!isRunning.value) return;
  phase.value = "stopping";
  await node.stop();
}

/** Forgets the run of this tab. */
export async function clearLocalRun(): Promise<void> {
  await node.clearLocalRun();
  batch(() => {
    phase.value = "idle";
    steps.value = [];
    challenges.value = [];
    started.value = undefined;
    finished.value = undefined;
    checkpoint.value = undefined;
  });
  await updateStorage();
}

/** Looks how much the browser keeps for this page. */
export async function updateStorage(): Promise<void> {
  storage.value = await node.storage();
}

/** Asks the browser never to throw away what is kept; it may ask its user, or say no. */
export async function keepStorage(): Promise<void> {
  await navigator.storage.persist();
  await updateStorage();
}

function take(events: readonly RunEvent[]): void {
  batch(() => {
    for (const event of events) takeOne(event);
    takeMany(events);
  });
}

function takeOne(event: RunEvent): void {
  switch (event.kind) {
    case "started":
      started.value = event;
      if (phase.value === "starting") phase.value = "running";
      return;
    case "checkpoint":
      checkpoint.value = { at: new Date(), step: event.step, sizeBytes: event.sizeBytes };
      return;
    case "finished":
      finished.value = event;
      return;
    case "device lost":
      return addLog({ kind: "log", level: "warn", message: `the GPU was lost: ${event.reason}` });
    case "skipped":
      return addLog({
        kind: "log",
        level: "warn",
        message: "a step was left out: NaN or infinite",
      });
    case "gpu":
      gpu.value = event;
      return;
    case "log":
      return addLog(event);
    default:
      // Of steps and challenges many come at once: a list is copied once for all.
      return;
  }
}

function takeMany(events: readonly RunEvent[]): void {
  const newSteps = events.filter((event) => event.kind === "step");
  if (newSteps.length > 0) {
    // After a lost device steps are taken again.
    const kept = steps.value.filter(({ step }) => step < newSteps[0].step);
    steps.value = [...kept, ...newSteps];
  }
  const newChallenges = events.filter((event) => event.kind === "challenge");
  if (newChallenges.length > 0) addChallenges(newChallenges);
}

/** Adds what was answered. */
export function addChallenges(answered: readonly ChallengeEvent[]): void {
  challenges.value = [...challenges.value, ...answered].slice(-MAX_CHALLENGES);
}

/** Adds a line to the log. */
export function addLog(event: LogEvent): void {
  logLines.value = [...logLines.value, { ...event, at: new Date() }].slice(-MAX_LOG_LINES);
}

/** Why something failed, for a person. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}
