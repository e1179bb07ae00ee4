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
  /** Whose hotkeys need no stake. The published miner reads this list and does not use it. */
  readonly whitelistColdkeys: readonly string[];
  readonly blacklistHotkeys: readonly string[];
  /** Whose hotkeys are refused. As above. */
  readonly blacklistColdkeys: readonly string[];
  /** Refuses those who have misused others' work. */
  readonly blacklistExploiters: boolean;
  /** Lets validators ask whatever they have staked. */
  readonly whitelistNotEnoughStake: boolean;
}

/** What the chain knows of a hotkey. */
interface Registered {
  readonly coldkey: string;
  /** In TAO. */
  readonly stake: number;
}

/** The published defaults. */
export const PUBLISHED_ADMISSION: AdmissionSettings = {
  ...{ whitelistHotkeys: [], whitelistColdkeys: [], blacklistHotkeys: [], blacklistColdkeys: [] },
  ...{ blacklistExploiters: true, whitelistNotEnoughStake: false },
};

/** See the module. Without a metagraph only those are let in who are listed. */
export class Admission {
  readonly #allowed: ReadonlySet<string>;
  readonly #refused: ReadonlySet<string>;
  readonly #exploiters: ReadonlySet<string>;
  #registered: ReadonlyMap<string, Registered> = new Map();

  constructor(readonly settings: AdmissionSettings) {
    const { whitelistHotkeys, blacklistHotkeys, blacklistExploiters } = settings;
    this.#allowed = new Set([...whitelistHotkeys, ...TRUSTED_VALIDATORS]);
    this.#refused = new Set(blacklistHotkeys);
    this.#exploiters = new Set(blacklistExploiters ? EXPLOITERS : []);
  }

  /** Takes over who is registered with which stake. */
  update({ neurons }: Pick<Metagraph, "neurons">): void {
    this.#registered = new Map(neurons.map(({ hotkey, coldkey, totalStakeRao }) => {
      return [hotkey, { coldkey, stake: Number(totalStakeRao) / RAO_PER_TAO }];
    }));
  }

  /** Why a hotkey may not ask this, in the published words; undefined if it may. */
  reasonAgainst(hotkey: string | null, kindName: string): string | undefined {
    if (hotkey !== null && this.#allowed.has(hotkey)) return undefined;
    const known = hotkey === null ? undefined : this.#registered.get(hotkey);
    if (hotkey === null || known === undefined) return "Unrecognized hotkey";
    if (!this.#hasStake(known)) return "Not enough stake!";
    if (this.#refused.has(hotkey)) return "Blacklisted hotkey";
    if (this.settings.blacklistColdkeys.includes(known.coldkey)) return "Blacklisted coldkey";
    if (!this.#exploiters.has(hotkey)) return undefined;
    return `Blacklisted a ${kindName} request from an exploiter hotkey: ${hotkey}`;
  }

  /** The larger goes first. Who is listed but not registered has no stake. */
  priority(hotkey: string, kindName: string): number {
    return (this.#registered.get(hotkey)?.stake ?? 0) + (KIND_PRIORITIES[kindName] ?? 0);
  }

  #hasStake({ stake, coldkey }: Registered): boolean {
    const { whitelistNotEnoughStake, whitelistColdkeys } = this.settings;
    return stake >= MIN_STAKE || whitelistNotEnoughStake || whitelistColdkeys.includes(coldkey);
  }
}
