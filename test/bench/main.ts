/**
 * `deno task bench train` and `deno task bench hash`: how fast this machine is, beside others on the
 * same machine in the same run. They live below `test/` because those others do.
 *
 * @module
 */
import { UsageError } from "../../core/errors.ts";
import { type Command, type CommandContext, runAsProcess } from "../../headless/command.ts";
import { hashCommand } from "./hash/command.ts";
import { trainCommand } from "./train/command.ts";

const BENCHMARKS = new Map([
  ["train", () => runAsProcess(trainCommand)],
  ["hash", () => runAsProcess(hashCommand)],
]);
const NAMES = [...BENCHMARKS.keys()];

/** What answers when no benchmark was named: each has flags of its own. */
const benchCommand: Command<Record<never, never>> = {
  name: "bench",
  operands: NAMES.join("|"),
  summary: `Measures this machine: training, or password searches. ${
    NAMES.map((name) => `deno task bench ${name} --help`).join(" and ")
  } list the flags.`,
  flags: {},
  run({ operands }: CommandContext<Record<never, never>>): Promise<number> {
    throw new UsageError(
      `bench takes what to measure, expected ${NAMES.map((name) => `"${name}"`).join(" or ")}, ` +
        `got "${operands.join(" ")}"`,
    );
  },
};

if (import.meta.main) {
  const named = Deno.args.find((argument) => BENCHMARKS.has(argument));
  const start = named === undefined ? undefined : BENCHMARKS.get(named);
  await (start ? start() : runAsProcess(benchCommand));
}
