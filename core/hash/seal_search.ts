/**
 * The search for a seal that pays for a registration.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import { type OpenSealEngine, openSealEngine, type SealHost } from "./open_seal_engine.ts";
import type { SealEndianness } from "../formats/registration_seal.ts";
import { type FoundSeal, type SealProgress, SealRun, type SealTask } from "./seal_run.ts";
import { EngineLostError } from "./search_engine.ts";
import { SliceRate } from "./slice_rate.ts";

export type { FoundSeal, SealProgress, SealTask } from "./seal_run.ts";

/** How a search is watched and stopped. */
export interface SealSearchOptions {
  /** Ends the search at once; the device is free again some batches of 20 ms later. */
  readonly signal?: AbortSignal;
  /** Called after each batch, some ten milliseconds apart. */
  readonly onProgress?: (progress: SealProgress) => void;
}

/** Length of a batch; as of the password search's slices, two are on their way at a time. */
const BATCH_MS = 20;

/** An engine, and how fast it turned out to be. */
interface Opened extends OpenSealEngine {
  readonly measured: SliceRate;
}

/**
 * Searches on this machine's GPU. Opening it and compiling the kernel takes its time once; another
 * search, for a newer block, starts at once.
 */
export class SealSearch {
  readonly #closing = new AbortController();
  #opened: Promise<Opened> | undefined;

  /** @param open how the engine is opened, now and again after a loss of the device */
  constructor(
    readonly host: SealHost,
    readonly open: (host: SealHost) => Promise<OpenSealEngine> = openSealEngine,
  ) {}

  /**
   * Opens and compiles what a search needs, so that the next one starts at once.
   * @throws {WeftError} if there is no GPU
   */
  async warmUp(endianness: SealEndianness): Promise<void> {
    const { engine } = await this.#engine();
    await engine.warmUp(endianness);
  }

  /**
   * Tries nonces one after another, from the task's first on, until one meets the difficulty. After
   * the last nonce, 2^64 - 1, comes 0. The chain's own rule is checked on the CPU.
   *
   * @returns undefined when it was stopped
   * @throws {RangeError} if a part of the task has another size than it must have
   * @throws {EngineLostError} if the device is lost; the next search opens it anew
   * @throws {WeftError} if there is no GPU, it computes wrongly, or the search was closed before
   */
  async search(task: SealTask, options: SealSearchOptions = {}): Promise<FoundSeal | undefined> {
    if (this.#closing.signal.aborted) {
      throw new WeftError("the search for seals is closed, it takes no more tasks");
    }
    const { signal, onProgress = (): void => {} } = options;
    const run = new SealRun(task, () => this.host.clock.nowMs(), onProgress);
    const stop = AbortSignal.any([this.#closing.signal, ...signal ? [signal] : []]);
    if (stop.aborted) return undefined;
    const stopped = Promise.withResolvers<undefined>();
    const onAbort = (): void => stopped.resolve(undefined);
    stop.addEventListener("abort", onAbort);
    try {
      return await Promise.race([stopped.promise, this.#finish(run, stop)]);
    } finally {
      stop.removeEventListener("abort", onAbort);
    }
  }

  /** Stops all searches and frees the device. */
  close(): void {
    this.#closing.abort();
    this.#opened?.then((opened) => opened.close(), () => {});
    this.#opened = undefined;
  }

  async #finish(run: SealRun, stop: AbortSignal): Promise<FoundSeal | undefined> {
    const opening = this.#engine();
    try {
      const { engine, measured } = await opening;
      return await run.finish(engine, measured, BATCH_MS, stop);
    } catch (error) {
      if (error instanceof EngineLostError && this.#opened === opening) {
        this.#opened = undefined;
        opening.then((opened) => opened.close(), () => {});
      }
      throw error;
    }
  }

  #engine(): Promise<Opened> {
    if (!this.#opened) {
      const opening = this.open(this.host).then((opened) => ({
        ...opened,
        measured: new SliceRate(opened.rate, BATCH_MS),
      }));
      this.#opened = opening;
      opening.catch(() => {
        if (this.#opened === opening) this.#opened = undefined;
      });
    }
    return this.#opened;
  }
}
