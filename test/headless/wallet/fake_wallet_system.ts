/**
 * Surroundings for the wallet's commands in a test: a home of its own, answers known beforehand, the
 * same random bytes each time.
 *
 * @module
 */

import { assert } from "chai";
import { join } from "node:path";
import type { Chain } from "../../../core/chain/chain.ts";
import { WeftError } from "../../../core/errors.ts";
import type { RandomBytes } from "../../../core/host.ts";
import { type Command, runCommand } from "../../../headless/command.ts";
import type { Flags } from "../../../headless/flags.ts";
import type { ChainChoice, WalletSystem } from "../../../headless/wallet/system.ts";
import { fakeScreen } from "../fake_screen.ts";

/** What differs from a machine with no one at it, no chain and no variables. */
export interface FakeWalletOptions {
  /** What the person answers, in order; undefined if no one is there. */
  readonly answers?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The chain that commands find, whichever they ask for. */
  readonly chain?: Chain;
  /** Equal seeds give equal keys. @default {1} */
  readonly seed?: number;
}

/** Surroundings, and what came of them. */
export interface FakeWalletSystem extends WalletSystem {
  /** `~/.bittensor/wallets`; not there until a command makes it. */
  readonly walletsDir: string;
  /** All questions so far, in order. */
  readonly questions: readonly string[];
  /** Those whose answers are not shown as they are typed. */
  readonly secretQuestions: readonly string[];
  /** What was said between the questions, in order. */
  readonly said: readonly string[];
  /** Which chains were asked for. */
  readonly chainChoices: readonly ChainChoice[];
  /** Answers that no question has used. */
  answersLeft(): number;
}

/** Surroundings with `dir` for home and for the folder where the user stands. */
export function fakeWalletSystem(dir: string, options: FakeWalletOptions = {}): FakeWalletSystem {
  const { answers, environment = {}, chain, seed = 1 } = options;
  const left = [...answers ?? []];
  const [questions, secretQuestions, said]: string[][] = [[], [], []];
  const chainChoices: ChainChoice[] = [];
  const answer = (question: string): Promise<string> => {
    if (!answers) return Promise.reject(new WeftError("no one is there to ask"));
    questions.push(question);
    const next = left.shift();
    if (next === undefined) assert.fail(`no answer is left for the question "${question}"`);
    return Promise.resolve(next);
  };
  return {
    walletsDir: join(dir, ".bittensor", "wallets"),
    ...{ questions, secretQuestions, said, chainChoices, environment },
    answersLeft: () => left.length,
    userFolder: () => dir,
    home: () => dir,
    randomBytes: seededBytes(seed),
    prompter: {
      isInteractive: answers !== undefined,
      readLine: answer,
      readSecret(question): Promise<string> {
        secretQuestions.push(question);
        return answer(question);
      },
      say: (text) => void said.push(text),
    },
    openChain(choice): Promise<Chain> {
      chainChoices.push(choice);
      return chain ? Promise.resolve(chain) : assert.fail("this command needs no chain");
    },
  };
}

/** Bytes that look random and are the same for the same seed (mulberry32); not for real keys. */
function seededBytes(seed: number): RandomBytes {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) & 0xff;
  };
  return (length) => Uint8Array.from({ length }, next);
}

/** What a command left behind. */
export interface WalletRun {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** How a command is run. */
export interface WalletRunOptions {
  readonly columns?: number;
  readonly signal?: AbortSignal;
}

/** Runs a command with these arguments in these surroundings, on a screen that is no terminal. */
export async function runWallet<F extends Flags>(
  command: (system: WalletSystem) => Command<F>,
  system: WalletSystem,
  args: readonly string[],
  { columns = 100, signal = NEVER }: WalletRunOptions = {},
): Promise<WalletRun> {
  const fake = fakeScreen({ columns });
  const source = { args, environment: system.environment, envFile: {} };
  const code = await runCommand(command(system), source, fake.screen, signal);
  return { code, out: fake.out(), error: fake.error() };
}

const NEVER = new AbortController().signal;

/** The objects of a command's `--json` output. */
export function jsonLines(out: string): Record<string, unknown>[] {
  return out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
