/**
 * Runs a command: flags, help, errors, signals and the exit code. 0 done, 1 failed, 2 wrong use,
 * unless the command says otherwise.
 *
 * @module
 */

import { UsageError, WeftError } from "../core/errors.ts";
import { readEnvFile } from "./env_file.ts";
import { type CommandText, helpText } from "./flag_help.ts";
import { type Flags, type FlagSource, parseFlags, type Values, wantsHelp } from "./flags.ts";
import { processScreen, type Screen } from "./screen.ts";

/** What a command gets to run with. */
export interface CommandContext<F extends Flags> {
  readonly values: Values<F>;
  readonly operands: readonly string[];
  readonly screen: Screen;
  /** Aborted when the user asks the command to stop. */
  readonly signal: AbortSignal;
}

/** A command of the product. */
export interface Command<F extends Flags> extends CommandText {
  readonly flags: F;
  /** The exit code of an error that is no wrong use. @default {1} */
  readonly errorCode?: number;
  /** Does the work; returns the exit code. */
  run(context: CommandContext<F>): Promise<number>;
}

/**
 * The folder where the user stands. `deno task` runs a command in the project's folder and leaves
 * the user's in `INIT_CWD`.
 */
export function userFolder(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}

/** Runs a command as this process and ends it with the command's exit code. */
export function runAsProcess<F extends Flags>(command: Command<F>): Promise<never> {
  return runInProcess((source, screen, signal) => runCommand(command, source, screen, signal));
}

/** Runs something with this process's arguments, screen and signals; ends it with the exit code. */
export async function runInProcess(
  run: (source: FlagSource, screen: Screen, signal: AbortSignal) => Promise<number>,
): Promise<never> {
  const screen = processScreen();
  try {
    const environment = Deno.env.toObject();
    const source = { args: Deno.args, environment, envFile: readEnvFile(userFolder()) };
    Deno.exit(await run(source, screen, abortOnSignals(screen)));
  } catch (error) {
    Deno.exit(reportError(error, screen, 1));
  }
}

/** Runs a command; what it throws becomes a message on stderr and an exit code. */
export async function runCommand<F extends Flags>(
  command: Command<F>,
  source: FlagSource,
  screen: Screen,
  signal: AbortSignal,
): Promise<number> {
  try {
    if (wantsHelp(source.args)) {
      screen.print(helpText(command, screen.columns));
      return 0;
    }
    const { values, operands } = parseFlags(command.flags, source);
    if (command.operands === undefined && operands.length > 0) {
      throw new UsageError(`unexpected argument "${operands[0]}", --help lists all flags`);
    }
    return await command.run({ values, operands, screen, signal });
  } catch (error) {
    return reportError(error, screen, command.errorCode ?? 1);
  }
}

function reportError(error: unknown, screen: Screen, errorCode: number): number {
  // Whoever read our output has gone, as `head` does; there is no one to tell.
  if (error instanceof Deno.errors.BrokenPipe) return errorCode;
  screen.endStatus();
  if (error instanceof WeftError) {
    screen.message(screen.style("red", `error: ${error.message}`));
    return error instanceof UsageError ? 2 : errorCode;
  }
  screen.message(error instanceof Error ? error.stack ?? String(error) : String(error));
  return errorCode;
}

/** A terminal and `deno task` may both hand on one Ctrl-C, within a moment of each other. */
const SAME_SIGNAL_MS = 300;
/** 128 and the signal's number, as a shell reports it. */
const KILLED_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 };

/** A signal that the first Ctrl-C (or SIGTERM) aborts; the second one ends the process at once. */
function abortOnSignals(screen: Screen): AbortSignal {
  const controller = new AbortController();
  let firstAtMs = NaN;
  const onSignal = (exitCode: number) => (): void => {
    if (!controller.signal.aborted) {
      firstAtMs = performance.now();
      controller.abort();
    } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) {
      screen.endStatus();
      Deno.exit(exitCode);
    }
  };
  Deno.addSignalListener("SIGINT", onSignal(KILLED_EXIT_CODES.SIGINT));
  // Windows has no SIGTERM to listen to.
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGTERM", onSignal(KILLED_EXIT_CODES.SIGTERM));
  }
  return controller.signal;
}
