/**
 * `deno task bench chain`: signatures a second, and how long a chain takes to be read.
 *
 * @module
 */

import { UsageError } from "../../../core/errors.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { json } from "../../../headless/common_flags.ts";
import { createLog } from "../../../headless/deno_host.ts";
import { openChain } from "../../../headless/open_chain.ts";
import { CHAIN_FLAGS, netuid } from "../../../headless/wallet/flags.ts";
import { checkUse, markdown, rounds, typedCommand } from "../bench_flags.ts";
import { Printer, threeDigits } from "../print_table.ts";
import { measureReading, type ReadingRow } from "./reading.ts";
import { measureSigning, type SigningRow } from "./signing.ts";

const FLAGS = { ...CHAIN_FLAGS, netuid, rounds, markdown, json };

type Context = CommandContext<typeof FLAGS>;

/** The command. */
export const chainCommand: Command<typeof FLAGS> = {
  name: "chain",
  summary:
    "Measures signing and verifying on one core, beside polkadot-js in the same rounds; with a chain " +
    "and --netuid also how long it takes to open it and to read a metagraph. Answers are checked " +
    "first; the exit code is 1 if one is wrong.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: Context): Promise<number> {
  checkUse(values);
  const hasChain = values.subtensorNetwork !== undefined ||
    values.subtensorChainEndpoint !== undefined;
  if (hasChain !== (values.netuid !== undefined)) {
    throw new UsageError("a chain is read one subnet at a time: name both the chain and --netuid");
  }
  const nowMs = (): number => performance.now();
  const log = createLog("warn", (line) => screen.message(line));
  const printer = new Printer(screen, values.markdown);
  if (!values.json) showHead(printer);
  const signing = await measureSigning(values.rounds, nowMs);
  if (values.json) signing.forEach((row) => screen.printJson(row));
  else showSigning(printer, signing);
  if (values.netuid === undefined) return 0;
  const open = () => openChain(values, log);
  const reading = await measureReading(open, values.netuid, values.rounds, nowMs);
  if (values.json) screen.printJson(reading);
  else showReading(printer, reading);
  return 0;
}

function showHead(printer: Printer): void {
  const command = typedCommand();
  printer.heading("Signatures and the chain");
  printer.line(
    `one of ${navigator.hardwareConcurrency} cores, ${new Date().toISOString().slice(0, 10)}`,
  );
  printer.line(printer.markdown ? `\`${command}\`` : command);
}

function showSigning(printer: Printer, rows: readonly SigningRow[]): void {
  printer.line("sr25519, messages of 140 bytes; each side takes the other's signatures");
  printer.table(
    [
      { title: "work" },
      { title: "a second", align: "right" },
      { title: "polkadot-js 14.0.3", align: "right" },
      { title: "ratio", align: "right" },
    ],
    rows.map(({ work, perSecond, peerPerSecond }) => [
      work,
      perSecond.toFixed(0),
      peerPerSecond.toFixed(0),
      `${threeDigits(perSecond / peerPerSecond)}x`,
    ]),
  );
}

function showReading(printer: Printer, row: ReadingRow): void {
  const { network, specVersion, netuid, neurons, openMs, metagraphMs } = row;
  printer.heading(`Reading ${network}, spec ${specVersion}`);
  printer.table(
    [{ title: "what" }, { title: "ms", align: "right" }],
    [
      ["open the chain", openMs.toFixed(0)],
      [`metagraph of subnet ${netuid}, ${neurons} neurons`, metagraphMs.toFixed(0)],
      ["both", (openMs + metagraphMs).toFixed(0)],
    ],
  );
}
