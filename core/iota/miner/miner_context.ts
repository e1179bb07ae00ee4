/**
 * What a miner is made of and what it tells of its work.
 *
 * @module
 */

import type { HostTensor } from "../../formats/dtype.ts";
import type { Clock, Http, Log, RandomBytes, WallClock } from "../../host.ts";
import type { StepOutcome } from "../../ops/adamw.ts";
import type { AskOptions } from "../api/client.ts";
import type { Answer, Asked, RouteName, ROUTES } from "../api/routes.ts";
import type { TrainingSettings } from "../orchestrator/settings.ts";
import type { Trainer } from "./trainer.ts";
import { Transfers } from "./transfers.ts";

/** The orchestrator as a miner sees it; an `ApiClient` is one, errors are as there. */
export interface MinerApi {
  ask<Name extends RouteName>(
    name: Name,
    asked: Asked<(typeof ROUTES)[Name]>,
    options?: AskOptions,
  ): Promise<Answer<(typeof ROUTES)[Name]>>;
}

/** Uploads objects; an `Uploader` does. */
export interface MinerUploader {
  /** @returns the path to report @throws {WeftError} if it cannot be done */
  upload(key: string, bytes: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<string>;
}

/** What a registered miner is at: batches, merging weights, or waiting for its orchestrator. */
export type MinerPhase = "train" | "sync" | "wait";

/** What happened. */
export type MinerEvent =
  | { readonly kind: "registered"; readonly layer: number }
  | { readonly kind: "phase"; readonly phase: MinerPhase }
  /** The merged weights of a layer were taken over; the epoch counts merges. */
  | { readonly kind: "weights loaded"; readonly layer: number; readonly epoch: number }
  /** A batch has passed forward and was reported; the loss is the last layer's. */
  | { readonly kind: "forward"; readonly uid: string; readonly loss: number | undefined }
  | { readonly kind: "backward"; readonly uid: string }
  /** A piece of work came to nothing. */
  | { readonly kind: "lost"; readonly reason: string }
  | ({ readonly kind: "step"; readonly learningRate: number } & StepOutcome)
  | {
    readonly kind: "merged";
    readonly layer: number;
    readonly epoch: number;
    /** Of weights and optimizer state: about four times as many are moved at most. */
    readonly layerBytes: number;
    /** From the begin of the merge to having its result. */
    readonly uploadedBytes: number;
    readonly downloadedBytes: number;
  };

/** See the module. */
export interface MinerOptions {
  /** ss58 address of the key that the client signs with. */
  readonly hotkey: string;
  /** In the metagraph, for the health endpoint. @default unknown */
  readonly uid?: number | null;
  readonly client: MinerApi;
  readonly uploader: MinerUploader;
  readonly http: Http;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly training: TrainingSettings;
  /**
   * A stage with the weights that every miner of the layer begins with. Asked again when the miner
   * registers anew; the one before is not used any more then.
   */
  readonly trainerFor: (layer: number) => Promise<Trainer>;
  /**
   * The next tokens to train on, int64 (B, T); needed on layer 0 only. Undefined for none at present:
   * it is asked again soon, so it should take its time over that.
   */
  readonly nextBatch?: () => Promise<HostTensor | undefined>;
  /** Pause after each piece of work, and twice of it where there was none. @default {1000} */
  readonly pollMs?: number;
  /**
   * How long an orchestrator of Weft's may hold back its answers until there is work. With it there
   * are no pauses, and results travel while the next batch is computed.
   * @default 0, the published pace
   */
  readonly longPollMs?: number;
  readonly onEvent?: (event: MinerEvent) => void;
}

/** The options with their defaults, and what is made of them. */
export interface MinerContext extends MinerOptions {
  readonly uid: number | null;
  readonly pollMs: number;
  readonly longPollMs: number;
  readonly onEvent: (event: MinerEvent) => void;
  readonly transfers: Transfers;
}

/** Fills in what was left out. */
export function minerContext(options: MinerOptions): MinerContext {
  const { uid = null, pollMs = 1000, longPollMs = 0, onEvent = () => {} } = options;
  return { ...options, uid, pollMs, longPollMs, onEvent, transfers: new Transfers(options) };
}

/** Pauses; ends with the signal's reason if it is aborted meanwhile. */
export async function pause(
  { clock }: Pick<MinerContext, "clock">,
  durationMs: number,
  signal: AbortSignal,
): Promise<void> {
  await clock.sleep(durationMs, signal);
  signal.throwIfAborted();
}
