/**
 * What the chain knows that explains a failed call, or makes one needless.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import type { Balance, PrometheusAddress } from "../chain.ts";
import { formatIp } from "../ip_address.ts";
import type { ChainReads } from "./call_checks.ts";
import type { CallName, FailureFacts } from "./call_context.ts";

/** Where the runtime does not tell how long a block takes. */
const USUAL_BLOCK_MS = 12_000;
/** Registrations of an interval, for each one that the subnet aims at. */
const REGISTRATIONS_PER_TARGET = 3n;

/** Numbers as the library's JSON has them: plain while they are exact, hex beyond. */
const NUMBER = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^0x[0-9a-f]+$/))]),
  v.transform((value) => BigInt(value)),
);
const NUMBERS = v.array(NUMBER);
const SERVED = v.nullable(v.object({
  block: NUMBER,
  version: NUMBER,
  ip: NUMBER,
  port: NUMBER,
  ipType: NUMBER,
}));

/** Anything of the library that can be turned into JSON. */
interface Json {
  toJSON(): unknown;
}

/** Facts as of now, read one by one. */
export class CallFacts implements FailureFacts {
  readonly #api: () => ApiPromise;
  readonly #reads: ChainReads;

  /** @param api gives the library's current object */
  constructor(api: () => ApiPromise, reads: ChainReads) {
    this.#api = api;
    this.#reads = reads;
  }

  get blockMs(): number {
    const slot: Json | undefined = this.#api().consts.aura?.slotDuration;
    const slotMs = v.safeParse(NUMBER, slot?.toJSON());
    return slotMs.success && slotMs.output > 0n ? Number(slotMs.output) : USUAL_BLOCK_MS;
  }

  balance(address: string): Promise<Balance> {
    return this.#reads.balance(address);
  }

  uidOf(netuid: number, hotkey: string): Promise<number | undefined> {
    return this.#reads.uidOf(netuid, hotkey);
  }

  ownerOf(hotkey: string): Promise<string | undefined> {
    return this.#reads.ownerOf(hotkey);
  }

  existentialDepositRao(): Promise<bigint> {
    return this.#reads.existentialDepositRao();
  }

  burnRao(netuid: number): Promise<bigint> {
    return this.#number("burn", netuid);
  }

  async stakeAlphaRao(coldkey: string, netuid: number, hotkey: string): Promise<bigint> {
    return (await this.#reads.stakesOf(coldkey))
      .find((position) => position.netuid === netuid && position.hotkey === hotkey)
      ?.stakeAlphaRao ?? 0n;
  }

  async intervalBlocksLeft(netuid: number): Promise<number> {
    const [last, interval, now] = await Promise.all([
      this.#number("lastAdjustmentBlock", netuid),
      this.#number("adjustmentInterval", netuid),
      this.#blockNumber(),
    ]);
    return left(last, interval, now);
  }

  /** Whether an older runtime has had all registrations of the interval. */
  async isIntervalFull(netuid: number): Promise<boolean> {
    // Newer runtimes keep the counters and do not look at them.
    if (!this.#has("registrationsThisInterval") || this.#has("burnHalfLife")) return false;
    const [count, target] = await Promise.all([
      this.#number("registrationsThisInterval", netuid),
      this.#number("targetRegistrationsPerInterval", netuid),
    ]);
    return count >= REGISTRATIONS_PER_TARGET * target;
  }

  async servingBlocksLeft(call: CallName, netuid: number, hotkey: string): Promise<number> {
    const [served, limit, now] = await Promise.all([
      this.#served(call === "serveAxon" ? "axons" : "prometheus", netuid, hotkey),
      this.#number("servingRateLimit", netuid),
      this.#blockNumber(),
    ]);
    return left(served?.block ?? 0n, limit, now);
  }

  async weightsBlocksLeft(netuid: number, hotkey: string): Promise<number> {
    const [uid, updates, limit, now] = await Promise.all([
      this.uidOf(netuid, hotkey),
      this.#read(NUMBERS, "lastUpdate", netuid),
      this.#number("weightsSetRateLimit", netuid),
      this.#blockNumber(),
    ]);
    return left(uid === undefined ? 0n : updates[uid] ?? 0n, limit, now);
  }

  weightsStakeRao(): Promise<bigint> {
    return this.#number(this.#has("stakeThreshold") ? "stakeThreshold" : "weightsMinStake");
  }

  weightsVersionKey(netuid: number): Promise<bigint> {
    return this.#number("weightsVersionKey", netuid);
  }

  async minAllowedWeights(netuid: number): Promise<number> {
    return Number(await this.#number("minAllowedWeights", netuid));
  }

  /** Where a hotkey serves its metrics, or undefined. */
  async prometheusOf(netuid: number, hotkey: string): Promise<PrometheusAddress | undefined> {
    const served = await this.#served("prometheus", netuid, hotkey);
    if (served === null || (served.ipType !== 4n && served.ipType !== 6n)) return undefined;
    const ipType = served.ipType === 4n ? 4 : 6;
    return {
      version: Number(served.version),
      ip: formatIp(served.ip, ipType),
      port: Number(served.port),
      ipType,
    };
  }

  #served(
    item: "axons" | "prometheus",
    netuid: number,
    hotkey: string,
  ): Promise<v.InferOutput<typeof SERVED>> {
    return this.#read(SERVED, item, netuid, hotkey);
  }

  async #blockNumber(): Promise<bigint> {
    return (await this.#api().rpc.chain.getHeader()).number.toBigInt();
  }

  #has(item: string): boolean {
    return this.#api().query.subtensorModule?.[item] !== undefined;
  }

  #number(item: string, ...keys: readonly unknown[]): Promise<bigint> {
    return this.#read(NUMBER, item, ...keys);
  }

  async #read<S extends v.GenericSchema>(
    schema: S,
    item: string,
    ...keys: readonly unknown[]
  ): Promise<v.InferOutput<S>> {
    if (!this.#has(item)) throw new WeftError(`this chain's runtime keeps no ${item}`);
    const value: Json = await this.#api().query.subtensorModule[item](...keys);
    return v.parse(schema, value.toJSON());
  }
}

/** Blocks from now until so many have passed since a block. */
function left(since: bigint, blocks: bigint, now: bigint): number {
  return Number(since + blocks > now ? since + blocks - now : 0n);
}
