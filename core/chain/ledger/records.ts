/**
 * What a ledger's tables hold.
 *
 * @module
 */

import * as v from "valibot";
import { rulesSchema } from "./rules.ts";
import { address, hash, rao, totalRao, u16, u16List, wholeNumber } from "./schemas.ts";

/** The form of the records below. A ledger with a higher one is left alone. */
export const FORMAT_VERSION = 1;

/** The one record of the whole ledger. */
export const headerSchema = v.object({
  version: v.literal(FORMAT_VERSION),
  genesisUnixMs: wholeNumber,
  blockMs: v.pipe(wholeNumber, v.minValue(1)),
  /** The highest block that was ever seen. */
  block: wholeNumber,
  /** All that came into being, from the faucet and by emission. */
  issuedRao: totalRao,
  /** All that was destroyed. */
  burnedRao: totalRao,
});
export type Header = v.InferOutput<typeof headerSchema>;

export const accountSchema = v.object({ freeRao: rao, nonce: wholeNumber });
export type Account = v.InferOutput<typeof accountSchema>;

export const subnetSchema = v.object({
  netuid: u16,
  name: v.string(),
  ownerColdkey: v.optional(address),
  ownerHotkey: v.optional(address),
  rules: rulesSchema,
  /** The price after the last registration, and that registration's block. */
  burnRao: rao,
  burnBlock: wholeNumber,
  lastEpochBlock: wholeNumber,
  epochIndex: wholeNumber,
  /** Alpha rao that came into being by emission. */
  emittedRao: rao,
  neuronCount: u16,
});
export type Subnet = v.InferOutput<typeof subnetSchema>;

const prometheusSchema = v.object({
  block: wholeNumber,
  version: wholeNumber,
  ip: v.string(),
  port: u16,
  ipType: v.picklist([4, 6]),
});
const axonSchema = v.object({ ...prometheusSchema.entries, protocol: v.number() });

/** A neuron. Shares are from 0 to 65535, as the last epoch left them. */
export const neuronSchema = v.object({
  uid: u16,
  hotkey: address,
  coldkey: address,
  registeredAt: wholeNumber,
  lastUpdate: wholeNumber,
  active: v.boolean(),
  validatorPermit: v.boolean(),
  emissionRao: rao,
  rank: u16,
  trust: u16,
  consensus: u16,
  incentive: u16,
  dividends: u16,
  validatorTrust: u16,
  axon: v.optional(axonSchema),
  prometheus: v.optional(prometheusSchema),
});
export type NeuronRecord = v.InferOutput<typeof neuronSchema>;

/** Weights or bonds of one neuron: uids and values from 0 to 65535, pair by pair. */
export const sparseRowSchema = v.pipe(
  v.object({ uids: u16List, values: u16List }),
  v.check((row) => row.uids.length === row.values.length),
);
export type SparseRow = v.InferOutput<typeof sparseRowSchema>;

/** Weights that a hotkey has committed to and not yet shown, oldest first. */
export const commitsSchema = v.array(
  v.object({ hash, epoch: wholeNumber, block: wholeNumber }),
);
export type WeightCommits = v.InferOutput<typeof commitsSchema>;

export const stakeSchema = rao;
export const ownerSchema = address;
export const uidSchema = u16;
/** The block in which a piece of work was used. */
export const usedWorkSchema = wholeNumber;
