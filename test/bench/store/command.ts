/**
 * `deno task bench store`: how fast weights go up to the orchestrator's own store and down again.
 *
 * @module
 */

import { join } from "node:path";
import { UsageError, WeftError } from "../../../core/errors.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { json } from "../../../headless/common_flags.ts";
import { integer, text } from "../../../headless/flags.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import { checkUse, markdown, rounds, typedCommand } from "../bench_flags.ts";
import { Printer, threeDigits } from "../print_table.ts";
import { serveInProcess } from "./serve.ts";
import { measureTransfers, type TransferRow } from "./transfer.ts";

const MIB = 1024 ** 2;

const FLAGS = {
  sizeMib: integer({
    name: "size.mib",
    min: 1,
    max: 16_384,
    default: 1024,
    description: "Size of the file in MiB; three of it must fit on the disk.",
  }),
  dir: text({
    name: "store.dir",
    placeholder: "DIR",
    default: join(CACHE_DIR, "bench-store"),
    description: "Folder on the disk that is measured; it is made, and removed afterwards.",
  }),
  rounds,
  markdown,
  json,
};

type Context = CommandContext<typeof FLAGS>;

/** The command. */
export const storeCommand: Command<typeof FLAGS> = {
  name: "store",
  summary:
    "Measures uploads and downloads of one large file through the served disk store over loopback, " +
    "beside cp on the same disk in the same rounds. What comes back is checked first.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: Context): Promise<number> {
  checkUse(values);
  const http = nodeHttp();
  await makeEmpty(values.dir);
  try {
    const rows = await measureTransfers({
      dir: values.dir,
      sizeBytes: values.sizeMib * MIB,
      rounds: values.rounds,
      http,
      nowMs: () => performance.now(),
      serve: serveInProcess,
      copy: (from, to) => runProgram("cp", [from, to]),
      settle: () => runProgram("sync", []),
      memoryBytes: () => Deno.memoryUsage().rss,
    });
    if (values.json) {
      rows.forEach((row) => screen.printJson({ ...row, sizeBytes: values.sizeMib * MIB }));
    } else {
      show(new Printer(screen, values.markdown), rows, values.sizeMib);
    }
    return 0;
  } finally {
    http.close();
    await Deno.remove(values.dir, { recursive: true });
  }
}

/** What is there stays: it may be someone's. */
async function makeEmpty(dir: string): Promise<void> {
  try {
    await Deno.mkdir(dir);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new UsageError(`${dir} is there already: remove it, or name another with --store.dir`);
  }
}

async function runProgram(name: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args: [...args] }).output();
  if (!success) throw new WeftError(`${name} failed: ${new TextDecoder().decode(stderr).trim()}`);
}

function show(printer: Printer, rows: readonly TransferRow[], sizeMib: number): void {
  const command = typedCommand();
  const rate = (ms: number): string => threeDigits(sizeMib / (ms / 1000));
  printer.heading(`A file of ${sizeMib} MiB and the served disk store`);
  printer.line(
    `${navigator.hardwareConcurrency} cores, ${new Date().toISOString().slice(0, 10)}; ` +
      "server and client are two processes",
  );
  printer.line(printer.markdown ? `\`${command}\`` : command);
  printer.table(
    [
      { title: "work" },
      { title: "counts as done" },
      { title: "MiB/s", align: "right" },
      { title: "cp MiB/s", align: "right" },
      { title: "ratio", align: "right" },
      { title: "server's memory", align: "right" },
      { title: "client's", align: "right" },
    ],
    rows.map(({ work, moves, synced, ms, copyMs, serverBytes, clientBytes }) => [
      work,
      synced ? "on the disk" : "as cp counts",
      rate(ms / moves),
      rate(copyMs / moves),
      `${threeDigits(copyMs / ms)}x`,
      `${(serverBytes / MIB).toFixed(0)} MiB`,
      `${(clientBytes / MIB).toFixed(0)} MiB`,
    ]),
  );
}
