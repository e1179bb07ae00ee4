/**
 * `deno task bench pow`: how fast this machine's GPU works for a registration, and how that compares
 * with a loop over `@noble/hashes` on its cores.
 *
 * @module
 */
import { SEAL_VARIANTS } from "../../../core/hash/seal_engine.ts";
import type { Command, CommandContext } from "../../../headless/command.ts";
import { gpuBackend, json } from "../../../headless/common_flags.ts";
import { createLog, processClock } from "../../../headless/deno_host.ts";
import { choice } from "../../../headless/flags.ts";
import { tuneLavapipe } from "../../../headless/lavapipe.ts";
import { loadWebGpu } from "../../../headless/webgpu.ts";
import { checkUse, markdown, rounds, typedCommand } from "../bench_flags.ts";
import { Printer } from "../print_table.ts";
import { jsonLines } from "./json_lines.ts";
import { benchPow } from "./pow.ts";
import { PowReport } from "./report.ts";

const FLAGS = {
  variant: choice({
    name: "variant",
    words: ["all", ...SEAL_VARIANTS],
    default: "all",
    description: "The kernels to measure.",
  }),
  rounds,
  markdown,
  gpuBackend,
  json,
};

/** The command. */
export const powCommand: Command<typeof FLAGS> = {
  name: "pow",
  summary:
    "Measures registration by work: seals a second by kernel, what share of the adapter they use, and " +
    "a loop over @noble/hashes on all cores in the same rounds. Seals are checked first; the exit " +
    "code is 1 if one is wrong.",
  flags: FLAGS,
  run,
};

async function run(
  { values, screen, signal }: CommandContext<typeof FLAGS>,
): Promise<number> {
  checkUse(values);
  // The longer part of a seal has 64-bit words, as BLAKE2b has.
  tuneLavapipe("blake2b");
  const host = {
    clock: processClock,
    log: createLog("warn", (line) => screen.message(line)),
    webgpu: () => loadWebGpu(values.gpuBackend),
  };
  const report = new PowReport(new Printer(screen, values.markdown), typedCommand(), new Date());
  const options = {
    ...{ variant: values.variant, rounds: values.rounds, cores: navigator.hardwareConcurrency },
    onStatus: (status: string) => screen.status(status),
  };
  for await (const event of benchPow(host, options)) {
    if (values.json) { for (const line of jsonLines(event)) screen.printJson(line); }
    else report.show(event);
    if (signal.aborted) return 1;
  }
  screen.endStatus();
  return 0;
}
