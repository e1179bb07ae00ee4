/**
 * A miner in plain loops, over real HTTP.
 *
 * @module
 */

import { int64Tensor } from "../../../core/formats/dtype.ts";
import type { Http, Log } from "../../../core/host.ts";
import { ApiClient } from "../../../core/iota/api/client.ts";
import { Miner, type MinerEvent } from "../../../core/iota/miner/miner.ts";
import { Uploader } from "../../../core/iota/transfer/upload.ts";
import { stageShape } from "../../../core/model/config.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";
import { ReferenceTrainer } from "../../iota/gradient_validator/reference_trainer.ts";
import { learnableTokens } from "../../model/tiny_model.ts";
import { BATCH, SEQ, STORY_SWARM } from "./story_swarm.ts";

/** What one is made of. */
export interface StoryMiner {
  /** The same number is the same key. */
  readonly key: number;
  readonly baseUrl: string;
  readonly http: Http;
  readonly log: Log;
  readonly onEvent?: (event: MinerEvent) => void;
}

/** Mines until the signal. */
export async function runStoryMiner(
  { key, baseUrl, http, log, onEvent }: StoryMiner,
  signal: AbortSignal,
): Promise<void> {
  const { model } = STORY_SWARM;
  const signer = Keypair.fromSeed(new Uint8Array(32).fill(key));
  const clocks = { clock: processClock, wallClock: processWallClock };
  const shared = { ...clocks, randomBytes: processRandomBytes, http, log };
  const client = new ApiClient({ baseUrl, signer, ...shared });
  let position = 0;
  const miner = new Miner({
    ...{ ...shared, client, hotkey: signer.address, training: STORY_SWARM },
    uploader: new Uploader({ client, ...shared }),
    trainerFor: (layer) =>
      Promise.resolve(
        new ReferenceTrainer(
          stageShape(model, model.splits[layer], BATCH, SEQ),
          model.totalGlobalParams,
          layer,
        ),
      ),
    nextBatch: () =>
      Promise.resolve(
        int64Tensor([BATCH, SEQ], learnableTokens(model.V, BATCH, SEQ, position++)),
      ),
    ...{ pollMs: 50, longPollMs: 5_000 },
    ...onEvent ? { onEvent } : {},
  });
  await miner.run(signal);
}
