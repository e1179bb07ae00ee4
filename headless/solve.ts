/**
 * `deno task solve HASH MASK`: finds the password of a hash, as hashcat does with a mask.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import type { HashTarget } from "../core/hash/hash_target.ts";
import { HASH_MODES, hashMode } from "../core/hash/modes.ts";
import { type Command, type CommandContext, runAsProcess } from "./command.ts";
import { benchmark } from "./solve/benchmark.ts";
import { charsetsOf, modeOf, rangeOf, type SearchRange, SOLVE_FLAGS } from "./solve/flags.ts";
import { limitTime } from "./solve/limit.ts";
import { SolveReport } from "./solve/report.ts";
import { ResultFiles } from "./solve/results.ts";
import { searchAll } from "./solve/search.ts";
import { openSolver, processSystem, type SolveSystem } from "./solve/system.ts";
import { Tally } from "./solve/tally.ts";
import { readTargets } from "./solve/targets.ts";

type Context = CommandContext<typeof SOLVE_FLAGS>;

/** hashcat's exit codes. Wrong use and errors, which hashcat tells apart, share that of an abort. */
const EXIT = { cracked: 0, exhausted: 1, aborted: 2 };

/** The command, in these surroundings. */
export function solveCommand(system: SolveSystem): Command<typeof SOLVE_FLAGS> {
  return {
    name: "solve",
    operands: "HASH[:SALT]|FILE MASK",
    summary: "Finds the password of a hash, or of every hash in a file, by trying all candidates " +
      "of a hashcat mask: deno task solve -1 abc123 '$BLAKE2$…:salt' '?1?1?1?1?l?d'. Passwords go " +
      "to stdout, all else to stderr. The exit code is 0 if all were found, 1 if not, and 2 if " +
      "the search was aborted or could not be made.",
    flags: SOLVE_FLAGS,
    errorCode: EXIT.aborted,
    run: (context) =>
      context.values.benchmark ? runBenchmark(system, context) : runSearch(system, context),
  };
}

async function runBenchmark(system: SolveSystem, context: Context): Promise<number> {
  const { values, operands, screen } = context;
  modeOf(values);
  if (operands.length > 0) {
    throw new UsageError(`unexpected argument "${operands[0]}" beside --benchmark: leave it out`);
  }
  const modes = values.hashType === undefined ? HASH_MODES : [hashMode(values.hashType)];
  const opened = openSolver(system, values, screen, modes[0].algorithm);
  const limit = limitTime(context.signal, values.runtime);
  try {
    const isWhole = await benchmark(opened, modes, screen, {
      json: values.json,
      signal: limit.signal,
    });
    return isWhole ? EXIT.cracked : EXIT.aborted;
  } finally {
    limit.end();
    await opened.solver.close();
  }
}

/** Straight down: read all that was typed, open the files, ask the potfile, search the rest. */
async function runSearch(system: SolveSystem, context: Context): Promise<number> {
  const { values, screen } = context;
  const [operand, mask] = readOperands(context.operands);
  const mode = modeOf(values);
  const range = rangeOf(values, mask);
  const warn = (message: string): void =>
    screen.message(screen.style("yellow", `warning: ${message}`));
  const form = { mode, hexSalt: values.hexSalt };
  const targets = readTargets(operand, system.userFolder(), form, warn);
  const files = new ResultFiles(values, system);
  try {
    const known = files.known(targets, warn);
    const left = targets.filter((target) => !known.has(target));
    const tally = new Tally(() => performance.now(), left.length, range.size);
    const report = new SolveReport(screen, values, tally, {
      mode,
      mask,
      target: targets.length === 1 ? targets[0].line : operand,
      length: range.keyspace.length,
      charsets: charsetsOf(values),
      hashes: targets.length,
      startedAt: new Date(),
    });
    report.start(range.keyspace.size);
    for (const target of targets) {
      const password = known.get(target);
      if (password) files.add(report.known(target, password), { isKnown: true });
    }
    if (left.length === 0) return EXIT.cracked;
    return await searchLeft(system, context, { range, left, files, report });
  } finally {
    files.close();
  }
}

/** What is left to search, and where results go. */
interface Work {
  readonly range: SearchRange;
  readonly left: readonly HashTarget[];
  readonly files: ResultFiles;
  readonly report: SolveReport;
}

async function searchLeft(
  system: SolveSystem,
  { values, screen, signal }: Context,
  { range, left, files, report }: Work,
): Promise<number> {
  const { algorithm } = left[0].mode;
  const opened = openSolver(system, values, screen, algorithm);
  const limit = limitTime(signal, values.runtime);
  const statusTimer = values.status
    ? setInterval(() => report.status(), values.statusTimer * 1000)
    : undefined;
  // Only for what is shown meanwhile: the searches themselves tell what goes wrong.
  opened.engines.engineFor(algorithm).then((engine) => report.useEngine(engine), () => {});
  try {
    await searchAll(opened, left, range, limit.signal, {
      progress: (target, progress) => report.progress(target, progress),
      end(target, result, engine): void {
        const { password } = result;
        if (!engine) report.aborted(target, result, limit.reason());
        else if (!password) report.exhausted(target, result, engine);
        else files.add(report.cracked(target, { ...result, password }, engine), { isKnown: false });
      },
    });
    return EXIT[report.end()];
  } finally {
    clearInterval(statusTimer);
    limit.end();
    await opened.solver.close();
  }
}

function readOperands(operands: readonly string[]): [hash: string, mask: string] {
  const [hash, mask, extra] = operands;
  if (hash === undefined) {
    throw new UsageError("no hash was given, expected deno task solve HASH MASK");
  }
  if (mask === undefined) {
    throw new UsageError("no mask was given, expected one such as ?l?l?l?d behind the hash");
  }
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument "${extra}" behind hash and mask: put both in quotes`);
  }
  return [hash, mask];
}

if (import.meta.main) await runAsProcess(solveCommand(processSystem));
