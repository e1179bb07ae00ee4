/**
 * The stake that counts in a subnet, from storage: what a hotkey holds, less what it gave to its
 * child hotkeys, plus what its parents gave to it; and TAO on the root by its weight.
 *
 * Source: `get_stake_weights_for_network` of Subtensor's `staking/stake_utils.rs`, with its rounding.
 *
 * @module
 */

import * as v from "valibot";
import { BIG, parseAnswer } from "./answers.ts";
import type { ChainState, Entry } from "./chain_state.ts";

/** The stake of one hotkey as a subnet weighs it. */
export interface StakeWeight {
  readonly totalStakeRao: bigint;
  readonly alphaStakeRao: bigint;
  readonly taoStakeRao: bigint;
}

/** What a hotkey holds itself. */
export interface Holding {
  readonly alphaRao: bigint;
  readonly taoRao: bigint;
}

/** Who shares in whose stake; proportions are parts of a u64's largest value. */
export interface Family {
  /** What goes to each child. */
  readonly children: readonly bigint[];
  /** What comes from each parent, and what that one holds. */
  readonly parents: readonly (readonly [proportion: bigint, holding: Holding])[];
}

/** How a subnet weighs. */
export interface StakeRules {
  /** How much a rao on the root counts, as a part of a u64's largest value. */
  readonly taoWeight: bigint;
  readonly handsAlphaOn: boolean;
  readonly handsTaoOn: boolean;
}

/** A part of a hotkey's stake, and who gets it or gave it. */
type Share = readonly [proportion: bigint, hotkey: string];

const ROOT = 0;
const NOTHING: Holding = { alphaRao: 0n, taoRao: 0n };
const MAX_U64 = (1n << 64n) - 1n;
/** The runtime's fractions have 32 bits behind the point. */
const FRACTION_BITS = 32n;

const SHARES = v.optional(v.array(v.tuple([BIG, v.string()])), []);

/** The weights of some hotkeys, in their order. */
export async function readStakeWeights(
  state: ChainState,
  netuid: number,
  hotkeys: readonly string[],
): Promise<StakeWeight[]> {
  if (!state.has("totalHotkeyAlpha")) return await readTaoStakes(state, hotkeys);
  const [own, children, parents, rules] = await Promise.all([
    readHoldings(state, netuid, hotkeys),
    readShares(state, "childKeys", netuid, hotkeys),
    readShares(state, "parentKeys", netuid, hotkeys),
    readRules(state, netuid),
  ]);
  const givers = [...new Set(parents.flat().map(([, hotkey]) => hotkey))];
  const given = await readHoldings(state, netuid, givers);
  const holdings = new Map(givers.map((hotkey, i) => [hotkey, given[i]]));
  return hotkeys.map((_, i) => {
    const family = {
      children: children[i].map(([proportion]) => proportion),
      parents: parents[i].map(([proportion, hotkey]) =>
        [proportion, holdings.get(hotkey) ?? NOTHING] as const
      ),
    };
    return weighStake(own[i], family, rules);
  });
}

/** The stake of a hotkey as a subnet weighs it. */
export function weighStake(own: Holding, family: Family, rules: StakeRules): StakeWeight {
  const inherit = (of: (holding: Holding) => bigint): bigint => inherited(own, family, of);
  const alphaStakeRao = rules.handsAlphaOn ? inherit(({ alphaRao }) => alphaRao) : own.alphaRao;
  const taoStakeRao = rules.handsTaoOn ? inherit(({ taoRao }) => taoRao) : own.taoRao;
  const weighed = taoStakeRao * fraction(rules.taoWeight) >> FRACTION_BITS;
  return { totalStakeRao: alphaStakeRao + weighed, alphaStakeRao, taoStakeRao };
}

function inherited(
  holding: Holding,
  { children, parents }: Family,
  of: (holding: Holding) => bigint,
): bigint {
  const own = of(holding) << FRACTION_BITS;
  const given = sum(children.map((proportion) => of(holding) * fraction(proportion)));
  const received = sum(parents.map(([proportion, parent]) => of(parent) * fraction(proportion)));
  return ((own > given ? own - given : 0n) + received) >> FRACTION_BITS;
}

function fraction(partOfMaxU64: bigint): bigint {
  return (partOfMaxU64 << FRACTION_BITS) / MAX_U64;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

async function readHoldings(
  state: ChainState,
  netuid: number,
  hotkeys: readonly string[],
): Promise<Holding[]> {
  const entries = hotkeys.flatMap((hotkey): Entry[] => [
    ["totalHotkeyAlpha", hotkey, netuid],
    ["totalHotkeyAlpha", hotkey, ROOT],
  ]);
  const values = parseAnswer(v.array(BIG), await state.read(entries), "for the stake of hotkeys");
  return hotkeys.map((_, i) => ({ alphaRao: values[2 * i], taoRao: values[2 * i + 1] }));
}

async function readShares(
  state: ChainState,
  item: "childKeys" | "parentKeys",
  netuid: number,
  hotkeys: readonly string[],
): Promise<Share[][]> {
  const values = await state.read(hotkeys.map((hotkey): Entry => [item, hotkey, netuid]));
  return parseAnswer(v.array(SHARES), values, `for the ${item} of hotkeys`);
}

/**
 * The first runtimes with alpha kept a weight of TAO for each subnet, and handed no TAO on. The root
 * hands no alpha on, having none.
 */
async function readRules(state: ChainState, netuid: number): Promise<StakeRules> {
  const isFirst = state.isMap("taoWeight") === true;
  const [weight] = await state.read([isFirst ? ["taoWeight", netuid] : ["taoWeight"]]);
  const taoWeight = parseAnswer(v.optional(BIG, 0), weight, "for the weight of TAO");
  return { taoWeight, handsAlphaOn: netuid !== ROOT, handsTaoOn: !isFirst };
}

/** Runtimes before alpha: TAO is staked on a hotkey, for all subnets. */
async function readTaoStakes(
  state: ChainState,
  hotkeys: readonly string[],
): Promise<StakeWeight[]> {
  const values = await state.read(hotkeys.map((hotkey): Entry => ["totalHotkeyStake", hotkey]));
  return parseAnswer(v.array(v.optional(BIG, 0)), values, "for the stake of hotkeys")
    .map((rao) => ({ totalStakeRao: rao, alphaStakeRao: 0n, taoStakeRao: rao }));
}
