/**
 * A desk on a clock that a test moves, with a rental that is only told of, and renters with keys.
 *
 * @module
 */

import type { AxonCall } from "../../../core/compute/axon/axon.ts";
import {
  AllocationDesk,
  type AllocationDeskOptions,
} from "../../../core/compute/allocation/allocation_desk.ts";
import type {
  KeyType,
  Rental,
  RentalAccess,
  RentalOrder,
} from "../../../core/compute/allocation/rental.ts";
import {
  createSynapse,
  type FieldsOf,
  readSynapse,
} from "../../../core/compute/synapse/synapse.ts";
import { ALLOCATE } from "../../../core/compute/synapse/synapses.ts";
import { WeftError } from "../../../core/errors.ts";
import type { PythonData } from "../../../core/formats/python_json.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { FakeTime } from "../../iota/fake_time.ts";

export const DAY_MS = 86_400_000;
export const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
export const BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
export const PASSWORD = "s3cretPass";
const ALGORITHM = { name: "RSA-OAEP", hash: "SHA-256" } as const;

/** A renter's pair of keys. */
export interface RenterKey {
  readonly pem: string;
  /** Reads the info of an answer. */
  open(info: PythonData | undefined): Promise<Record<string, unknown>>;
}

/** A new pair. */
export async function newRenterKey(modulusLength = 2048): Promise<RenterKey> {
  const publicExponent = new Uint8Array([1, 0, 1]);
  const pair = await crypto.subtle.generateKey(
    { ...ALGORITHM, modulusLength, publicExponent },
    true,
    ["encrypt", "decrypt"],
  );
  return {
    pem: await pemOf(pair.publicKey),
    open: async (info) => {
      if (typeof info !== "string") throw new Error("there is no info");
      const bytes = Uint8Array.fromBase64(info);
      const text = await crypto.subtle.decrypt(ALGORITHM, pair.privateKey, bytes);
      return JSON.parse(new TextDecoder().decode(text));
    },
  };
}

/** A public key as PEM with lines of 64 letters. */
export async function pemOf(key: CryptoKey): Promise<string> {
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", key)).toBase64();
  const lines = spki.match(/.{1,64}/g)?.join("\n");
  return `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
}

/** Made once: making one takes a while. */
export const ALICE_KEY = await newRenterKey();
export const BOB_KEY = await newRenterKey();

/** A rental that notes what is done with it. */
export class FakeRental implements Rental {
  readonly done: string[] = [];
  readonly orders: RentalOrder[] = [];
  state: "running" | "paused" | "gone" = "gone";
  /** Why each thing fails, by its name. */
  readonly faults = new Map<string, string>();
  obstacleNow: string | undefined;
  /** Waited for before it has started. */
  starting: Promise<void> = Promise.resolve();

  constructor(readonly name = "fake") {}

  obstacle(): Promise<string | undefined> {
    return Promise.resolve(this.obstacleNow);
  }

  async start(order: RentalOrder): Promise<RentalAccess> {
    this.orders.push(order);
    this.state = "running";
    await this.starting;
    this.#do("start");
    return { username: "root", password: PASSWORD, port: 4444 };
  }

  // deno-lint-ignore require-await
  async stop(): Promise<void> {
    this.#do("stop");
    this.state = "gone";
  }

  // deno-lint-ignore require-await
  async isRunning(): Promise<boolean> {
    this.#do("isRunning");
    return this.state === "running";
  }

  // deno-lint-ignore require-await
  async exchangeKey(sshKey: string, keyType: KeyType): Promise<void> {
    this.#do("exchangeKey", `${keyType} ${sshKey}`);
  }

  // deno-lint-ignore require-await
  async restart(): Promise<void> {
    this.#do("restart");
    this.state = "running";
  }

  // deno-lint-ignore require-await
  async pause(): Promise<void> {
    this.#do("pause");
    this.state = "paused";
  }

  // deno-lint-ignore require-await
  async unpause(): Promise<void> {
    this.#do("unpause");
    this.state = "running";
  }

  #do(what: string, more = ""): void {
    if (what !== "isRunning") this.done.push(`${what} ${more}`.trim());
    const fault = this.faults.get(what);
    if (fault !== undefined) throw new WeftError(fault);
  }
}

/** What a test asks. */
export interface Asked {
  readonly fields?: Readonly<Record<string, PythonData>>;
  readonly hotkey?: string;
  readonly signal?: AbortSignal;
}

/** See the module. */
export class DeskSetup {
  readonly time = new FakeTime();
  readonly log = new KeptLog();
  readonly rental = new FakeRental();
  /** Who rents, each time it changed. */
  readonly renters: (string | undefined)[] = [];
  storage = new MemoryStorage();

  desk(options: Partial<AllocationDeskOptions> = {}): Promise<AllocationDesk> {
    const { time, log, storage, rental } = this;
    return AllocationDesk.open({
      ...{ clock: time, wallClock: time, log, storage, rentals: [rental] },
      ...{ crypto: crypto.subtle, port: 4444, version: 183 },
      onChange: (hotkey) => this.renters.push(hotkey),
      ...options,
    });
  }
}

/** A call of an axon's handler: of //Alice, for a day, unless it says otherwise. */
export function callOf({ fields = {}, hotkey = ALICE, signal }: Asked): AxonCall<typeof ALLOCATE> {
  const defaults = readSynapse(ALLOCATE, {}).fields;
  const own = { timeline: 1, checking: false, public_key: ALICE_KEY.pem, ...fields };
  return {
    synapse: createSynapse(ALLOCATE, { ...defaults, ...own }),
    ...{ hotkey, priority: 0, arrivedMs: 0 },
    signal: signal ?? new AbortController().signal,
  };
}

/** The output of the answer. */
export async function ask(desk: AllocationDesk, asked: Asked = {}): Promise<Output> {
  const { output } = await desk.answer(callOf(asked));
  return output;
}

/** Of an answer. */
export type Output = FieldsOf<typeof ALLOCATE>["output"];

/** Whether the machine could be rented. */
export const IS_FREE: Asked = { fields: { checking: true, timeline: 1 } };
/** Whether //Alice's key has rented it. */
export const IS_HELD: Asked = { fields: { checking: true, timeline: 0 } };
/** It is given back. */
export const FREE: Asked = { fields: { timeline: 0 } };

/** A change of what is rented. */
export function change(action: Readonly<Record<string, PythonData>>): Asked {
  return { fields: { docker_change: true, docker_action: action } };
}

/** An answer that is nothing but yes or no. */
export function plain(status: boolean): Output {
  return { status, port: 4444 };
}
