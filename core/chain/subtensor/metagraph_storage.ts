/**
 * A metagraph out of plain storage, for runtimes that answer no call.
 *
 * @module
 */

import * as v from "valibot";
import type { AxonInfo, Metagraph, Neuron } from "../metagraph.ts";
import { AXON, readValidatorTrust } from "./metagraph_fields.ts";
import { BIG, COUNT, SHARE } from "./answers.ts";
import {
  ADDRESS,
  isPlainItem,
  readEntries,
  readItem,
  readItemIfAny,
  type Runtime,
} from "./runtime_values.ts";

const PALLET = "subtensorModule";
/** The root subnet, where a hotkey's stake is TAO. */
const ROOT = 0;
const U64_MAX = 2n ** 64n - 1n;

/** Values by uid, each list as long as the chain has it. */
interface Columns {
  readonly active: readonly boolean[];
  readonly permits: readonly boolean[];
  readonly emission: readonly bigint[];
  readonly incentive: readonly number[];
  readonly consensus: readonly number[];
  readonly trust: readonly number[];
  readonly validatorTrust: readonly number[];
  readonly dividends: readonly number[];
  readonly rank: readonly number[];
  readonly lastUpdate: readonly number[];
  readonly registeredAt: ReadonlyMap<number, number>;
  readonly axons: ReadonlyMap<string, AxonInfo | undefined>;
  /** How much of a coin staked on the root counts. */
  readonly taoWeight: bigint;
}

/** The neurons of a subnet that exists. */
export async function readStoredMetagraph(
  runtime: Runtime,
  netuid: number,
  block: number,
): Promise<Metagraph> {
  const [hotkeys, columns] = await Promise.all([
    readEntries(runtime, PALLET, "keys", [netuid], COUNT, ADDRESS),
    readColumns(runtime, netuid),
  ]);
  const neurons = await Promise.all(
    hotkeys.map(([uid, hotkey]) => readNeuron(runtime, netuid, uid, hotkey, columns)),
  );
  return { netuid, name: "", block, neurons: neurons.sort((a, b) => a.uid - b.uid) };
}

async function readColumns(runtime: Runtime, netuid: number): Promise<Columns> {
  const list = async <S extends v.GenericSchema>(
    item: string,
    schema: S,
  ): Promise<v.InferOutput<S>[]> =>
    await readItemIfAny(runtime, PALLET, item, [netuid], v.array(schema)) ?? [];
  const [
    [active, permits],
    emission,
    [incentive, consensus, trust, validatorTrust, dividends, rank],
    lastUpdate,
    registeredAt,
    axons,
    taoWeight = 0n,
  ] = await Promise.all([
    Promise.all([list("active", v.boolean()), list("validatorPermit", v.boolean())]),
    list("emission", BIG),
    Promise.all([
      list("incentive", SHARE),
      list("consensus", SHARE),
      list("trust", SHARE),
      readValidatorTrust(runtime, netuid),
      list("dividends", SHARE),
      list("rank", SHARE),
    ]),
    list("lastUpdate", COUNT),
    readEntries(runtime, PALLET, "blockAtRegistration", [netuid], COUNT, COUNT),
    readEntries(runtime, PALLET, "axons", [netuid], ADDRESS, AXON),
    readTaoWeight(runtime, netuid),
  ]);
  return {
    ...{ active, permits, emission, incentive, consensus, trust, validatorTrust, dividends, rank },
    ...{ lastUpdate, registeredAt: new Map(registeredAt), axons: new Map(axons), taoWeight },
  };
}

/** Some runtimes had one for each subnet. */
async function readTaoWeight(runtime: Runtime, netuid: number): Promise<bigint | undefined> {
  const keys = isPlainItem(runtime, PALLET, "taoWeight") ? [] : [netuid];
  return await readItemIfAny(runtime, PALLET, "taoWeight", keys, BIG);
}

async function readNeuron(
  runtime: Runtime,
  netuid: number,
  uid: number,
  hotkey: string,
  columns: Columns,
): Promise<Neuron> {
  const stakeIn = async (subnet: number): Promise<bigint | undefined> =>
    await readItemIfAny(runtime, PALLET, "totalHotkeyAlpha", [hotkey, subnet], BIG);
  const [coldkey, alphaStakeRao = 0n, taoStakeRao] = await Promise.all([
    readItem(runtime, PALLET, "owner", [hotkey], ADDRESS),
    stakeIn(netuid),
    stakeIn(ROOT),
  ]);
  return {
    ...{ uid, hotkey, coldkey, alphaStakeRao, taoStakeRao },
    axon: columns.axons.get(hotkey),
    active: columns.active[uid] ?? false,
    validatorPermit: columns.permits[uid] ?? false,
    totalStakeRao: alphaStakeRao + (taoStakeRao ?? 0n) * columns.taoWeight / U64_MAX,
    emissionRao: columns.emission[uid] ?? 0n,
    incentive: columns.incentive[uid] ?? 0,
    consensus: columns.consensus[uid] ?? 0,
    trust: columns.trust[uid] ?? 0,
    validatorTrust: columns.validatorTrust[uid] ?? 0,
    dividends: columns.dividends[uid] ?? 0,
    rank: columns.rank[uid] ?? 0,
    lastUpdate: columns.lastUpdate[uid] ?? 0,
    registeredAt: columns.registeredAt.get(uid),
  };
}
