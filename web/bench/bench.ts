/**
 * The benchmark as the page sees it: what is chosen, what runs, and what was found.
 *
 * @module
 */

import { batch, computed, signal } from "@preact/signals";
import { proxy, wrap } from "comlink";
import type { BenchApi, BenchEvent, BenchPart } from "./bench_api.ts";
import { browserName } from "./browser_name.ts";
import { emptyResult, isEmpty, type Result, withFinding } from "./result.ts";
import { readFragment, resultFragment, type Sent } from "./result_link.ts";

/** What can be measured, in this order, and what it is called. */
export const PARTS: readonly { readonly part: BenchPart; readonly label: string }[] = [
  { part: "hash", label: "Password search" },
  { part: "bandwidth", label: "Memory" },
  { part: "products", label: "Matrix products" },
  { part: "attention", label: "Attention" },
  { part: "step", label: "A training step" },
];
/** Rounds that one may choose; the command's default is the last. */
export const ROUNDS: readonly number[] = [1, 3, 5];

/** Whether there is a GPU. */
export type GpuState = "looking" | "ready" | "missing";
/** Where a run stands. */
export type BenchPhase = "idle" | "running" | "stopped" | "done" | "failed";

export const gpu = signal<GpuState>("looking");
export const chosen = signal<ReadonlySet<BenchPart>>(new Set(PARTS.map(({ part }) => part)));
export const rounds = signal(3);
export const phase = signal<BenchPhase>("idle");
/** What is going on. */
export const status = signal("");
/** Why the last run failed. */
export const failure = signal("");
/** What was compared before anything was timed. */
export const remarks = signal<readonly string[]>([]);
export const own = signal<Result | undefined>(undefined);
export const sent = signal<Sent>({ kind: "none" });

/** The parts that are chosen and can be measured here: password searches need no GPU. */
export const parts = computed(() =>
  PARTS.map(({ part }) => part).filter((part) =>
    chosen.value.has(part) && (part === "hash" || gpu.value === "ready")
  )
);
/** The result of somebody else. */
export const sentResult = computed(() =>
  sent.value.kind === "result" ? sent.value.result : undefined
);
/** The tables' result: one's own as soon as there is something in it. */
export const shown = computed(() =>
  own.value && !isEmpty(own.value) ? own.value : sentResult.value
);

/** Whether there is something that could be stopped. */
export const isRunning = computed(() => phase.value === "running");

/** Ends the run that there is. */
let endRun: (() => void) | undefined;

/** Looks whether the browser has WebGPU and an adapter. */
export async function lookForGpu(): Promise<void> {
  try {
    // Types say that `gpu` is always there; browsers do not.
    const api: GPU | undefined = navigator.gpu;
    gpu.value = await api?.requestAdapter() ? "ready" : "missing";
  } catch {
    gpu.value = "missing";
  }
}

/** Reads what the link carries; one's own result is nothing that was sent. */
export function readSentResult(): void {
  if (own.value && location.hash === resultFragment(own.value)) return;
  sent.value = readFragment(location.hash);
}

/** Measures what is chosen. */
export async function start(): Promise<void> {
  if (isRunning.value || parts.value.length === 0) return;
  batch(() => {
    phase.value = "running";
    status.value = "Starting";
    failure.value = "";
    remarks.value = [];
    own.value = emptyResult({
      startedMs: Date.now(),
      browser: browserName(navigator.userAgent),
      cores: navigator.hardwareConcurrency,
      rounds: rounds.value,
    });
  });
  const thread = openWorker();
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  endRun = resolve;
  try {
    const broken = new Promise<never>((_, reject) => {
      thread.onerror = ({ message }) => reject(new Error(message || "the worker could not start"));
    });
    const settings = { parts: parts.value, rounds: rounds.value };
    await Promise.race([wrap<BenchApi>(thread).run(settings, proxy(take)), broken, ended]);
    if (isRunning.value) phase.value = "done";
  } catch (error) {
    failure.value = error instanceof Error ? error.message : `${error}`;
    phase.value = "failed";
  } finally {
    thread.terminate();
  }
}

/** Ends the run at once; what was found is kept. */
export function stop(): void {
  if (!isRunning.value) return;
  phase.value = "stopped";
  endRun?.();
}

function openWorker(): Worker {
  // Bundlers find the file by just this form.
  return new Worker(new URL("./bench_worker.ts", import.meta.url), {
    type: "module",
    name: "weft benchmark",
  });
}

function take(event: BenchEvent): void {
  if (!isRunning.value) return;
  switch (event.kind) {
    case "status":
      status.value = event.text;
      return;
    case "checked":
      remarks.value = [...remarks.value, event.text];
      return;
    default:
      if (own.value) own.value = withFinding(own.value, event);
  }
}
