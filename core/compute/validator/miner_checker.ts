/**
 * Looks whether free miners can be rented at all: asks, rents for a moment, looks whether the door is
 * open, gives back. Who fails is listed to be punished.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/miner_checker.py`. There the password is
 * tried, too; here it is enough that SSH answers at the port that the miner told.
 *
 * @module
 */

import * as v from "valibot";
import type { PythonData } from "../../formats/python_json.ts";
import type { Clock } from "../../host.ts";
import { type Dendrite, isSuccess } from "../dendrite.ts";
import type { RenterKey } from "../renter/renter.ts";
import { createSynapse, readSynapse } from "../synapse/synapse.ts";
import { ALLOCATE } from "../synapse/synapses.ts";
import type { Penalty } from "./penalties.ts";
import type { MinerTarget } from "./targets.ts";

const GIB = 1024 ** 3;
const CHECK_TIMEOUT_S = 30;
const RENT_TIMEOUT_S = 60;
const RETURN_TRIES = 3;
const RETURN_PAUSE_MS = 5_000;
/** From the end of one look at all miners to the next. */
export const CHECK_INTERVAL_MS = 900_000;
const WANTED: Readonly<Record<string, PythonData>> = {
  ...{ cpu: { count: 1 }, gpu: {}, hard_disk: { capacity: GIB }, ram: { capacity: GIB } },
  testing: true,
};
const Access = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
});

/** What a checker works with. */
export interface CheckerOptions {
  readonly dendrite: Pick<Dendrite, "call">;
  readonly clock: Clock;
  readonly newKey: () => Promise<RenterKey>;
  /** Whether SSH answers there. */
  readonly answersSsh: (ip: string, port: number, signal: AbortSignal) => Promise<boolean>;
  /** Miners that are looked at at once. */
  readonly batchSize: number;
}

/** See the module. */
export class MinerChecker {
  constructor(readonly options: CheckerOptions) {}

  /** Looks at all of these once. A look that is stopped lists nobody, but gives back what it has. */
  async check(targets: readonly MinerTarget[], signal: AbortSignal): Promise<Penalty[]> {
    const found: Penalty[] = [];
    const queue = targets.values();
    const work = async (): Promise<void> => {
      for (const target of queue) {
        if (signal.aborted) return;
        const penalty = await this.#checkOne(target, signal);
        if (penalty && !signal.aborted) found.push(penalty);
      }
    };
    await Promise.all(Array.from({ length: this.options.batchSize }, work));
    return found;
  }

  async #checkOne(target: MinerTarget, signal: AbortSignal): Promise<Penalty | undefined> {
    const penalty = (statusCode: string, description: string): Penalty => {
      return { hotkey: target.hotkey, statusCode, description };
    };
    const failed = "ALLOCATION_FAILED";
    const free = await this.#ask(target, { timeline: 30, checking: true }, signal);
    if (free?.status !== true) {
      return penalty(failed, "Allocation check failed: not reachable/running container");
    }
    if (signal.aborted) return;
    const key = await this.options.newKey();
    const order = { timeline: 1, checking: false, public_key: key.pem };
    // A request that is cut off may have been heard: without a signal it is known what it came to.
    const rented = await this.#ask(target, order);
    if (rented?.status !== true) {
      return penalty(failed, "Allocation failed during resource allocation");
    }
    const port = await portOf(rented.info, key);
    const { answersSsh } = this.options;
    const isOpen = port !== undefined && await answersSsh(target.ip, port, signal);
    if (!await this.#giveBack(target, key.pem)) {
      return penalty("DEALLOCATION_FAILED", "Failed to deallocate after max retries");
    }
    if (port === undefined) {
      return penalty("ALLOCATION_ERROR", "Error during allocation: its access cannot be read");
    }
    return isOpen ? undefined : penalty("SSH_ACCESS_DISABLED", "Failed SSH access");
  }

  /** Without the signal: what was rented is given back when the validator stops, too. */
  async #giveBack(target: MinerTarget, pem: string): Promise<boolean> {
    const order = { timeline: 0, checking: false, public_key: pem };
    for (let done = 1;; done++) {
      if ((await this.#ask(target, order))?.status === true) return true;
      if (done === RETURN_TRIES) return false;
      await this.options.clock.sleep(RETURN_PAUSE_MS);
    }
  }

  /** What the miner puts out; undefined if it does not answer. */
  async #ask(
    target: MinerTarget,
    fields: Readonly<Record<string, PythonData>>,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, PythonData>> | undefined> {
    const whole = readSynapse(ALLOCATE, { device_requirement: WANTED, ...fields }).fields;
    const timeoutS = whole.checking ? CHECK_TIMEOUT_S : RENT_TIMEOUT_S;
    const asked = createSynapse(ALLOCATE, whole);
    const answer = await this.options.dendrite.call(target, asked, {
      timeoutS,
      ...signal && { signal },
    });
    return isSuccess(answer) ? answer.fields.output : undefined;
  }
}

async function portOf(info: PythonData, key: RenterKey): Promise<number | undefined> {
  try {
    if (typeof info !== "string") return undefined;
    return v.parse(Access, JSON.parse(await key.open(info))).port;
  } catch {
    return undefined;
  }
}
