/**
 * A made-up runtime with a pallet of Subtensor, and its metadata. Tests choose what it has.
 *
 * @module
 */

import {
  ACCOUNT,
  BOOL,
  choice,
  compactLength,
  type Fields,
  generic,
  list,
  type MadeType,
  record,
  sequence,
  text,
  tuple,
  U128,
  U16,
  U32,
  U64,
  U8,
  UNIT,
} from "./made_types.ts";

/** How a key is written into storage. */
export type Hasher = "blake2" | "twox64" | "identity";

/** A storage item. */
export interface MadeItem {
  readonly keys: readonly (readonly [Hasher, MadeType])[];
  readonly value: MadeType;
  /** Nothing is told where nothing is stored; otherwise a value of nothing. */
  readonly isOptional?: boolean;
}

/** A function of the runtime. */
export interface MadeFunction {
  readonly inputs: Fields;
  readonly output: MadeType;
}

/** What a runtime consists of; names as the runtime writes them. */
export interface MadeRuntime {
  readonly specVersion: number;
  /** @default {"SubtensorModule"} */
  readonly palletName?: string;
  /** Items of `SubtensorModule`. */
  readonly items: Readonly<Record<string, MadeItem>>;
  /** Calls of `SubtensorModule`, without their arguments. */
  readonly calls: readonly string[];
  /** Functions by `Trait.name`. */
  readonly functions: Readonly<Record<string, MadeFunction>>;
  /** The type of what an event tells about an extrinsic. */
  readonly dispatchInfo: "DispatchInfo" | "DispatchEventInfo";
}

const HASHERS = { blake2: 2, twox64: 5, identity: 6 };

const ACCOUNT_INFO = record("frame_system::AccountInfo", {
  nonce: U32,
  consumers: U32,
  providers: U32,
  sufficients: U32,
  data: record("pallet_balances::AccountData", {
    free: U64,
    reserved: U64,
    frozen: U64,
    flags: U128,
  }),
});

export const AXON = record("pallet_subtensor::AxonInfo", {
  block: U64,
  version: U32,
  ip: U128,
  port: U16,
  ip_type: U8,
  protocol: U8,
  placeholder1: U8,
  placeholder2: U8,
});

/** A map from netuid. */
export function bySubnet(value: MadeType, isOptional = false): MadeItem {
  return { keys: [["identity", U16]], value, isOptional };
}

/** What all Subtensor runtimes have kept. */
export const LASTING_ITEMS: Readonly<Record<string, MadeItem>> = {
  NetworksAdded: bySubnet(BOOL),
  NetworkRegistrationAllowed: bySubnet(BOOL),
  NetworkPowRegistrationAllowed: bySubnet(BOOL),
  Burn: bySubnet(U64),
  MinBurn: bySubnet(U64),
  MaxBurn: bySubnet(U64),
  Difficulty: bySubnet(U64),
  SubnetworkN: bySubnet(U16),
  MaxAllowedUids: bySubnet(U16),
  ImmunityPeriod: bySubnet(U16),
  Tempo: bySubnet(U16),
  ServingRateLimit: bySubnet(U64),
  WeightsSetRateLimit: bySubnet(U64),
  WeightsVersionKey: bySubnet(U64),
  MinAllowedWeights: bySubnet(U16),
  MaxRegistrationsPerBlock: bySubnet(U16),
  TargetRegistrationsPerInterval: bySubnet(U16),
  AdjustmentInterval: bySubnet(U16),
  Active: bySubnet(sequence(BOOL)),
  ValidatorPermit: bySubnet(sequence(BOOL)),
  LastUpdate: bySubnet(sequence(U64)),
  Emission: bySubnet(sequence(U64)),
  Dividends: bySubnet(sequence(U16)),
  Incentive: bySubnet(sequence(U16)),
  Consensus: bySubnet(sequence(U16)),
  Trust: bySubnet(sequence(U16)),
  Rank: bySubnet(sequence(U16)),
  ValidatorTrust: bySubnet(sequence(U16)),
  Keys: { keys: [["identity", U16], ["identity", U16]], value: ACCOUNT },
  Uids: { keys: [["identity", U16], ["blake2", ACCOUNT]], value: U16, isOptional: true },
  Axons: { keys: [["identity", U16], ["blake2", ACCOUNT]], value: AXON, isOptional: true },
  Owner: { keys: [["blake2", ACCOUNT]], value: ACCOUNT },
  BlockAtRegistration: { keys: [["identity", U16], ["identity", U16]], value: U64 },
  TotalHotkeyAlpha: { keys: [["blake2", ACCOUNT], ["identity", U16]], value: U64 },
  ChildKeys: {
    keys: [["blake2", ACCOUNT], ["identity", U16]],
    value: sequence(tuple(U64, ACCOUNT)),
  },
  ParentKeys: {
    keys: [["blake2", ACCOUNT], ["identity", U16]],
    value: sequence(tuple(U64, ACCOUNT)),
  },
  TaoWeight: { keys: [], value: U64 },
};

