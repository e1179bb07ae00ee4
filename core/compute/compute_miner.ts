/**
 * A miner of the compute network: an axon that answers challenges and tells what the machine has,
 * known to the chain and knowing who is registered there.
 *
 * @module
 */

import type { Chain } from "../chain/chain.ts";
import type { Clock, HttpHandler, Log, RandomBytes, Storage, WallClock } from "../host.ts";
import type { Solver } from "../hash/solver.ts";
import type { Signer } from "../wallet/signer.ts";
import type { SignatureCheck } from "../wallet/verify.ts";
import { Admission, type AdmissionSettings } from "./axon/admission.ts";
import { Axon, type AxonRoute } from "./axon/axon.ts";
import { NonceBook } from "./axon/nonce_book.ts";
import { type ChallengeEvent, ChallengeMiner } from "./challenge/challenge_miner.ts";
import { type MachineSpecs, specsRoute } from "./specs.ts";
import type { SynapseKind } from "./synapse/synapse.ts";

/** The compute network's number. */
export const COMPUTE_NETUID = 27;
/** 1.8.3, as the compute network counts. */
export const COMPUTE_VERSION = 183;
/** How often the registered are asked for: a metagraph changes with every epoch, an hour and more. */
const METAGRAPH_MS = 60_000;

/** What a miner is made of. */
export interface ComputeMinerOptions {
  readonly signer: Signer;
  /** Undefined in a network without one: then only the listed may ask. */
  readonly chain: Pick<Chain, "metagraph"> | undefined;
  readonly netuid: number;
  readonly admission: AdmissionSettings;
  readonly solver: Pick<Solver, "solve">;
  /** Keeps other work off the GPU during a challenge. @default nothing else works */
  readonly alone?: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly specs: () => Promise<MachineSpecs>;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** For nonces; without it a restart forgets them. */
  readonly storage?: Storage;
  readonly checkSignature: SignatureCheck;
  /** As the reference: requests need no signature. @default {false} */
  readonly lenient?: boolean;
  readonly onChallenge?: (event: ChallengeEvent) => void;
}

/** See the module. */
export class ComputeMiner {
  readonly #admission: Admission;

  private constructor(
    readonly options: ComputeMinerOptions,
    readonly nonces: NonceBook,
    readonly axon: Axon,
  ) {
    this.#admission = new Admission(options.admission);
    const { clock, log, solver, alone, onChallenge, specs } = options;
    const challenges = new ChallengeMiner({
      ...{ clock, log, solver },
      ...alone && { alone },
      ...onChallenge && { onEvent: onChallenge },
    });
    axon.attach(challenges.route(this.admissionOf("Challenge")));
    axon.attach(specsRoute(specs, this.admissionOf("Specs")));
  }

  /** @throws {WeftError} if what is kept cannot be read */
  static async open(options: ComputeMinerOptions): Promise<ComputeMiner> {
    const { lenient = false } = options;
    const nonces = await NonceBook.open({ ...options, lenient });
    const axon = new Axon({ ...options, version: COMPUTE_VERSION, nonces, lenient });
    return new ComputeMiner(options, nonces, axon);
  }

  get handler(): HttpHandler {
    return this.axon.handler;
  }

  /** Who may ask a kind of synapse, for further routes of the axon. */
  admissionOf(kindName: string): Pick<AxonRoute<SynapseKind>, "blacklist" | "priority"> {
    return {
      blacklist: (hotkey) => this.#admission.reasonAgainst(hotkey, kindName),
      priority: (hotkey) => this.#admission.priority(hotkey, kindName),
    };
  }

  /** Learns who is registered, now. @throws {WeftError} if the chain does not answer */
  async updateRegistered(): Promise<void> {
    const { chain, netuid } = this.options;
    if (chain) this.#admission.update(await chain.metagraph(netuid));
  }

  /** Keeps up with the chain until the signal; what was known stays good while it does not answer. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    let isCut = false;
    while (!signal.aborted) {
      try {
        await this.updateRegistered();
        if (isCut) log.info("the chain answers again");
        isCut = false;
      } catch (error) {
        const reason = error instanceof Error ? error.message : error;
        if (!isCut) log.warn(`who is registered is not known anew: ${reason}`);
        isCut = true;
      }
      await clock.sleep(METAGRAPH_MS, signal);
    }
    await this.nonces.flush();
  }
}
