/**
 * What a Subtensor chain knows.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { decodeAddress, encodeAddress } from "../../wallet/address.ts";
import type {
  Balance,
  Block,
  Chain,
  ChainIdentity,
  PowTask,
  StakePosition,
  SubnetParameters,
} from "../chain.ts";
import type { AxonInfo, Metagraph } from "../metagraph.ts";
import { AXON } from "./metagraph_fields.ts";
import { hasNeuronsLite, readLiteMetagraph } from "./metagraph_lite.ts";
import { hasSelectiveMetagraph, readSelectiveMetagraph } from "./metagraph_selective.ts";
import { readStoredMetagraph } from "./metagraph_storage.ts";
import { checkSubnet, readNetuids, readParameters } from "./parameters.ts";
import { BIG, COUNT } from "./answers.ts";
import { ADDRESS, callRuntime, readConstant, readItem, type Runtime } from "./runtime_values.ts";
import { workTask } from "./work_task.ts";

const PALLET = "subtensorModule";
/** The owner that storage has for a hotkey that no one owns. */
const NO_OWNER = encodeAddress(new Uint8Array(32));

const HASH = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/));
const HEADER = v.object({ number: COUNT });

const ACCOUNT = v.object({
  data: v.pipe(
    v.object({
      free: BIG,
      reserved: v.optional(BIG, 0),
      frozen: v.optional(BIG),
      miscFrozen: v.optional(BIG),
    }),
    v.transform(({ free, reserved, frozen, miscFrozen }) => ({
      free,
      reserved,
      frozen: frozen ?? miscFrozen ?? 0n,
    })),
  ),
});
const STAKES = v.array(v.object({ hotkey: ADDRESS, netuid: COUNT, stake: BIG }));

/** The methods of a chain that only read. */
export type SubtensorReading = Pick<
  Chain,
  | "axonOf"
  | "balance"
  | "existentialDepositRao"
  | "head"
  | "identity"
  | "metagraph"
  | "netuids"
  | "ownerOf"
  | "powTask"
  | "stakesOf"
  | "subnet"
  | "uidOf"
>;

/** See the module, and {@linkcode Chain} for each method. */
export class SubtensorReads implements SubtensorReading {
  readonly #connection: Connection;
  readonly #place: Pick<ChainIdentity, "network" | "endpoint">;

  constructor(connection: Connection, place: Pick<ChainIdentity, "network" | "endpoint">) {
    this.#connection = connection;
    this.#place = { network: place.network, endpoint: place.endpoint };
  }

  identity(): Promise<ChainIdentity> {
    const { api, genesisHash } = this.#connection;
    const { specName, specVersion } = api.runtimeVersion;
    return Promise.resolve({
      ...this.#place,
      genesisHash,
      specName: specName.toString(),
      specVersion: specVersion.toNumber(),
    });
  }

  async head(): Promise<Block> {
    const { block, runtime } = await this.#newest();
    return { ...block, unixMs: await readItem(runtime, "timestamp", "now", [], COUNT) };
  }

  async balance(address: string): Promise<Balance> {
    const { data } = await this.#read("system", "account", [canonical(address)], ACCOUNT);
    const { free, reserved, frozen } = data;
    const held = largest(await this.existentialDepositRao(), frozen - reserved);
    return { freeRao: free, transferableRao: largest(0n, free - held) };
  }

  async existentialDepositRao(): Promise<bigint> {
    await this.#connection.ready();
    return readConstant(this.#connection.api, "balances", "existentialDeposit", BIG);
  }

  async netuids(): Promise<number[]> {
    await this.#connection.ready();
    return await readNetuids(this.#connection.api);
  }

  async subnet(netuid: number): Promise<SubnetParameters> {
    const { runtime } = await this.#newest();
    return await readParameters(runtime, netuid);
  }

  /** By the best of the three routes that the runtime has. */
  async metagraph(netuid: number): Promise<Metagraph> {
    const { block, runtime } = await this.#newest();
    await checkSubnet(runtime, netuid);
    if (hasSelectiveMetagraph(runtime)) {
      const found = await readSelectiveMetagraph(runtime, netuid);
      if (found !== undefined) return found;
    }
    return hasNeuronsLite(runtime)
      ? await readLiteMetagraph(runtime, netuid, block.number)
      : await readStoredMetagraph(runtime, netuid, block.number);
  }

  async uidOf(netuid: number, hotkey: string): Promise<number | undefined> {
    const keys = [netuid, canonical(hotkey)];
    return await this.#read(PALLET, "uids", keys, v.nullable(COUNT)) ?? undefined;
  }

  async axonOf(netuid: number, hotkey: string): Promise<AxonInfo | undefined> {
    const keys = [netuid, canonical(hotkey)];
    return await this.#read(PALLET, "axons", keys, v.nullable(AXON)) ?? undefined;
  }

  async ownerOf(hotkey: string): Promise<string | undefined> {
    const owner = await this.#read(PALLET, "owner", [canonical(hotkey)], ADDRESS);
    return owner === NO_OWNER ? undefined : owner;
  }

  async stakesOf(coldkey: string): Promise<StakePosition[]> {
    await this.#connection.ready();
    const stakes = await callRuntime(this.#connection.api, {
      api: "stakeInfoRuntimeApi",
      method: "getStakeInfoForColdkey",
      args: [canonical(coldkey)],
      oldType: "Vec<WeftStakeInfo>",
    }, STAKES);
    return stakes.filter(({ stake }) => stake > 0n)
      .map(({ hotkey, netuid, stake }) => ({ hotkey, netuid, stakeAlphaRao: stake }));
  }

  async powTask(netuid: number): Promise<PowTask | undefined> {
    const { block, runtime } = await this.#newest();
    const parameters = await readParameters(runtime, netuid);
    const { specVersion } = await this.identity();
    return workTask(specVersion, parameters, block);
  }

  /** The newest block, and the runtime as it is there: what is read of it fits together. */
  async #newest(): Promise<{ block: Omit<Block, "unixMs">; runtime: Runtime }> {
    const header = v.safeParse(HEADER, await this.#connection.request("chain_getHeader", []));
    if (!header.success) throw new WeftError("the chain's node gave a header without a number");
    const { number } = header.output;
    const answer = await this.#connection.request("chain_getBlockHash", [number]);
    const hash = v.safeParse(HASH, answer);
    if (!hash.success) throw new WeftError(`the chain's node knows no hash of block ${number}`);
    return {
      block: { number, hash: hash.output },
      runtime: await this.#connection.api.at(hash.output),
    };
  }

  async #read<S extends v.GenericSchema>(
    pallet: string,
    item: string,
    keys: readonly unknown[],
    schema: S,
  ): Promise<v.InferOutput<S>> {
    await this.#connection.ready();
    return await readItem(this.#connection.api, pallet, item, keys, schema);
  }
}

/** Any ss58 address with the chain's prefix, which answers are compared with. */
function canonical(address: string): string {
  return encodeAddress(decodeAddress(address));
}

function largest(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
