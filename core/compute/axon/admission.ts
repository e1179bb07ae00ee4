/**
 * Who may ask a miner, and who goes first.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/miner.py`.
 *
 * @module
 */

import type { Metagraph } from "../../chain/metagraph.ts";
import { EXPLOITERS, TRUSTED_VALIDATORS } from "./known_hotkeys.ts";

const RAO_PER_TAO = 1e9;
/** In TAO. */
const MIN_STAKE = 1024;
/** What a kind of request adds to its sender's stake. */
const KIND_PRIORITIES: Readonly<Record<string, number>> = { Specs: 1, Challenge: 2, Allocate: 3 };

/** What an operator may choose; as published by default. */
export interface AdmissionSettings {
  readonly whitelistHotkeys: readonly string[];
  readonly blacklistHotkeys: readonly string[];
  /** Refuses those who have misused others' work. */
  readonly blacklistExploiters: boolean;
  /** Lets validators ask whatever they have staked. */
  readonly whitelistNotEnoughStake: boolean;
}

/** See the module. Without a metagraph only those are let in who are listed. */
export class Admission {
  readonly #allowed: ReadonlySet<string>;
  readonly #refused: ReadonlySet<string>;
  readonly #exploiters: ReadonlySet<string>;
  /** In TAO, by hotkey. */
  #stakes: ReadonlyMap<string, number> = new Map();

  constructor(readonly settings: AdmissionSettings) {
    const { whitelistHotkeys, blacklistHotkeys, blacklistExploiters } = settings;
    this.#allowed = new Set([...whitelistHotkeys, ...TRUSTED_VALIDATORS]);
    this.#refused = new Set(blacklistHotkeys);
    this.#exploiters = new Set(blacklistExploiters ? EXPLOITERS : []);
  }

  /** Takes over who is registered with which stake. */
  update({ neurons }: Pick<Metagraph, "neurons">): void {
    this.#stakes = new Map(neurons.map(({ hotkey, totalStakeRao }) => {
      return [hotkey, Number(totalStakeRao) / RAO_PER_TAO];
    }));
  }

  /** Why a hotkey may not ask this, in the published words; undefined if it may. */
  reasonAgainst(hotkey: string | null, kindName: string): string | undefined {
    if (hotkey !== null && this.#allowed.has(hotkey)) return undefined;
    const stake = hotkey === null ? undefined : this.#stakes.get(hotkey);
    if (hotkey === null || stake === undefined) return "Unrecognized hotkey";
    if (stake < MIN_STAKE && !this.settings.whitelistNotEnoughStake) return "Not enough stake!";
    if (this.#refused.has(hotkey)) return "Blacklisted hotkey";
    if (!this.#exploiters.has(hotkey)) return undefined;
    return `Blacklisted a ${kindName} request from an exploiter hotkey: ${hotkey}`;
  }

  /** The larger goes first. Who is listed but not registered has no stake. */
  priority(hotkey: string, kindName: string): number {
    return (this.#stakes.get(hotkey) ?? 0) + (KIND_PRIORITIES[kindName] ?? 0);
  }
}
