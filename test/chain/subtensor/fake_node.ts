/**
 * A node with a chain of its own behind it, and a clock that moves both. The chain goes on while the
 * node is away, as chains do.
 *
 * @module
 */

import type { Clock } from "../../../core/host.ts";
import type { PoolRefusal } from "../../../core/chain/subtensor/pool_refusal.ts";
import type {
  BlockRef,
  CallOutcome,
  CallStatus,
  Draft,
  HandedIn,
  Inclusion,
} from "../../../core/chain/subtensor/submission.ts";
import type { DraftingNode } from "../../../core/chain/subtensor/submit.ts";

/** One block takes so long. */
export const BLOCK_MS = 12_000;
/** Blocks for which a call is valid. */
export const PERIOD = 128;
/** The head when a test starts. */
export const START = 1000;
const TURNS = 20;

/** A clock that only sleeping moves; what is due happens on the way. */
export class ScriptedClock implements Clock {
  #nowMs = 0;
  #due: { readonly atMs: number; readonly action: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  /** Has something happen once, so long from now. */
  after(delayMs: number, action: () => void): void {
    this.#due.push({ atMs: this.#nowMs + delayMs, action });
    this.#due.sort((a, b) => a.atMs - b.atMs);
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    while (!signal?.aborted && this.#due.length > 0 && this.#due[0].atMs <= endMs) {
      const { atMs, action } = this.#due[0];
      this.#due.shift();
      this.#nowMs = Math.max(this.#nowMs, atMs);
      action();
    }
    if (!signal?.aborted) this.#nowMs = Math.max(this.#nowMs, endMs);
    for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
  }
}

/** A block, and the nonce of the one account after it. */
interface FakeBlock extends BlockRef {
  readonly extrinsics: readonly string[];
  readonly nonce: number;
}

/** How a node treats a call that is handed in. */
export type HandInFault =
  /** The connection goes before the call has arrived ... */
  | "cut before"
  /** ... or when it has, before the answer. */
  | "cut after"
  | PoolRefusal;

/** A refusal as tests need it. */
export function refusal(kind: PoolRefusal["kind"], text: string, isKnown = false): PoolRefusal {
  return { kind, text, isKnown };
}

/** See the module. Calls are strings; so are extrinsics: `0x` call, nonce and signature. */
export class FakeNode implements DraftingNode<string> {
  readonly clock = new ScriptedClock();
  /** Everything that was handed in, in order, refused or not. */
  readonly handedIn: string[] = [];
  /** Calls that some pool holds. */
  readonly pool = new Set<string>();
  /** What happens to the calls handed in first, second ...; nothing beyond the list. */
  faults: (HandInFault | undefined)[] = [];
  /** Blocks between the head and the final one. */
  finalLag = 2;
  /** Blocks do not take calls from the pool. */
  isFull = false;
  isStanding = false;
  /** What became of each call. */
  outcome: CallOutcome = { failure: undefined, feeRao: 7n, uid: undefined };
  /** Reads of outcomes that fail before one works. */
  outcomeFaults = 0;
  /** How long the node is awaited before that is given up. */
  patienceMs = 20_000;
  /** Answers a question for the final head in place of the chain. */
  foreignFinal: BlockRef & { readonly nonce: number } | undefined;

  #chain: FakeBlock[] = [{ number: START, hash: "0x1000", extrinsics: [], nonce: 4 }];
  #isUp = true;
  #forks = 0;
  readonly #watchers = new Map<(status: CallStatus) => void, string>();

  constructor() {
    const next = (): void => {
      if (!this.isStanding) this.makeBlock();
      this.clock.after(BLOCK_MS, next);
    };
    this.clock.after(BLOCK_MS, next);
  }

  /** How often the chain has executed calls of a text. */
  executions(call: string): number {
    return this.#chain.flatMap((block) => block.extrinsics)
      .filter((bytes) => bytes.startsWith(`0x${call} `)).length;
  }

  makeBlock(): void {
    const last = this.#last();
    const number = last.number + 1;
    const extrinsics: string[] = [];
    let nonce = last.nonce;
    for (const bytes of this.isFull ? [] : this.pool) {
      const [, ofCall, , death] = bytes.split(" ").map(Number);
      if (number < death && ofCall === nonce) {
        extrinsics.push(bytes);
        nonce += 1;
      }
      if (ofCall < nonce) this.pool.delete(bytes);
    }
    this.#chain.push({ number, hash: `0x${this.#forks}${number}`, extrinsics, nonce });
    for (const bytes of extrinsics) this.say("inBlock", bytes);
    const final = this.#chain.at(-1 - this.finalLag);
    for (const bytes of final?.extrinsics ?? []) this.say("finalized", bytes);
  }

