/**
 * A made-up runtime that tells neurons in every way there is, as current ones do, and a subnet in it.
 *
 * @module
 */

import { encodeAddress } from "../../../core/wallet/address.ts";
import { MadeChain } from "./made_chain.ts";
import { AXON, LASTING_ITEMS, type MadeRuntime, PLAIN_RUNTIME } from "./made_runtime.ts";
import {
  ACCOUNT,
  BOOL,
  compact,
  type Fields,
  type MadeType,
  option,
  record,
  sequence,
  tuple,
  U128,
  U16,
  U32,
  U64,
  U8,
  wrapper,
} from "./made_types.ts";

/** Where the neurons are. */
export const NETUID = 9;
/** The functions by their names. */
export const SELECTIVE = "SubnetInfoRuntimeApi.get_selective_metagraph";
export const LITE = "NeuronInfoRuntimeApi.get_neurons_lite";

const NET_UID = wrapper("subtensor_runtime_common::NetUid", U16);
const ALPHA = wrapper("subtensor_runtime_common::AlphaBalance", U64);
const TAO = wrapper("subtensor_runtime_common::TaoBalance", U64);

const PROMETHEUS = record("pallet_subtensor::PrometheusInfo", {
  block: U64,
  version: U32,
  ip: U128,
  port: U16,
  ip_type: U8,
});

const NEURON_LITE = record("pallet_subtensor::NeuronInfoLite", {
  hotkey: ACCOUNT,
  coldkey: ACCOUNT,
  uid: compact(U16),
  netuid: compact(NET_UID),
  active: BOOL,
  axon_info: AXON,
  prometheus_info: PROMETHEUS,
  stake: sequence(tuple(ACCOUNT, compact(ALPHA))),
  rank: compact(U16),
  emission: compact(ALPHA),
  incentive: compact(U16),
  consensus: compact(U16),
  trust: compact(U16),
  validator_trust: compact(U16),
  dividends: compact(U16),
  last_update: compact(U64),
  validator_permit: BOOL,
  pruning_score: compact(U16),
});

const METAGRAPH = record("pallet_subtensor::SelectiveMetagraph", {
  netuid: compact(NET_UID),
  ...optional({
    name: sequence(compact(U8)),
    hotkeys: sequence(ACCOUNT),
    coldkeys: sequence(ACCOUNT),
    axons: sequence(AXON),
    active: sequence(BOOL),
    validator_permit: sequence(BOOL),
    last_update: sequence(compact(U64)),
    emission: sequence(compact(ALPHA)),
    dividends: sequence(compact(U16)),
    incentives: sequence(compact(U16)),
    consensus: sequence(compact(U16)),
    trust: sequence(compact(U16)),
    rank: sequence(compact(U16)),
    block_at_registration: sequence(compact(U64)),
    alpha_stake: sequence(compact(ALPHA)),
    tao_stake: sequence(compact(TAO)),
    total_stake: sequence(compact(TAO)),
  }),
});

const NETUID_INPUT: Fields = { netuid: NET_UID };

/** Has both functions, and names in storage. */
export const METAGRAPH_RUNTIME: MadeRuntime = {
  ...PLAIN_RUNTIME,
  items: {
    ...LASTING_ITEMS,
    SubnetIdentitiesV3: {
      keys: [["blake2", NET_UID]],
      value: record("pallet_subtensor::SubnetIdentityV3", { subnet_name: sequence(U8) }),
      isOptional: true,
    },
  },
  functions: {
    [SELECTIVE]: {
      inputs: { ...NETUID_INPUT, metagraph_indexes: sequence(U16) },
      output: option(METAGRAPH),
    },
    [LITE]: { inputs: NETUID_INPUT, output: sequence(NEURON_LITE) },
  },
};

/** The same without some functions. */
export function runtimeWithout(...functions: readonly string[]): MadeRuntime {
  const left = Object.entries(METAGRAPH_RUNTIME.functions)
    .filter(([name]) => !functions.includes(name));
  return { ...METAGRAPH_RUNTIME, functions: Object.fromEntries(left) };
}

/** An account that tests make up. */
export function account(kind: number, index: number): string {
  return encodeAddress(new Uint8Array(32).fill(kind).fill(index, 0, 1));
}

