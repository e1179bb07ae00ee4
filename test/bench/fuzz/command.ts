/**
 * `deno task bench fuzz`: spoilt requests without end against a miner, honest ones among them.
 *
 * @module
 */

import { readyKeys } from "../../../core/wallet/ready.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { json } from "../../../headless/common_flags.ts";
import { processClock } from "../../../headless/deno_host.ts";
import { integer } from "../../../headless/flags.ts";
import { checkUse, markdown, typedCommand } from "../bench_flags.ts";
import { Printer, threeDigits } from "../print_table.ts";
import { fuzz, type FuzzResult } from "./fuzz_run.ts";
import { type Memory, serveFuzzed } from "./process.ts";
import { VALIDATOR_KEYS } from "./valid_requests.ts";

const LANES = 96;
/** Also what a closed connection takes at most. Two busy cores are slow, but not as slow. */
const BOUND_MS = 10_000;
/** Memory is looked at so often in a run, the first time when caches and code are warm. */
const PARTS = 10;
/**
 * What the heap's live part may have grown by from the middle of a run to its end. A run of a million
 * that lost 50 bytes a request would be beyond it.
 */
const MAX_HEAP_GROWTH = 24 * 1024 ** 2;
/** The process's pages come and go with the allocator's mood: only a leak of native memory is more. */
const MAX_RSS_GROWTH = 96 * 1024 ** 2;
const MIB = 1024 ** 2;

const FLAGS = {
  requests: integer({
    name: "requests",
    min: 1,
    default: 100_000,
    description: "How many requests.",
  }),
  seed: integer({
    name: "seed",
    min: 0,
    default: 1,
    description: "What the requests are drawn by.",
  }),
  from: integer({ name: "from", min: 0, default: 0, description: "Index of the first request." }),
  only: integer({
    name: "only",
    min: 0,
    default: undefined,
    defaultText: "all",
    description: "Sends nothing but the request of this index.",
  }),
  markdown,
  json,
};

type Context = CommandContext<typeof FLAGS>;

/** A run, and the memory after each part of it. */
interface Report {
  readonly result: FuzzResult;
  readonly seconds: number;
  readonly memory: readonly Memory[];
}

/** The command. */
export const fuzzCommand: Command<typeof FLAGS> = {
  name: "fuzz",
  summary:
    "Sends a miner signed requests that are spoilt in some way, over HTTP on loopback: bits, " +
    "headers, fields, lengths, framing, and garbage; every fifth is honest. The exit code is 1 if " +
    "an answer has a status that there is not, comes late or never, if an honest request is not " +
    "answered right, if the miner ends, or if its memory grows. The same seed and index is the " +
    "same request but for its nonce and signature.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: Context): Promise<number> {
  checkUse(values);
  await readyKeys();
  const { seed } = values;
  const [from, requests] = values.only === undefined
    ? [values.from, values.requests]
    : [values.only, 1];
  const miner = await serveFuzzed(VALIDATOR_KEYS().map(({ address }) => address));
  try {
    const memory: Memory[] = [];
    const startMs = processClock.nowMs();
    const result = await fuzz({
      ...{ port: miner.port, seed, from, requests, lanes: LANES, boundMs: BOUND_MS },
      partLength: Math.max(1, Math.floor(requests / PARTS)),
      onPart: async (done) => {
        memory.push(await miner.memory());
        screen.status(`${done} of ${requests} sent`);
      },
    });
    const seconds = (processClock.nowMs() - startMs) / 1000;
    screen.endStatus();
    // Fails if the process is gone.
    memory.push(await miner.memory());
    const report = { result, seconds, memory };
    if (values.json) screen.printJson(jsonOf(report, seed, from));
    else show(new Printer(screen, values.markdown), report, seed);
    return result.failures.length === 0 && !hasGrown(memory) ? 0 : 1;
  } finally {
    await miner.stop();
  }
}

/** From the middle to the end, in bytes. */
function growth(memory: readonly Memory[], of: keyof Memory): number {
  const [middle, last] = [memory[Math.floor(memory.length / 2)], memory[memory.length - 1]];
  return last[of] - middle[of];
}

function hasGrown(memory: readonly Memory[]): boolean {
  return growth(memory, "heapUsed") > MAX_HEAP_GROWTH || growth(memory, "rss") > MAX_RSS_GROWTH;
}

function jsonOf({ result, seconds, memory }: Report, seed: number, from: number): unknown {
  const { sent, honest, answeredRight, slowestMs, failures, statuses, byName } = result;
  return {
    ...{ kind: "fuzz", seed, from, sent, honest, answeredRight, slowestMs, seconds, failures },
    statuses: Object.fromEntries(statuses),
    byName: Object.fromEntries([...byName].map(([name, own]) => [name, Object.fromEntries(own)])),
    memory,
  };
}

function show(printer: Printer, { result, seconds, memory }: Report, seed: number): void {
  const { sent, honest, answeredRight, slowestMs, failures, byName } = result;
  const command = typedCommand();
  printer.heading(`${sent} requests, most of them spoilt`);
  printer.line(printer.markdown ? `\`${command}\`` : command);
  printer.line(
    `${Math.round(sent / seconds)} a second; ${answeredRight} of ${honest} honest ones were ` +
      `answered right; the slowest answer took ${threeDigits(slowestMs)} ms`,
  );
  printer.line(
    `memory after each part, MiB of heap / process: ${
      memory.map(({ heapUsed, rss }) => `${mib(heapUsed)}/${mib(rss)}`).join(" ")
    }`,
  );
  printer.line(
    `from the middle to the end: heap ${mib(growth(memory, "heapUsed"))} MiB, process ` +
      `${mib(growth(memory, "rss"))} MiB${hasGrown(memory) ? ": too much" : ""}`,
  );
  printer.table(
    [{ title: "what was done" }, { title: "answers by status, - for a closed connection" }],
    [...byName].sort(([left], [right]) => left < right ? -1 : 1).map(([name, own]) => [
      name,
      [...own].sort(([left], [right]) => left - right)
        .map(([status, count]) => `${status || "-"}: ${count}`).join(", "),
    ]),
  );
  for (const { index, name, reason } of failures) {
    printer.line(`seed ${seed}, index ${index}, ${name}: ${reason}`);
  }
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