  /** Replaces the newest blocks by nothing; their calls return to the pool. */
  reorganize(blocks: number): void {
    this.#forks += 1;
    for (const { extrinsics } of this.#chain.splice(-blocks)) {
      for (const bytes of extrinsics) {
        this.pool.add(bytes);
        this.say("retracted", bytes);
      }
    }
  }

  /** Another program signs with the same account. */
  usurp(): void {
    const last = this.#last();
    this.#chain[this.#chain.length - 1] = { ...last, nonce: last.nonce + 1 };
    for (const bytes of this.pool) this.say("usurped", bytes);
    this.pool.clear();
  }

  /** Statuses, as the node would send them. */
  say(status: CallStatus, bytes?: string): void {
    if (!this.#isUp) return;
    for (const [watcher, watched] of this.#watchers) {
      if (bytes === undefined || watched === bytes) watcher(status);
    }
  }

  /** Cuts the connection; it comes back after a while, or never. */
  cut(downMs = Infinity): void {
    this.say("lost");
    this.#watchers.clear();
    this.#isUp = false;
    if (downMs < Infinity) this.clock.after(downMs, () => this.#isUp = true);
  }

  async ready(): Promise<void> {
    const endMs = this.clock.nowMs() + this.patienceMs;
    while (!this.#isUp) {
      if (this.clock.nowMs() >= endMs) throw new Error("the endpoint does not answer");
      await this.clock.sleep(1000);
    }
  }

  draft(call: string, address: string): Promise<Draft> {
    const nonce = this.#last().nonce + this.pool.size;
    const birthBlock = this.#chain[Math.max(0, this.#chain.length - 1 - this.finalLag)].number;
    const deathBlock = birthBlock + PERIOD;
    return this.#answer(() => ({
      signingBytes: new TextEncoder().encode(`${call} ${nonce}`),
      payloadJson: { call, nonce },
      complete: (signature) => {
        const bytes = `0x${call} ${nonce} ${birthBlock} ${deathBlock} ${signature.join("")}`;
        return { bytes, hash: `hash of ${call}`, address, nonce, birthBlock, deathBlock };
      },
    }));
  }

  handIn(bytes: string, onStatus: (status: CallStatus) => void): Promise<HandedIn> {
    if (!this.#isUp) return this.#answer(() => ({ stop: () => {} }));
    this.handedIn.push(bytes);
    const fault = this.faults.shift();
    if (typeof fault === "object") return Promise.resolve({ refusal: fault });
    if (fault !== "cut before") this.pool.add(bytes);
    if (fault !== undefined) this.cut(5_000);
    return this.#answer(() => {
      this.#watchers.set(onStatus, bytes);
      onStatus("waiting");
      return { stop: () => this.#watchers.delete(onStatus) };
    });
  }

  head(): Promise<BlockRef> {
    return this.#answer(() => this.#last());
  }

  finalizedHead(): Promise<BlockRef> {
    return this.#answer(() =>
      this.foreignFinal ?? this.#chain[Math.max(0, this.#chain.length - 1 - this.finalLag)]
    );
  }

  blockHashAt(blockNumber: number): Promise<string> {
    return this.#answer(() => this.#block((block) => block.number === blockNumber).hash);
  }

  extrinsicsOf(blockHash: string): Promise<readonly string[]> {
    return this.#answer(() => this.#block((block) => block.hash === blockHash).extrinsics);
  }

  nonceAt(blockHash: string): Promise<number> {
    return this.#answer(() =>
      blockHash === this.foreignFinal?.hash
        ? this.foreignFinal.nonce
        : this.#block((block) => block.hash === blockHash).nonce
    );
  }

  outcomeOf(_inclusion: Inclusion): Promise<CallOutcome> {
    return this.#answer(() => {
      if (this.outcomeFaults-- > 0) throw new Error("state discarded");
      return this.outcome;
    });
  }

  #last(): FakeBlock {
    return this.#chain[this.#chain.length - 1];
  }

  #block(isIt: (block: FakeBlock) => boolean): FakeBlock {
    const block = this.#chain.find(isIt);
    if (block === undefined) throw new Error("no such block");
    return block;
  }

  /** An answer, if the connection stands. */
  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (!this.#isUp) throw new Error("disconnected");
    return answer();
  }
}
