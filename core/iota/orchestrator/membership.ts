/**
 * Who may ask what: members of the subnet, and validators by their permit and stake.
 *
 * Source of limits and texts: macrocosm-os/iota @ 56aee24, `utils/bt_utils.py`.
 *
 * @module
 */

import type { Chain } from "../../chain/chain.ts";
import type { Neuron } from "../../chain/metagraph.ts";
import { WeftError } from "../../errors.ts";
import type { Access } from "../api/routes.ts";
import { Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";

/** How long the subnet's members are taken to be the same. */
const FRESH_MS = 300_000;
/** Who is not found may have come since; strangers cannot make us ask more often than this. */
const RETRY_MS = 30_000;

const RAO_PER_TAO = 1_000_000_000n;
const VALIDATOR_STAKE_RAO = 50_000n * RAO_PER_TAO;
/** On a test network, where no permit is asked for either. */
const TEST_VALIDATOR_STAKE_RAO = 10n * RAO_PER_TAO;

/** The subnet at one moment. */
interface Members {
  readonly isMainNetwork: boolean;
  readonly byHotkey: ReadonlyMap<string, Neuron>;
  readonly readMs: number;
}

/** See the module. In a swarm that is open to all, everyone is what they say they are. */
export class Membership {
  readonly #context: OrchestratorContext;
  #members: Members | undefined;
  #reading: Promise<Members> | undefined;
  #triedMs = -Infinity;

  constructor(context: OrchestratorContext) {
    this.#context = context;
  }

  /**
   * Lets a hotkey through.
   *
   * @throws {Refusal} 403 for one that may not ask this; 503 while the chain cannot be asked
   */
  async check(hotkey: string, access: Access): Promise<void> {
    if (access === "public") return;
    if (access === "orchestrator") {
      if (hotkey === this.#context.signer.address) return;
      throw new Refusal(403, `Hotkey ${hotkey} is not the orchestrator`);
    }
    const neuron = await this.#neuron(hotkey);
    if (access === "validator" && neuron && !neuron.isValidator) {
      throw new Refusal(403, `Hotkey ${hotkey} is not a validator`);
    }
  }

  /**
   * The uid of somebody who wants to mine; null in a swarm that is open to all.
   *
   * @throws {Refusal} 403 for a validator or a stranger; 503 while the chain cannot be asked
   */
  async minerUid(hotkey: string): Promise<number | null> {
    const neuron = await this.#neuron(hotkey);
    if (neuron?.isValidator) throw new Refusal(403, `Hotkey ${hotkey} is not a miner`);
    return neuron?.uid ?? null;
  }

  /** Undefined in a swarm that is open to all. */
  async #neuron(hotkey: string): Promise<{ uid: number; isValidator: boolean } | undefined> {
    const { settings, chain } = this.#context;
    if (!settings.membersOnly || !chain) return undefined;
    let members = await this.#read(chain, FRESH_MS);
    if (!members.byHotkey.has(hotkey)) members = await this.#read(chain, RETRY_MS);
    const neuron = members.byHotkey.get(hotkey);
    if (!neuron) throw new Refusal(403, `Hotkey ${hotkey} not registered on subnet`);
    return { uid: neuron.uid, isValidator: isValidator(neuron, members.isMainNetwork) };
  }

  /** The members, not older than some time unless the chain cannot be asked. */
  async #read(chain: Chain, maxAgeMs: number): Promise<Members> {
    const nowMs = this.#context.clock.nowMs();
    const known = this.#members;
    if (known && nowMs - known.readMs < maxAgeMs) return known;
    // A chain that is down is asked from time to time only, while what is known still serves.
    if (known && !this.#reading && nowMs - this.#triedMs < RETRY_MS) return known;
    try {
      this.#reading ??= this.#ask(chain, nowMs);
      return await this.#reading;
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      if (known) return known;
      throw new Refusal(503, "The subnet's members are not known yet: try again later");
    }
  }

  async #ask(chain: Chain, nowMs: number): Promise<Members> {
    this.#triedMs = nowMs;
    try {
      const [{ network }, { neurons }] = await Promise.all([
        chain.identity(),
        chain.metagraph(this.#context.settings.netuid),
      ]);
      const byHotkey = new Map(neurons.map((neuron) => [neuron.hotkey, neuron]));
      this.#members = { isMainNetwork: network === "finney", byHotkey, readMs: nowMs };
      return this.#members;
    } catch (error) {
      if (error instanceof WeftError) {
        this.#context.log.warn(`the subnet's members cannot be read: ${error.message}`);
      }
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }
}

/** Whether a neuron is a validator in the published sense; all others are miners. */
export function isValidator(
  { validatorPermit, totalStakeRao }: Pick<Neuron, "validatorPermit" | "totalStakeRao">,
  isMainNetwork: boolean,
): boolean {
  if (!isMainNetwork) return totalStakeRao >= TEST_VALIDATOR_STAKE_RAO;
  return validatorPermit && totalStakeRao >= VALIDATOR_STAKE_RAO;
}