/** The neurons' number, and values of which each is another one's. */
const COUNT = 5;
const UIDS = Array.from({ length: COUNT }, (_, uid) => uid);
const MAX_U64 = (1n << 64n) - 1n;
const list = <T>(make: (uid: number) => T): T[] => UIDS.map(make);

const COLUMNS = {
  active: list((uid) => uid % 2 === 0),
  validatorPermit: list((uid) => uid > 2),
  lastUpdate: list((uid) => 1000 + uid),
  emission: list((uid) => BigInt(uid) * 10n ** 18n + 1n),
  dividends: list((uid) => 65535 - uid),
  incentive: list((uid) => 13107 * uid),
  consensus: list((uid) => 11 * uid),
  trust: list((uid) => 12 * uid),
  rank: list((uid) => 13 * uid),
  validatorTrust: list((uid) => 14 * uid),
};

const NO_AXON = { block: 0, version: 0, ip: 0, port: 0, ipType: 0, protocol: 0 };
const AXONS = list((uid) =>
  uid === 1
    ? { block: 6, version: 183, ip: 3405803785, port: 8091, ipType: 4, protocol: 4 }
    : uid === 3
    ? { block: 5, version: 184, ip: (0x20010db8n << 96n) + 1n, port: 65535, ipType: 6, protocol: 0 }
    : NO_AXON
);
const ALPHA_STAKES = list((uid) => BigInt(uid) * 1_000_000_007n);
const TAO_STAKES = list((uid) => BigInt(COUNT - uid) * 900_000_001n);

/** The subnet's name as its owner gave it. */
export const NAME = "Ünlü ⛏";

/** A chain with the subnet in storage, and in what the runtime's functions tell. */
export async function openMetagraphChain(runtime = METAGRAPH_RUNTIME): Promise<MadeChain> {
  const chain = await MadeChain.open(runtime);
  store(chain);
  chain.define(SELECTIVE, () => ({
    name: [...new TextEncoder().encode(NAME)],
    hotkeys: list((uid) => account(1, uid)),
    coldkeys: list((uid) => account(2, uid)),
    axons: AXONS,
    ...COLUMNS,
    incentives: COLUMNS.incentive,
    blockAtRegistration: list((uid) => 100 + uid),
    alphaStake: ALPHA_STAKES,
    taoStake: TAO_STAKES,
    totalStake: list((uid) => ALPHA_STAKES[uid] + TAO_STAKES[uid]),
  }));
  chain.define(LITE, liteNeurons);
  return chain;
}

/** The neurons as the short list has them. */
export function liteNeurons(): unknown[] {
  return UIDS.map((uid) => ({
    hotkey: account(1, uid),
    coldkey: account(2, uid),
    uid,
    netuid: NETUID,
    axonInfo: AXONS[uid],
    stake: [[account(2, uid), ALPHA_STAKES[uid]]],
    ...Object.fromEntries(Object.entries(COLUMNS).map(([name, values]) => [name, values[uid]])),
    pruningScore: 65535,
  }));
}

function store(chain: MadeChain): void {
  chain.setSubnet(NETUID, { networksAdded: true, subnetworkN: COUNT, ...COLUMNS });
  chain.set("taoWeight", [], MAX_U64);
  if (chain.api.query.subtensorModule.subnetIdentitiesV3 !== undefined) {
    chain.set("subnetIdentitiesV3", [NETUID], { subnetName: [...new TextEncoder().encode(NAME)] });
  }
  for (const uid of UIDS) {
    const hotkey = account(1, uid);
    chain.set("keys", [NETUID, uid], hotkey);
    chain.set("uids", [NETUID, hotkey], uid);
    chain.set("owner", [hotkey], account(2, uid));
    chain.set("blockAtRegistration", [NETUID, uid], 100 + uid);
    chain.set("totalHotkeyAlpha", [hotkey, NETUID], ALPHA_STAKES[uid]);
    chain.set("totalHotkeyAlpha", [hotkey, 0], TAO_STAKES[uid]);
    if (AXONS[uid] !== NO_AXON) chain.set("axons", [NETUID, hotkey], AXONS[uid]);
  }
}

function optional(fields: Fields): Record<string, MadeType> {
  return Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, option(type)]));
}
