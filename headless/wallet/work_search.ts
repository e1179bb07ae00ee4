/**
 * Searches for work until a hotkey is registered. Work is for one block and good for a short while,
 * so the search moves on with the chain; it costs nothing, so work that came too late is no loss.
 *
 * @module
 */

import type { Chain, PowTask } from "../../core/chain/chain.ts";
import type { Receipt } from "../../core/chain/receipt.ts";
import { WeftError } from "../../core/errors.ts";
import { EngineLostError } from "../../core/hash/search_engine.ts";
import type { FoundSeal, SealProgress } from "../../core/hash/seal_search.ts";
import type { RandomBytes } from "../../core/host.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { Screen } from "../screen.ts";
import { formatCount, formatDuration } from "../units.ts";
import { stoppable } from "./chain_session.ts";
import type { SealFinder } from "./seal_finder.ts";
import { sendOnce } from "./send_once.ts";

/** Work counts for this many blocks after its own, the one that it is executed in among them. */
const WORK_BLOCKS = 3;
/** So many blocks on, work that was found now would reach its block too late. */
const REFRESH_BLOCKS = WORK_BLOCKS - 1;
/** Between two looks of the line at the bottom of a terminal. */
const REWRITE_MS = 200;
/** After so many losses of the device in a row it is given up. */
const MAX_LOSSES = 3;

/** What is searched, with what, and who looks on. */
export interface WorkSearchParts {
  readonly chain: Chain;
  readonly finder: SealFinder;
  readonly randomBytes: RandomBytes;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** The hotkey. */
  readonly signer: Signer;
  readonly netuid: number;
  readonly coldkey: string;
  /** The command that shows whether it was registered. */
  readonly lookCommand: string;
}

/** Work that was found. */
interface Work extends FoundSeal {
  readonly blockNumber: number;
}

/**
 * What there is to solve now.
 *
 * @throws {WeftError} if the chain takes no work for this subnet
 */
export async function requireWorkTask(chain: Chain, netuid: number): Promise<PowTask> {
  const task = await chain.powTask(netuid);
  if (task) return task;
  throw new WeftError(
    `this chain takes no work for registrations on subnet ${netuid}: leave --pow out, and pay the ` +
      "price in TAO",
  );
}

/** One registration. */
export class WorkSearch {
  readonly #parts: WorkSearchParts;
  #losses = 0;
  #shownAtMs = -Infinity;

  constructor(parts: WorkSearchParts) {
    this.#parts = parts;
  }

  /**
   * Searches and registers.
   *
   * @throws {StoppedError} if the user stops it before anything was sent
   * @throws {WeftError} as the chain refuses; of a call whose end is not known, how to look
   */
  async run(): Promise<Receipt> {
    const { screen, signal } = this.#parts;
    while (true) {
      const work = await this.#find();
      try {
        return await this.#register(work);
      } catch (error) {
        if (signal.aborted || !await this.#isTooOld(work)) throw error;
        screen.message("the work came too late; searching again");
      }
    }
  }

  /** Whether the chain can no longer take this work, and has not taken it. */
  async #isTooOld({ blockNumber }: Work): Promise<boolean> {
    const { chain, netuid, signer } = this.#parts;
    try {
      const { number } = await chain.head();
      if (number - blockNumber < WORK_BLOCKS) return false;
      return await chain.uidOf(netuid, signer.address) === undefined;
    } catch {
      return false;
    }
  }

  #register({ blockNumber, nonce, seal: work }: Work): Promise<Receipt> {
    const { chain, signer, netuid, coldkey } = this.#parts;
    const registration = { netuid, coldkey, blockNumber, nonce, work };
    return sendOnce({
      ...this.#parts,
      send: (options) => chain.powRegister(signer, registration, options),
    });
  }

  async #find(): Promise<Work> {
    const { chain, netuid, signal } = this.#parts;
    while (true) {
      const task = await stoppable(signal, requireWorkTask(chain, netuid));
      const found = await this.#findFor(task);
      if (found) return { ...found, blockNumber: task.blockNumber };
    }
  }

  /** Undefined once the task's block is too old, or when the device was lost. */
  async #findFor(task: PowTask): Promise<FoundSeal | undefined> {
    const { chain, screen, signal } = this.#parts;
    const tooOld = new AbortController();
    const unwatch = await stoppable(
      signal,
      chain.watchHead((blockNumber) => {
        if (blockNumber - task.blockNumber >= REFRESH_BLOCKS) tooOld.abort();
      }),
    );
    try {
      return await this.#search(task, AbortSignal.any([signal, tooOld.signal]));
    } catch (error) {
      this.#countLoss(error);
      return undefined;
    } finally {
      unwatch();
      screen.endStatus();
    }
  }

  async #search(task: PowTask, signal: AbortSignal): Promise<FoundSeal | undefined> {
    const { finder, randomBytes, signer: { publicKey } } = this.#parts;
    // Elsewhere each time, so that several machines with one hotkey do not try the same.
    const startNonce = new DataView(randomBytes(8).buffer).getBigUint64(0);
    const found = await finder.search({ ...task, publicKey, startNonce }, {
      signal,
      onProgress: (progress) => this.#showProgress(task, progress),
    });
    this.#losses = 0;
    return found;
  }

  /** Lets a few losses of the device pass; rethrows all other errors. */
  #countLoss(error: unknown): void {
    if (!(error instanceof EngineLostError)) throw error;
    this.#losses += 1;
    if (this.#losses >= MAX_LOSSES) {
      throw new WeftError(
        `the device was lost ${this.#losses} times in a row (${error.message}): see the system's ` +
          "log, or try the other --gpu.backend",
        { cause: error },
      );
    }
    this.#parts.screen.message(`the device was lost (${error.message}); opening it again`);
  }

  #showProgress({ blockNumber, difficulty }: PowTask, { tried, perSecond }: SealProgress): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownAtMs < REWRITE_MS) return;
    this.#shownAtMs = nowMs;
    const expected = formatDuration(Number(difficulty) / perSecond);
    this.#parts.screen.status(
      `block ${blockNumber}: ${formatCount(Number(tried))} seals tried, ` +
        `${formatCount(perSecond)}/s, one in ${expected} is expected`,
    );
  }
}
