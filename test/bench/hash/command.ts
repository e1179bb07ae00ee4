/**
 * `deno task bench hash`: how fast this machine searches for passwords, and how that compares with
 * hashcat.
 *
 * @module
 */
import { join } from "node:path";
import type { EngineHost } from "../../../core/hash/engines.ts";
import { HASH_MODES, hashMode } from "../../../core/hash/modes.ts";
import { VARIANTS } from "../../../core/hash/search_engine.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { gpuBackend, json } from "../../../headless/common_flags.ts";
import { createDenoHost } from "../../../headless/deno_host.ts";
import { choice, integers, toggle } from "../../../headless/flags.ts";
import { tuneLavapipe } from "../../../headless/lavapipe.ts";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import type { Backend } from "../../../headless/webgpu.ts";
import { checkUse, markdown, rounds, typedCommand } from "../bench_flags.ts";
import { Printer } from "../print_table.ts";
import { benchHash } from "./hash.ts";
import { jsonLines } from "./json_lines.ts";
import { HashReport } from "./report.ts";

/** In the order of the tables: the compute network's mode first. */
const ALL_MODES = [610, 600, 620, 1410, 1400];

const FLAGS = {
  modes: integers({
    name: "modes",
    min: 0,
    default: undefined,
    defaultText: ALL_MODES.join(),
    description: `hashcat's numbers of what to measure: some of ${
      HASH_MODES.map(({ number }) => number).join(", ")
    }.`,
  }),
  variant: choice({
    name: "variant",
    words: ["all", ...VARIANTS],
    default: "all",
    description: "The kernels to measure.",
  }),
  rounds,
  hashcat: toggle({
    name: "hashcat",
    default: true,
    description: "Runs hashcat beside it, where it is installed.",
  }),
  markdown,
  gpuBackend,
  json,
};

/** The command. */
export const hashCommand: Command<typeof FLAGS> = {
  name: "hash",
  summary:
    "Measures password searches by mode, length and kernel, what share of the adapter they use, how " +
    "long the first candidates take, and hashcat beside it in the same rounds. Answers are checked " +
    "first; the exit code is 1 if one is wrong.",
  flags: FLAGS,
  run,
};

async function run(
  { values, screen, signal }: CommandContext<typeof FLAGS>,
): Promise<number> {
  checkUse(values);
  const modes = (values.modes ?? ALL_MODES).map(hashMode);
  const host = createHost(values.gpuBackend, (line) => screen.message(line));
  tuneLavapipe(modes[0].algorithm);
  const report = new HashReport(new Printer(screen, values.markdown), typedCommand(), new Date());
  const { variant, rounds, hashcat } = values;
  const options = {
    ...{ modes, variant, rounds, hashcat, cores: navigator.hardwareConcurrency },
    onStatus: (status: string) => screen.status(status),
  };
  for await (const event of benchHash(host, options)) {
    if (values.json) { for (const line of jsonLines(event)) screen.printJson(line); }
    else report.show(event);
    if (signal.aborted) return 1;
  }
  screen.endStatus();
  return 0;
}

/** Engines of a named variant keep nothing; the folder is there because a host has one. */
function createHost(backend: Backend, writeLog: (line: string) => void): EngineHost {
  const runDir = join(CACHE_DIR, "bench");
  Deno.mkdirSync(runDir, { recursive: true });
  return createDenoHost({ runDir, backend, logLevel: "warn", writeLog });
}
