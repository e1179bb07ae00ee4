/**
 * What a check gets to work with.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import type { Facts, PublishedAxon, Registration } from "./facts.ts";
import type { DoctorSettings } from "./settings.ts";
import type { DoctorSystem } from "./system.ts";
import type { TimeLimit } from "./time_limit.ts";

/**
 * Settings, surroundings, and what checks share. A check's time stands still while it waits for what
 * is shared. What cannot be had rejects with NotKnownError; a check may let it pass.
 */
export class CheckContext {
  readonly settings: DoctorSettings;
  readonly system: DoctorSystem;
  readonly #facts: Facts;
  readonly #time: TimeLimit;

  constructor(facts: Facts, time: TimeLimit) {
    this.settings = facts.settings;
    this.system = facts.system;
    this.#facts = facts;
    this.#time = time;
  }

  /** The open chain. */
  chain(): Promise<Chain> {
    return this.#time.waitFor(this.#facts.chain());
  }

  /** The hotkey in the subnets of the flags; without such, in those where it is registered. */
  registrations(): Promise<Registration[]> {
    return this.#time.waitFor(this.#facts.registrations());
  }

  /** The hotkey's axons in the subnets where it is registered. */
  axons(): Promise<PublishedAxon[]> {
    return this.#time.waitFor(this.#facts.axons());
  }

  coldkeyAddress(): Promise<string> {
    return this.#facts.coldkeyAddress();
  }

  hotkeyAddress(): Promise<string> {
    return this.#facts.hotkeyAddress();
  }

  /** For the check that reports on opening: rejects with what went wrong. */
  openChain(): Promise<Chain> {
    return this.#time.waitFor(this.#facts.openChain());
  }

  /** For the check that reports on registrations: rejects with what went wrong. */
  findRegistrations(): Promise<Registration[]> {
    return this.#time.waitFor(this.#facts.findRegistrations());
  }

  /** For the check that reports on axons: rejects with what went wrong. */
  findAxons(): Promise<PublishedAxon[]> {
    return this.#time.waitFor(this.#facts.findAxons());
  }
}
