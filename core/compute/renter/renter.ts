/**
 * Rents machines of miners, asks whether they are still there, and gives them back.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/register.py`.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import type { PythonData } from "../../formats/python_json.ts";
import { type AxonTarget, type Dendrite, isSuccess } from "../dendrite.ts";
import { createSynapse, readSynapse } from "../synapse/synapse.ts";
import { ALLOCATE } from "../synapse/synapses.ts";

const TIMEOUTS_S = { check: 30, order: 60 };
/** Miners that are asked at once whether they are free. */
const PARALLEL_CHECKS = 32;

/** What opens what a miner has sealed for a renter. */
export interface RenterKey {
  /** The public half as PEM: who has it, may give the machine back. */
  readonly pem: string;
  /** Reads what was sealed, in base64. Fails if it is not for this key. */
  open(sealed: string): Promise<string>;
}

/** What is wanted. */
export interface RentalWish {
  /** As the network has it: `cpu`, `gpu`, `ram`, `hard_disk`, and `sandbox`. */
  readonly requirement: Readonly<Record<string, PythonData>>;
  readonly days: number;
  /** A line of `authorized_keys`; empty for the password alone. */
  readonly sshKey: string;
  /** What is done to the image; empty for nothing. */
  readonly dockerfile: string;
}

const Access = v.object({
  username: v.string(),
  password: v.string(),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
  version: v.optional(v.number()),
});

/** How one gets in. The password is a secret. */
export type RentedAccess = v.InferOutput<typeof Access>;

/** Which miners could be rented from. */
export interface Availability<Target> {
  /** In the order in which they were asked. */
  readonly free: readonly Target[];
  /** Why others said neither yes nor no. */
  readonly faults: readonly string[];
}

/** See the module. */
export class Renter {
  constructor(readonly dendrite: Pick<Dendrite, "call">) {}

  /** Asks all of these whether they are free for such a wish. */
  async ask<Target extends AxonTarget>(
    targets: readonly Target[],
    wish: RentalWish,
    signal: AbortSignal,
  ): Promise<Availability<Target>> {
    const answers: (boolean | string)[] = [];
    const queue = targets.entries();
    const work = async (): Promise<void> => {
      for (const [at, target] of queue) {
        if (signal.aborted) return;
        answers[at] = await this.#ask(target, { ...orderOf(wish), checking: true }, signal)
          .then(({ status }) => status === true, (error: unknown) => {
            if (error instanceof WeftError) return error.message;
            throw error;
          });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_CHECKS }, work));
    signal.throwIfAborted();
    return {
      free: targets.filter((_, at) => answers[at] === true),
      faults: answers.filter((answer) => typeof answer === "string"),
    };
  }

  /**
   * Rents a machine. It is not asked twice, and not cut off: what was heard would be lent to nobody.
   *
   * @returns undefined if the miner says no
   * @throws {WeftError} if it does not answer, or with what this key does not open; then the machine
   *   may be rented, and should be given back
   */
  async rent(
    target: AxonTarget,
    wish: RentalWish,
    key: RenterKey,
  ): Promise<RentedAccess | undefined> {
    const order = { ...orderOf(wish), checking: false, public_key: key.pem };
    const output = await this.#ask(target, order).catch((error: unknown) => {
      if (!(error instanceof WeftError)) throw error;
      throw new WeftError(
        `${error.message}: the machine may be rented all the same, give it back`,
        {
          cause: error,
        },
      );
    });
    if (output.status !== true) return undefined;
    const { info } = output;
    try {
      if (typeof info !== "string") throw new TypeError("a text was expected");
      return v.parse(Access, JSON.parse(await key.open(info)));
    } catch (error) {
      throw new WeftError(
        `${nameOf(target)} has lent the machine, but how to get in cannot be read: give it back`,
        { cause: error },
      );
    }
  }

  /** Whether the miner still lends the machine for this key. @throws {WeftError} if it is silent */
  async isLent(target: AxonTarget, pem: string, signal?: AbortSignal): Promise<boolean> {
    const asked = { timeline: 0, checking: true, public_key: pem };
    return (await this.#ask(target, asked, signal)).status === true;
  }

  /** Gives a machine back; false if the miner knows no such key. @throws {WeftError} if it is silent */
  async giveBack(target: AxonTarget, pem: string): Promise<boolean> {
    const asked = { timeline: 0, checking: false, public_key: pem };
    return (await this.#ask(target, asked)).status === true;
  }

  async #ask(
    target: AxonTarget,
    fields: Readonly<Record<string, PythonData>>,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, PythonData>>> {
    const whole = readSynapse(ALLOCATE, fields).fields;
    const timeoutS = whole.checking ? TIMEOUTS_S.check : TIMEOUTS_S.order;
    const answer = await this.dendrite.call(target, createSynapse(ALLOCATE, whole), {
      timeoutS,
      ...signal && { signal },
    });
    if (isSuccess(answer)) return answer.fields.output;
    const { statusCode, statusMessage } = answer.dendrite;
    const reason = (statusMessage ?? "").replaceAll(/[\s\p{C}]+/gu, " ").slice(0, 200);
    throw new WeftError(`${nameOf(target)} answers ${statusCode}: ${reason}`);
  }
}

function orderOf(
  { requirement, days, sshKey, dockerfile }: RentalWish,
): Readonly<Record<string, PythonData>> {
  return {
    timeline: days,
    device_requirement: requirement,
    docker_requirement: {
      ...{ base_image: "ubuntu", volume_path: "/tmp", ssh_port: 4444 },
      ...{ ssh_key: sshKey, dockerfile },
    },
  };
}

function nameOf({ hotkey, ip, port }: AxonTarget): string {
  return `${hotkey} at ${ip}:${port}`;
}
