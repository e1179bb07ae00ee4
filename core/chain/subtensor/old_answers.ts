/**
 * Answers of runtimes before 2025-03: bytes whose form their metadata does not tell.
 *
 * Source: `pallets/subtensor/src/rpc_info` of Subtensor before and after that change, which kept the
 * encodings as they were.
 *
 * @module
 */

const AXON = {
  block: "u64",
  version: "u32",
  ip: "u128",
  port: "u16",
  ipType: "u8",
  protocol: "u8",
  placeholder1: "u8",
  placeholder2: "u8",
};

const PROMETHEUS = { block: "u64", version: "u32", ip: "u128", port: "u16", ipType: "u8" };

/** For the library's registry, under names that no chain has. */
export const OLD_ANSWER_TYPES = {
  WeftAxon: AXON,
  WeftPrometheus: PROMETHEUS,
  WeftNeuronLite: {
    hotkey: "AccountId32",
    coldkey: "AccountId32",
    uid: "Compact<u16>",
    netuid: "Compact<u16>",
    active: "bool",
    axonInfo: "WeftAxon",
    prometheusInfo: "WeftPrometheus",
    stake: "Vec<(AccountId32, Compact<u64>)>",
    rank: "Compact<u16>",
    emission: "Compact<u64>",
    incentive: "Compact<u16>",
    consensus: "Compact<u16>",
    trust: "Compact<u16>",
    validatorTrust: "Compact<u16>",
    dividends: "Compact<u16>",
    lastUpdate: "Compact<u64>",
    validatorPermit: "bool",
    pruningScore: "Compact<u16>",
  },
  WeftStakeInfo: {
    hotkey: "AccountId32",
    coldkey: "AccountId32",
    netuid: "Compact<u16>",
    stake: "Compact<u64>",
    locked: "Compact<u64>",
    emission: "Compact<u64>",
    drain: "Compact<u64>",
    isRegistered: "bool",
  },
};
