/**
 * Rounds in which miners prove their GPUs: all that nobody has rented, some at once, each tried again
 * until it succeeds or has had its tries.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `proof_of_gpu` of `neurons/validator.py` and
 * `config.yaml`.
 *
 * @module
 */

import type { Clock, Log, RandomBytes } from "../../host.ts";
import type { MinerBook, ProvenGpu } from "./miner_book.ts";
import type { MinerTarget } from "./targets.ts";

/** Has one miner prove its GPUs; undefined if it could not. What it throws counts as that. */
export type GpuProver = (
  target: MinerTarget,
  signal: AbortSignal,
) => Promise<{ readonly gpuName: string; readonly gpuCount: number } | undefined>;

/** How often, and how many at once. */
export interface GpuRoundSettings {
  readonly intervalMs: number;
  /** A round begins later by some time up to this. */
  readonly mostDelayMs: number;
  readonly tries: number;
  readonly retryMs: number;
  readonly workers: number;
}

/** As published: every 360 blocks after 0 to 900 s, 22 tries 60 s apart. */
export const PUBLISHED_GPU_ROUNDS: GpuRoundSettings = {
  intervalMs: 360 * 12_000,
  mostDelayMs: 900_000,
  ...{ tries: 22, retryMs: 60_000, workers: 64 },
};

/** What rounds work with. */
export interface GpuRoundsOptions {
  readonly prove: GpuProver;
  readonly book: Pick<MinerBook, "addGpu" | "allocated">;
  readonly settings: GpuRoundSettings;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** Hears of each miner when it is through. */
  readonly onProof?: (
    miner: { readonly uid: number; readonly hotkey: string; readonly gpu: ProvenGpu | undefined },
  ) => void;
}

/** See the module. */
export class GpuRounds {
  constructor(readonly options: GpuRoundsOptions) {}

  /** Asks all once. @returns how many have proven something. @throws {WeftError} if the book fails */
  async round(targets: readonly MinerTarget[], signal: AbortSignal): Promise<number> {
    const { book, settings: { workers } } = this.options;
    const rented = await book.allocated();
    const queue = targets.filter(({ hotkey }) => !rented.has(hotkey)).values();
    let proven = 0;
    const work = async (): Promise<void> => {
      for (const target of queue) {
        if (signal.aborted) return;
        if (await this.#proveOne(target, signal)) proven += 1;
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    return proven;
  }

  /** Goes on with rounds until the signal. */
  async run(targets: () => Promise<readonly MinerTarget[]>, signal: AbortSignal): Promise<void> {
    const { clock, randomBytes, log, settings: { intervalMs, mostDelayMs } } = this.options;
    while (!signal.aborted) {
      const startMs = clock.nowMs();
      // Miners are not to know when validators come.
      await clock.sleep(mostDelayMs * randomBytes(1)[0] / 255, signal);
      try {
        if (!signal.aborted) await this.round(await targets(), signal);
      } catch (error) {
        log.warn(
          `a round of GPU proofs has failed: ${error instanceof Error ? error.message : error}`,
        );
      }
      await clock.sleep(Math.max(0, startMs + intervalMs - clock.nowMs()), signal);
    }
  }

  async #proveOne(target: MinerTarget, signal: AbortSignal): Promise<boolean> {
    const { book, clock, onProof, settings: { tries, retryMs } } = this.options;
    let found = await this.#try(target, signal);
    for (let done = 1; !found && done < tries && !signal.aborted; done++) {
      await clock.sleep(retryMs, signal);
      if (!signal.aborted) found = await this.#try(target, signal);
    }
    // A miner is not to suffer from a validator that stops.
    if (signal.aborted && !found) return false;
    const gpu = found && { name: found.gpuName, count: found.gpuCount };
    await book.addGpu(target.hotkey, gpu);
    onProof?.({ uid: target.uid, hotkey: target.hotkey, gpu });
    return gpu !== undefined;
  }

  async #try(target: MinerTarget, signal: AbortSignal): ReturnType<GpuProver> {
    try {
      return await this.options.prove(target, signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      this.options.log.debug(`uid ${target.uid} has not proven its GPUs: ${reason}`);
      return undefined;
    }
  }
}
