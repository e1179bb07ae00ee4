/**
 * `deno task bench axon`: how many validators an axon can answer, and how little others can do
 * about it.
 *
 * @module
 */

import { join } from "node:path";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { json } from "../../../headless/common_flags.ts";
import { integer } from "../../../headless/flags.ts";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import { checkUse, markdown, typedCommand } from "../bench_flags.ts";
import { Printer, threeDigits } from "../print_table.ts";
import { ping, type PingResult, validatorKeys, Validators } from "./pings.ts";
import { sendHostile, serveAxon } from "./processes.ts";
import type { HostileOutcome } from "./served_messages.ts";

const DIR = join(CACHE_DIR, "bench-axon");
const VALIDATORS = 256;
/** Long enough for the axon to know each key as one that asks often. */
const WARMUP = { perSecond: 1_000, seconds: 15 };

const FLAGS = {
  pings: integer({
    name: "pings",
    min: 1,
    default: 2_000,
    description: "Signed pings a second.",
  }),
  hostile: integer({
    name: "hostile",
    min: 1,
    default: 10_000,
    description: "Hostile requests a second, in the second half.",
  }),
  seconds: integer({ name: "seconds", min: 1, default: 10, description: "Length of each half." }),
  markdown,
  json,
};

type Context = CommandContext<typeof FLAGS>;

/** One load. */
interface Row {
  readonly name: string;
  readonly pings: PingResult;
  readonly hostile: HostileOutcome | undefined;
}

/** The command. */
export const axonCommand: Command<typeof FLAGS> = {
  name: "axon",
  summary:
    "Lets validators ping an axon, each with a key of its own and signed requests over HTTP on " +
    "loopback, first alone and then while others flood it with bad signatures, unknown hotkeys and " +
    "oversized bodies. Latency counts from when a ping was due. The exit code is 1 if a ping is not " +
    "answered, or anything hostile is.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: Context): Promise<number> {
  checkUse(values);
  await readyKeys();
  const hotkeys = validatorKeys(VALIDATORS).map(({ address }) => address);
  await Deno.mkdir(DIR, { recursive: true });
  const axon = await serveAxon({ dir: DIR, hotkeys });
  const { address: hotkey } = Keypair.fromUri("//Bob");
  const validators = new Validators(VALIDATORS, axon.port, hotkey);
  try {
    const load = { perSecond: values.pings, seconds: values.seconds };
    const nothing = (): Promise<void> => Promise.resolve();
    screen.status("warming up");
    await ping(validators, WARMUP, nothing);
    screen.status("pinging");
    const alone: Row = {
      name: "nobody",
      pings: await ping(validators, load, nothing),
      hostile: undefined,
    };
    screen.status("pinging in a flood");
    let end: (() => Promise<HostileOutcome>) | undefined;
    const pings = await ping(validators, load, () => {
      const task = { port: axon.port, axonHotkey: hotkey, known: hotkeys[0] };
      end = sendHostile({ ...task, perSecond: values.hostile });
      return Promise.resolve();
    });
    const rows = [alone, { name: "hostile requests", pings, hostile: await end?.() }];
    screen.endStatus();
    if (values.json) rows.forEach((row) => screen.printJson(jsonOf(row)));
    else show(new Printer(screen, values.markdown), rows, values);
    return rows.every(isRight) ? 0 : 1;
  } finally {
    validators.close();
    await axon.stop();
    await Deno.remove(DIR, { recursive: true });
  }
}

function isRight({ pings: { statuses, count }, hostile }: Row): boolean {
  return statuses.get(200) === count && hostile?.statuses["200"] === undefined;
}

function jsonOf({ name, pings: { latencies, lateness, statuses }, hostile }: Row): unknown {
  return {
    ...{ kind: "axon", beside: name, count: latencies.count, maxMs: latencies.maxMs },
    ...{ p50: latencies.percentileMs(0.5), p99: latencies.percentileMs(0.99) },
    ...{ lateP99: lateness.percentileMs(0.99), statuses: [...statuses], hostile },
  };
}

function show(
  printer: Printer,
  rows: readonly Row[],
  { pings, seconds }: Context["values"],
): void {
  const command = typedCommand();
  printer.heading(`An axon and ${pings} signed pings a second of ${VALIDATORS} validators`);
  printer.line(
    `${navigator.hardwareConcurrency} cores, ${
      new Date().toISOString().slice(0, 10)
    }; the axon is ` +
      `one process on one core, ${seconds} s each`,
  );
  printer.line(printer.markdown ? `\`${command}\`` : command);
  printer.table(
    [
      { title: "beside" },
      { title: "hostile a second", align: "right" },
      { title: "answered", align: "right" },
      { title: "p50 ms", align: "right" },
      { title: "p99 ms", align: "right" },
      { title: "largest ms", align: "right" },
      { title: "sent late, p99 ms", align: "right" },
    ],
    rows.map(({ name, pings: { latencies, count, lateness, statuses }, hostile }) => [
      name,
      hostile ? `${Math.round(hostile.sent / hostile.seconds)}` : "-",
      `${((statuses.get(200) ?? 0) * 100 / count).toFixed(1)}%`,
      threeDigits(latencies.percentileMs(0.5)),
      threeDigits(latencies.percentileMs(0.99)),
      threeDigits(latencies.maxMs),
      threeDigits(lateness.percentileMs(0.99)),
    ]),
  );
  const refused = rows.flatMap(({ hostile }) => Object.entries(hostile?.statuses ?? {}));
  const counts = refused.map(([status, count]) => `${count} with ${status}`).join(", ");
  printer.line(`hostile requests were answered: ${counts}`);
}
