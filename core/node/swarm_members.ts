/**
 * Miners and validators of a swarm that runs on one machine, each with a key of its own.
 *
 * @module
 */
import { ApiClient } from "../iota/api/client.ts";
import { ValidatorNode } from "../iota/gradient_validator/validator_node.ts";
import { Miner, type MinerOptions } from "../iota/miner/miner.ts";
import type { Trainer } from "../iota/miner/trainer.ts";
import type { SwarmSettings } from "../iota/orchestrator/settings.ts";
import { Uploader } from "../iota/transfer/upload.ts";
import { Keypair } from "../wallet/keypair.ts";
import type { LocalOrchestrator } from "./local_orchestrator.ts";
import { quietLog } from "./quiet_log.ts";
import type { SwarmPlace } from "./swarm_place.ts";

const SEED_BYTES = 32;
const LONG_POLL_MS = 15_000;
/** Where there is nothing to wait for at the orchestrator. */
const POLL_MS = 50;

/** The swarm that somebody becomes a member of. */
export interface Swarm<
  Known extends keyof LocalOrchestrator = "url" | "http",
> {
  readonly orchestrator: Pick<LocalOrchestrator, Known>;
  readonly place: SwarmPlace;
  readonly settings: SwarmSettings;
}

/** Runs a miner until the signal. Throws as `Miner.run`. */
export async function startMiner(
  { orchestrator, place, settings }: Swarm,
  own: Pick<MinerOptions, "trainerFor" | "nextBatch" | "onEvent">,
  signal: AbortSignal,
): Promise<void> {
  const { clock, wallClock, randomBytes, log } = place;
  const { http, url: baseUrl } = orchestrator;
  const signer = Keypair.fromSeed(randomBytes(SEED_BYTES));
  const client = new ApiClient({ baseUrl, signer, http, clock, wallClock, randomBytes, log });
  const miner = new Miner({
    ...{ client, uploader: new Uploader({ client, http, clock, log }), hotkey: signer.address },
    ...{ http, clock, wallClock, randomBytes, training: settings, ...own },
    log: quietLog(log),
    ...{ pollMs: POLL_MS, longPollMs: LONG_POLL_MS },
  });
  await miner.run(signal);
}

/** What a validator computes with. */
export interface ValidatorStages {
  readonly trainerFor: (layer: number) => Promise<Trainer>;
  /** Batches that such a stage holds. */
  readonly maxInFlight: number;
}

/** Runs a gradient validator until the signal. Throws as `ValidatorNode.run`. */
export async function startValidator(
  { orchestrator, place, settings }: Swarm<"url" | "http" | "hotkey">,
  stages: ValidatorStages,
  signal: AbortSignal,
): Promise<void> {
  const { clock, wallClock, randomBytes, log } = place;
  const node = new ValidatorNode({
    ...{ orchestratorUrl: orchestrator.url, orchestratorKey: orchestrator.hotkey },
    signer: Keypair.fromSeed(randomBytes(SEED_BYTES)),
    ...{ http: orchestrator.http, clock, wallClock, randomBytes, training: settings },
    log: quietLog(log),
    ...{ ...stages, chain: undefined, weights: settings },
  });
  const listener = await place.listen(node.handler);
  try {
    const { hostname: host } = new URL(listener.url);
    await node.run({ host, port: listener.port, scheme: "http" }, signal);
  } finally {
    await listener.close();
  }
}
