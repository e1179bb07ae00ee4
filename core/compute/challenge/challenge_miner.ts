/**
 * Answers challenges: those of validators with more stake first, else in the order in which they
 * came, each within its own time, of which waiting takes its part.
 *
 * Source of the answers: neuralinternet/compute-subnet v1.5.3, `neurons/Miner/pow.py`.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import type { Clock, Log } from "../../host.ts";
import { type PythonData, PythonFloat } from "../../formats/python_json.ts";
import type { Solver, SolveResult } from "../../hash/solver.ts";
import type { AxonCall, AxonRoute } from "../axon/axon.ts";
import { CHALLENGE } from "../synapse/synapses.ts";
import { type ChallengeFields, type ChallengeTask, challengeTask } from "./challenge_task.ts";

/** What a validator waits for an answer. */
export const CHALLENGE_TIMEOUT_S = 30;
/** The answer's own way takes a while. */
const WAY_MS = 250;
/** Challenges that wait or are searched for. One validator sends one at a time to each miner. */
const MAX_CHALLENGES = 256;
/** What hashcat ends with if it has tried everything, and if it is used in a wrong way. */
const HASHCAT_CODES = { exhausted: 1, wrongUse: 255 };
const CROSS = "\u274c";

/** How a challenge went. */
export interface ChallengeEvent {
  /** Who asked. */
  readonly hotkey: string;
  readonly difficulty: number;
  readonly outcome: "cracked" | "exhausted" | "expired" | "aborted" | "refused";
  /** From its arrival to its answer, and of that until the search began. */
  readonly elapsedMs: number;
  readonly waitedMs: number;
  /** Candidates a second; 0 if there was no search. */
  readonly rate: number;
}

/** What a miner works with. */
export interface ChallengeMinerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly solver: Pick<Solver, "solve">;
  /** Keeps other work off the GPU meanwhile. @default nothing else works */
  readonly alone?: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly onEvent?: (event: ChallengeEvent) => void;
}

/** An answer, and how it came about. */
interface Answer extends Pick<ChallengeEvent, "outcome" | "waitedMs" | "rate"> {
  readonly password: string | null;
  /** Without the run's name. */
  readonly error: string | null;
}

/** See the module. */
export class ChallengeMiner {
  #open = 0;

  constructor(readonly options: ChallengeMinerOptions) {}

  /** For an axon. */
  route(
    admission: Pick<AxonRoute<typeof CHALLENGE>, "blacklist" | "priority">,
  ): AxonRoute<typeof CHALLENGE> {
    return { kind: CHALLENGE, forward: (call) => this.#answer(call), ...admission };
  }

  async #answer(call: AxonCall<typeof CHALLENGE>): Promise<ChallengeFields> {
    const { synapse: { fields }, hotkey, arrivedMs } = call;
    const difficulty = Number(fields.challenge_difficulty);
    if (difficulty <= 0) return fields;
    const { clock, log, onEvent } = this.options;
    const { password, error, ...event } = await this.#search(call);
    const elapsedMs = clock.nowMs() - arrivedMs;
    onEvent?.({ hotkey, difficulty, elapsedMs, ...event });
    const run = `${hotkey.slice(0, 8)}/${difficulty}/${fields.challenge_hash.slice(10, 20)}`;
    if (error !== null) log.warn(`challenge ${oneLine(`${run}: ${error}`)}`);
    const output: Record<string, PythonData> = {
      password,
      local_execution_time: new PythonFloat(elapsedMs / 1000),
      error: error === null ? null : `${run}: ${CROSS} ${error}`,
    };
    return { ...fields, output };
  }

  async #search(call: AxonCall<typeof CHALLENGE>): Promise<Answer> {
    if (this.#open >= MAX_CHALLENGES) {
      return refused(`run_hashcat execution failed: ${MAX_CHALLENGES} challenges wait already`);
    }
    this.#open += 1;
    try {
      return await this.#solve(challengeTask(call.synapse.fields), call);
    } catch (error) {
      const reason = error instanceof Error ? error.message : `${error}`;
      return refused(
        error instanceof UsageError
          ? `Hashcat execution failed with code ${HASHCAT_CODES.wrongUse}: ${reason}`
          : `run_hashcat execution failed: ${reason}`,
      );
    } finally {
      this.#open -= 1;
    }
  }

  async #solve(
    task: ChallengeTask,
    { synapse: { timeout }, arrivedMs, priority, signal }: AxonCall<typeof CHALLENGE>,
  ): Promise<Answer> {
    const { clock, solver, alone = (work) => work() } = this.options;
    const waitS = Math.min(timeout ?? CHALLENGE_TIMEOUT_S, CHALLENGE_TIMEOUT_S);
    const deadlineMs = arrivedMs + 1000 * waitS - WAY_MS;
    if (deadlineMs <= clock.nowMs()) return { ...refused(TIMED_OUT), outcome: "expired" };
    return await alone(async () => {
      const calledMs = clock.nowMs();
      const search = (inTime: AbortSignal): Promise<SolveResult> =>
        solver.solve({ ...task, deadlineMs, priority, signal: AbortSignal.any([signal, inTime]) });
      const result = await this.#untilDeadline(deadlineMs, search);
      const waitedMs = calledMs - arrivedMs + result.waitedMs;
      const { outcome, rate } = result;
      return { ...answerOf(result), outcome, rate, waitedMs };
    });
  }

  /** The solver looks at the time between slices, which take long where others keep the GPU busy. */
  async #untilDeadline(
    deadlineMs: number,
    search: (inTime: AbortSignal) => Promise<SolveResult>,
  ): Promise<SolveResult> {
    const { clock } = this.options;
    const [late, ended] = [new AbortController(), new AbortController()];
    clock.sleep(deadlineMs - clock.nowMs(), ended.signal).then(() => {
      if (!ended.signal.aborted) late.abort();
    });
    try {
      const result = await search(late.signal);
      const isLate = late.signal.aborted && result.outcome === "aborted";
      return isLate ? { ...result, outcome: "expired" } : result;
    } finally {
      ended.abort();
    }
  }
}

const TIMED_OUT = "Hashcat execution timed out";

function refused(error: string): Answer {
  return { outcome: "refused", waitedMs: 0, rate: 0, password: null, error };
}

function answerOf(
  { outcome, password }: SolveResult,
): Pick<Answer, "password" | "error"> {
  if (password !== undefined) return { password: new TextDecoder().decode(password), error: null };
  if (outcome === "exhausted") {
    const error = `Hashcat execution failed with code ${HASHCAT_CODES.exhausted}: `;
    return { password: null, error };
  }
  return { password: null, error: TIMED_OUT };
}

const MAX_LINE_LETTERS = 300;

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, MAX_LINE_LETTERS);
}