/** A runtime with what all have had. */
export const PLAIN_RUNTIME: MadeRuntime = {
  specVersion: 300,
  items: LASTING_ITEMS,
  calls: ["burned_register", "register"],
  functions: {},
  dispatchInfo: "DispatchEventInfo",
};

/** Numbers the types that are asked for. */
class TypeTable {
  readonly #ids = new Map<string, number>();
  readonly #entries: number[][] = [];

  id(type: MadeType): number {
    const known = this.#ids.get(type.key);
    if (known !== undefined) return known;
    const entry = type.encode((other) => this.id(other));
    const id = this.#entries.push(entry) - 1;
    this.#ids.set(type.key, id);
    return id;
  }

  encode(): number[] {
    return list(this.#entries.map((entry, id) => [...compactLength(id), ...entry]));
  }
}

/** The runtime's metadata, version 15, as `state_getMetadata` gives it. */
export function metadataOf(runtime: MadeRuntime): Uint8Array<ArrayBuffer> {
  const table = new TypeTable();
  const id = (type: MadeType): number[] => compactLength(table.id(type));
  const calls = choice(
    "pallet_subtensor::Call",
    Object.fromEntries(runtime.calls.map((name) => [name, {}])),
  );
  const events = choice("frame_system::Event", {
    ExtrinsicSuccess: { dispatch_info: record(`frame_system::${runtime.dispatchInfo}`, {}) },
  });
  const pallets = list([
    pallet(id, "System", 0, {
      Number: { keys: [], value: U32 },
      Account: { keys: [["blake2", ACCOUNT]], value: ACCOUNT_INFO },
    }, { events }),
    pallet(id, "Timestamp", 2, { Now: { keys: [], value: U64 } }),
    pallet(id, "Balances", 5, {}, { constants: { ExistentialDeposit: [U64, [0xf4, 1]] } }),
    pallet(id, runtime.palletName ?? "SubtensorModule", 7, runtime.items, { calls }),
  ]);
  const extrinsic = [4, ...[UNIT, UNIT, UNIT, UNIT].flatMap(id), 0];
  const apis = traits(id, runtime.functions);
  const rest = [...id(expected(calls, events)), ...apis, ...[UNIT, UNIT, UNIT].flatMap(id), 0];
  const magic = [0x6d, 0x65, 0x74, 0x61, 15];
  return Uint8Array.from([...magic, ...table.encode(), ...pallets, ...extrinsic, ...rest]);
}

/** Types that the library looks for and misses aloud. */
function expected(calls: MadeType, events: MadeType): MadeType {
  return record("made_up::Runtime", {
    extrinsic: generic("sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic", {
      Address: ACCOUNT,
      Call: calls,
      Signature: UNIT,
      Extra: UNIT,
    }),
    event: generic("frame_system::EventRecord", { E: events, T: U64 }),
    bytes: sequence(U8),
  });
}

interface PalletParts {
  readonly calls?: MadeType;
  readonly events?: MadeType;
  /** Values may leave out zeros at their end. */
  readonly constants?: Readonly<Record<string, readonly [MadeType, readonly number[]]>>;
}

function pallet(
  id: (type: MadeType) => number[],
  name: string,
  index: number,
  items: Readonly<Record<string, MadeItem>>,
  { calls, events, constants = {} }: PalletParts = {},
): number[] {
  const some = (type: MadeType | undefined): number[] => type ? [1, ...id(type)] : [0];
  const entries = Object.entries(items).map(([item, made]) => itemEntry(id, item, made));
  const values = Object.entries(constants).map(([constant, [type, value]]) => {
    const full = type.zero.map((zero, i) => value[i] ?? zero);
    return [...text(constant), ...id(type), ...compactLength(full.length), ...full, 0];
  });
  const storage = entries.length === 0 ? [0] : [1, ...text(name), ...list(entries)];
  return [
    ...[...text(name), ...storage, ...some(calls), ...some(events), ...list(values)],
    ...[0, index, 0],
  ];
}

function itemEntry(
  id: (type: MadeType) => number[],
  name: string,
  { keys, value, isOptional = false }: MadeItem,
): number[] {
  const key = keys.length === 1 ? keys[0][1] : tuple(...keys.map(([, type]) => type));
  const hashers = list(keys.map(([hasher]) => [HASHERS[hasher]]));
  const type = keys.length === 0 ? [0, ...id(value)] : [1, ...hashers, ...id(key), ...id(value)];
  const fallback = isOptional ? [0] : value.zero;
  return [
    ...[...text(name), isOptional ? 0 : 1, ...type],
    ...[...compactLength(fallback.length), ...fallback, 0],
  ];
}

function traits(
  id: (type: MadeType) => number[],
  functions: Readonly<Record<string, MadeFunction>>,
): number[] {
  const byTrait = Object.groupBy(Object.entries(functions), ([name]) => name.split(".")[0]);
  return list(
    Object.entries(byTrait).map(([trait, members = []]) => [
      ...text(trait),
      ...list(
        members.map(([name, { inputs, output }]) => [
          ...text(name.split(".")[1]),
          ...list(Object.entries(inputs).map(([input, type]) => [...text(input), ...id(type)])),
          ...[...id(output), 0],
        ]),
      ),
      0,
    ]),
  );
}
