/**
 * Neurons as tables and `--json` show them.
 *
 * @module
 */

import { fixedCoins } from "../../core/chain/amounts.ts";
import type { AxonInfo, Neuron } from "../../core/chain/metagraph.ts";
import { axonText, chainText, shareText, shortAddress, shortAxonText } from "./chain_text.ts";
import type { FittedColumn } from "./fitted_table.ts";

/** Digits behind the point of stake and emission; `--json` has all nine. */
const SHOWN_DECIMALS = 4;

/** Stake and emission of a table's rows. */
export interface NeuronSums {
  readonly stakeRao: bigint;
  readonly emissionRao: bigint;
}

/** The sums of some neurons of one subnet. */
export function neuronSums(neurons: readonly Neuron[]): NeuronSums {
  const sum = (amountOf: (neuron: Neuron) => bigint): bigint =>
    neurons.reduce((total, neuron) => total + amountOf(neuron), 0n);
  return {
    stakeRao: sum(({ totalStakeRao }) => totalStakeRao),
    emissionRao: sum(({ emissionRao }) => emissionRao),
  };
}

/** Columns of neurons by their title; a table takes those it wants. */
export type NeuronColumns<Row> = Readonly<Record<NeuronTitle, FittedColumn<Row>>>;

/** Titles of {@linkcode NeuronColumns}. */
export type NeuronTitle =
  | "uid"
  | "stake"
  | "incentive"
  | "dividends"
  | "emission"
  | "trust"
  | "consensus"
  | "rank"
  | "active"
  | "permit"
  | "updated"
  | "axon"
  | "hotkey"
  | "coldkey";

/**
 * The columns of rows that hold a neuron.
 *
 * @param block the metagraph's, from which ages are counted
 * @param sums for the line below the rows; undefined where none is wanted
 */
export function neuronColumns<Row extends { readonly neuron: Neuron }>(
  block: number,
  sums: NeuronSums | undefined,
): NeuronColumns<Row> {
  const number = (title: string, shown: (neuron: Neuron) => string): FittedColumn<Row> => ({
    ...{ title, align: "right" },
    cell: ({ neuron }) => shown(neuron),
  });
  const word = (title: string, shown: (neuron: Neuron) => string): FittedColumn<Row> => ({
    title,
    cell: ({ neuron }) => shown(neuron),
  });
  const coins = (rao: bigint): string => fixedCoins(rao, SHOWN_DECIMALS);
  return {
    uid: number("uid", ({ uid }) => `${uid}`),
    stake: {
      ...number("stake", ({ totalStakeRao }) => coins(totalStakeRao)),
      total: sums && coins(sums.stakeRao),
    },
    incentive: number("incentive", ({ incentive }) => shareText(incentive)),
    dividends: number("dividends", ({ dividends }) => shareText(dividends)),
    emission: {
      ...number("emission", ({ emissionRao }) => coins(emissionRao)),
      total: sums && coins(sums.emissionRao),
    },
    trust: number("trust", ({ trust }) => shareText(trust)),
    consensus: number("consensus", ({ consensus }) => shareText(consensus)),
    rank: number("rank", ({ rank }) => shareText(rank)),
    active: word("active", ({ active }) => active ? "yes" : "no"),
    permit: word("permit", ({ validatorPermit }) => validatorPermit ? "yes" : "no"),
    updated: number("updated", ({ lastUpdate }) => ageText(lastUpdate, block)),
    axon: {
      ...word("axon", ({ axon }) => axonText(axon)),
      shortCell: ({ neuron }) => shortAxonText(neuron.axon),
    },
    hotkey: word("hotkey", ({ hotkey }) => shortAddress(hotkey)),
    coldkey: word("coldkey", ({ coldkey }) => shortAddress(coldkey)),
  };
}

/** Blocks since a neuron's last weights; one that never set any has block 0. */
function ageText(lastUpdate: number, block: number): string {
  return lastUpdate === 0 ? "never" : `${Math.max(0, block - lastUpdate)}`;
}

/** A neuron for `--json`: amounts as texts of whole rao, `axon` null where it serves none. */
export type NeuronJson = Readonly<Record<string, number | string | boolean | AxonInfo | null>>;

/** See {@linkcode NeuronJson}; what the runtime does not tell is null. */
export function neuronJson(neuron: Neuron): NeuronJson {
  const { axon, totalStakeRao, alphaStakeRao, taoStakeRao, emissionRao, ...rest } = neuron;
  const { registeredAt, hotkey, coldkey, ...shown } = rest;
  return {
    ...shown,
    hotkey: chainText(hotkey),
    coldkey: chainText(coldkey),
    registeredAt: registeredAt ?? null,
    stakeRao: `${totalStakeRao}`,
    alphaStakeRao: `${alphaStakeRao}`,
    taoStakeRao: taoStakeRao === undefined ? null : `${taoStakeRao}`,
    emissionRao: `${emissionRao}`,
    axon: axon ? { ...axon, ip: chainText(axon.ip) } : null,
  };
}
