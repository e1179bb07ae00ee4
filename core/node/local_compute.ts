/**
 * The compute network on one machine: a miner with its axon, and a validator that challenges it in
 * rounds over loopback, as both do elsewhere. Who is registered is known without a chain.
 *
 * @module
 */

import type { Metagraph, Neuron } from "../chain/metagraph.ts";
import { PUBLISHED_ADMISSION } from "../compute/axon/admission.ts";
import { COMPUTE_NETUID, COMPUTE_VERSION, ComputeMiner } from "../compute/compute_miner.ts";
import { Dendrite } from "../compute/dendrite.ts";
import type { MachineSpecs } from "../compute/specs.ts";
import type { ChallengeBook } from "../compute/validator/challenge_book.ts";
import type { RoundResult } from "../compute/validator/challenge_round.ts";
import { ComputeValidator, type Judge } from "../compute/validator/compute_validator.ts";
import type { Solver } from "../hash/solver.ts";
import { Keypair } from "../wallet/keypair.ts";
import { readyKeys } from "../wallet/ready.ts";
import { verifyMessage } from "../wallet/verify.ts";
import type { GpuTurns } from "./gpu_turns.ts";
import { quietLog } from "./quiet_log.ts";
import type { SwarmPlace } from "./swarm_place.ts";

const SEED_BYTES = 32;
/** Enough for a validator of the compute network, in rao. */
const VALIDATOR_STAKE_RAO = 2048n * 1_000_000_000n;
/** Training does not suffer from challenges that are too hard for the machine. */
const MOST_SHARE = 0.05;
/** Rounds come far more often than on the network, where they are a quarter of an hour apart. */
const PAUSE_MS = { least: 15_000, most: 30_000 };

/** What a local compute network works with. */
export interface LocalComputeOptions {
  readonly place: Pick<
    SwarmPlace,
    "clock" | "wallClock" | "randomBytes" | "log" | "openHttp" | "listen"
  >;
  readonly solver: Pick<Solver, "solve">;
  readonly turns: GpuTurns;
  readonly book: ChallengeBook;
  readonly judge: Judge;
  readonly specs: () => Promise<MachineSpecs>;
  readonly onResult: (result: RoundResult & { readonly score: number }) => void;
}

/** See the module. */
export class LocalCompute {
  private constructor(
    readonly validator: ComputeValidator,
    readonly opened: AsyncDisposableStack,
  ) {}

  /** Listens. @throws {WeftError} if no port can be had */
  static async open(options: LocalComputeOptions): Promise<LocalCompute> {
    await readyKeys();
    await using opening = new AsyncDisposableStack();
    const { place, solver, turns, specs, book, judge, onResult } = options;
    const { clock, wallClock, randomBytes } = place;
    const shared = { clock, wallClock, randomBytes, log: quietLog(place.log) };
    const [minerKey, validatorKey] = [0, 1].map(() => Keypair.fromSeed(randomBytes(SEED_BYTES)));
    let neurons: readonly Neuron[] = [neuron(0, validatorKey.address, VALIDATOR_STAKE_RAO)];
    const metagraph = (): Promise<Metagraph> =>
      Promise.resolve({ netuid: COMPUTE_NETUID, name: "local", block: 0, neurons });
    const miner = await ComputeMiner.open({
      ...{ ...shared, signer: minerKey, solver, specs },
      ...{ chain: { metagraph }, netuid: COMPUTE_NETUID },
      alone: (work) => turns.challenge(work),
      admission: PUBLISHED_ADMISSION,
      checkSignature: (...check) => Promise.resolve(verifyMessage(...check)),
    });
    await miner.updateRegistered();
    const listener = await place.listen(miner.handler);
    opening.defer(() => listener.close());
    const { hostname: ip } = new URL(listener.url);
    neurons = [...neurons, neuron(1, minerKey.address, 0n, { ip, port: listener.port })];
    const http = place.openHttp();
    opening.defer(() => http.close());
    const validator = new ComputeValidator({
      ...{ ...shared, signer: validatorKey, metagraph, chain: undefined, book, judge, onResult },
      dendrite: new Dendrite({ ...shared, signer: validatorKey, http }),
      settings: {
        ...{ netuid: COMPUTE_NETUID, batchSize: 1, pauseMs: PAUSE_MS, weightsIntervalMs: Infinity },
        mostShare: MOST_SHARE,
        ...{ blacklistHotkeys: [], blacklistColdkeys: [], minimalVersion: undefined },
        ...{ updatedThreshold: 0, onePerAddress: false },
      },
    });
    return new LocalCompute(validator, opening.move());
  }

  /** Challenges in rounds until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await this.validator.run(signal);
  }

  async close(): Promise<void> {
    await this.opened.disposeAsync();
  }
}

function neuron(
  uid: number,
  hotkey: string,
  totalStakeRao: bigint,
  axon?: { readonly ip: string; readonly port: number },
): Neuron {
  return {
    ...{ uid, hotkey, coldkey: hotkey, active: true, validatorPermit: axon === undefined },
    axon: axon && { block: 0, version: COMPUTE_VERSION, ipType: 4, protocol: 4, ...axon },
    ...{ totalStakeRao, alphaStakeRao: totalStakeRao, taoStakeRao: undefined, emissionRao: 0n },
    ...{ incentive: 0, consensus: 0, trust: 0, validatorTrust: 0, dividends: 0, rank: 0 },
    ...{ lastUpdate: 0, registeredAt: undefined },
  };
}
