/**
 * `deno task bench orchestrator`: how many miners an orchestrator can serve.
 *
 * @module
 */

import { join } from "node:path";
import { readyKeys } from "../../../core/wallet/ready.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { json } from "../../../headless/common_flags.ts";
import { integer, integers } from "../../../headless/flags.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import { NatsServer, natsServerMissing } from "../../harness/nats_server.ts";
import { checkUse, markdown, typedCommand } from "../bench_flags.ts";
import { Printer, threeDigits } from "../print_table.ts";
import { type CostRow, measureCosts } from "./known_activations.ts";
import { POLL_MS, PollingMiners, type PollingResult } from "./polling.ts";
import { type ServedOrchestrator, serveOrchestrator } from "./served.ts";

const DIR = join(CACHE_DIR, "bench-orchestrator");
const WARMUP_ROUNDS = 2;
/** Share of the requests in time from which on an orchestrator is not overloaded. */
const KEPT_UP = 0.95;
const MINERS = [100, 500, 2_000, 10_000];
const KNOWN = [0, 1_000, 10_000, 100_000];

const FLAGS = {
  miners: integers({
    name: "miners",
    min: 1,
    default: undefined,
    defaultText: MINERS.join(),
    description: "Numbers of miners that poll at once.",
  }),
  rounds: integer({
    name: "rounds",
    min: 1,
    default: 8,
    description: "Requests of each miner that are timed.",
  }),
  threads: integer({
    name: "threads",
    min: 0,
    default: 1,
    description: "Threads of each orchestrator that check signatures; 0 for the serving one.",
  }),
  markdown,
  json,
};

type Context = CommandContext<typeof FLAGS>;

/** One load. */
interface LoadRow extends PollingResult {
  readonly orchestrators: number;
}

/** The command. */
export const orchestratorCommand: Command<typeof FLAGS> = {
  name: "orchestrator",
  summary:
    "Lets miners poll an orchestrator at the published rate, each with a key of its own and signed " +
    "requests over HTTP on loopback: one process with SQLite, then two that share a NATS JetStream. " +
    "Latency counts from when a request was due. Then what a request costs with many activations " +
    "under way. The exit code is 1 if an answer is not as it should be.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: Context): Promise<number> {
  checkUse(values);
  await readyKeys();
  const printer = new Printer(screen, values.markdown);
  const onStatus = (text: string): void => screen.status(text);
  await Deno.mkdir(DIR, { recursive: true });
  try {
    const embedded = await measureLoads(values, [{ dir: DIR, threads: values.threads }], onStatus);
    const shared = await overBus(values, onStatus);
    const costs = await measureCosts(join(DIR, "costs.sqlite"), KNOWN, onStatus);
    screen.endStatus();
    const rows = [...embedded, ...shared ?? []];
    if (values.json) { for (const row of [...rows.map(jsonOf), ...costs]) screen.printJson(row); }
    else show(printer, { embedded, shared, costs });
    return rows.every(isRight) ? 0 : 1;
  } finally {
    await Deno.remove(DIR, { recursive: true });
  }
}

/** Undefined where there is no NATS server. */
async function overBus(
  values: Context["values"],
  onStatus: (text: string) => void,
): Promise<LoadRow[] | undefined> {
  if (natsServerMissing() !== undefined) return undefined;
  const server = await NatsServer.start();
  try {
    const tasks = ["one", "two"].map((name) => ({
      ...{ dir: join(DIR, name), bus: server.url, threads: values.threads },
    }));
    return await measureLoads(values, tasks, onStatus);
  } finally {
    await server.end();
  }
}

async function measureLoads(
  { miners, rounds }: Context["values"],
  tasks: readonly Parameters<typeof serveOrchestrator>[0][],
  onStatus: (text: string) => void,
): Promise<LoadRow[]> {
  for (const { dir } of tasks) await Deno.mkdir(dir, { recursive: true });
  const served: ServedOrchestrator[] = [];
  const http = nodeHttp();
  try {
    for (const task of tasks) served.push(await serveOrchestrator(task));
    const polling = new PollingMiners(served.map(({ url }) => url), http);
    const rows: LoadRow[] = [];
    for (const count of [...miners ?? MINERS].sort((a, b) => a - b)) {
      onStatus(`registering ${count} miners`);
      await polling.register(count);
      await polling.poll(WARMUP_ROUNDS, onStatus);
      rows.push({ ...await polling.poll(rounds, onStatus), orchestrators: served.length });
    }
    return rows;
  } finally {
    http.close();
    await Promise.all(served.map(({ stop }) => stop()));
  }
}

/** Whether all were answered; a load that is too much may be refused, or come too late. */
function isRight({ miners, seconds, latencies, statuses }: LoadRow): boolean {
  const isKeptUp = latencies.count / seconds >= KEPT_UP * miners / (POLL_MS / 1000);
  return !isKeptUp || latencies.count === statuses.get(200);
}

function jsonOf({ latencies, lateness, statuses, ...row }: LoadRow): Record<string, unknown> {
  const [p50, p99] = [latencies.percentileMs(0.5), latencies.percentileMs(0.99)];
  const lateP99 = lateness.percentileMs(0.99);
  const { maxMs } = latencies;
  return { kind: "load", ...row, p50, p99, lateP99, maxMs, statuses: [...statuses] };
}

function show(
  printer: Printer,
  { embedded, shared, costs }: {
    readonly embedded: readonly LoadRow[];
    readonly shared: readonly LoadRow[] | undefined;
    readonly costs: readonly CostRow[];
  },
): void {
  const command = typedCommand();
  printer.heading("Miners that poll an orchestrator");
  printer.line(
    `${navigator.hardwareConcurrency} cores, ${
      new Date().toISOString().slice(0, 10)
    }; each miner ` +
      `asks every ${POLL_MS / 1000} s, all of them from one more process on the same machine`,
  );
  printer.line(printer.markdown ? `\`${command}\`` : command);
  printer.line("One process with SQLite:");
  showLoads(printer, embedded);
  if (shared) {
    printer.line("Two processes on one JetStream:");
    showLoads(printer, shared);
  } else printer.line("Two processes on one JetStream: not measured, there is no nats-server");
  printer.heading("What a request for work costs in SQLite");
  printer.table(
    [
      { title: "activations under way", align: "right" },
      { title: "µs", align: "right" },
      { title: "of the first", align: "right" },
    ],
    costs.map(({ known, microseconds }) => [
      known.toLocaleString("en"),
      microseconds.toFixed(0),
      `${threeDigits(microseconds / costs[0].microseconds)}x`,
    ]),
  );
}

function showLoads(printer: Printer, rows: readonly LoadRow[]): void {
  printer.table(
    [
      { title: "miners", align: "right" },
      { title: "answers/s", align: "right" },
      { title: "p50 ms", align: "right" },
      { title: "p99 ms", align: "right" },
      { title: "sent late, p99", align: "right" },
      { title: "most ms", align: "right" },
      { title: "not 200", align: "right" },
    ],
    rows.map(({ miners, seconds, latencies, lateness, statuses }) => [
      miners.toLocaleString("en"),
      threeDigits(latencies.count / seconds),
      threeDigits(latencies.percentileMs(0.5)),
      threeDigits(latencies.percentileMs(0.99)),
      threeDigits(lateness.percentileMs(0.99)),
      threeDigits(latencies.maxMs),
      `${latencies.count - (statuses.get(200) ?? 0)}`,
    ]),
  );
}
