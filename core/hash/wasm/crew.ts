/**
 * The threads of an engine. Slices are cut into pieces, and a thread that is done with one gets the
 * next: a thread that is held up does not hold up the others.
 *
 * @module
 */
import type { Thread, Threads } from "../../host.ts";
import { EngineLostError, type Suspect } from "../search_engine.ts";
import type { SearchPlan, Slice } from "../search_plan.ts";
import { parseReply, type Reply, type Request } from "./protocol.ts";

/** Pieces of a slice for each thread. */
const PIECES_PER_THREAD = 2;
/** Pieces that a thread holds, so that it goes on while its answer is on its way. */
const PIECES_AHEAD = 2;

interface Worker {
  readonly thread: Thread;
  /** The pieces it holds, in order. */
  readonly pieces: Piece[];
}

/** A part of a slice. */
interface Piece {
  readonly request: Request;
  readonly finish: (suspects: readonly Suspect[]) => void;
}

/** A search that all threads know. */
interface OpenSearch {
  /** Threads that have not yet answered. */
  unopened: number;
  readonly opened: () => void;
  /** Threads that have found their fastest kernel. */
  readonly settled: Set<Worker>;
}

/** All threads of a machine. */
export class Crew {
  readonly #workers: Worker[];
  readonly #waiting: Piece[] = [];
  readonly #searches = new Map<number, OpenSearch>();
  /** Rejects what waits for the threads. */
  readonly #rejects = new Set<(error: EngineLostError) => void>();
  #lastSearch = 0;
  #error: EngineLostError | undefined;

  constructor(threads: Threads) {
    this.#workers = Array.from({ length: threads.count }, () => {
      return { thread: threads.startHashThread(), pieces: [] };
    });
    for (const [index, worker] of this.#workers.entries()) {
      const name = `thread ${index + 1} of ${threads.count}`;
      worker.thread.onError((reason) => this.stop(`${name} died: ${reason}`));
      worker.thread.onMessage((message) => {
        try {
          this.#take(worker, parseReply(message));
        } catch (error) {
          this.stop(`${name} answered what no thread would: ${error}`);
        }
      });
    }
  }

  /**
   * Makes a plan known to all threads, and gives its number.
   * @throws {EngineLostError} if a thread dies
   */
  async open(plan: SearchPlan): Promise<number> {
    const search = ++this.#lastSearch;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#searches.set(search, {
      unopened: this.#workers.length,
      opened: resolve,
      settled: new Set(),
    });
    this.#postAll({ kind: "open", search, plan });
    await this.#orLost(promise);
    return search;
  }

  /**
   * Tries all candidates of a slice, after those of earlier ones.
   * @throws {EngineLostError} if a thread dies
   */
  async run(search: number, { group, first, count }: Slice): Promise<Suspect[]> {
    if (count === 0) return [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const suspects: Suspect[] = [];
    const size = Math.ceil(count / (this.#workers.length * PIECES_PER_THREAD));
    let unfinished = Math.ceil(count / size);
    for (let at = first; at < first + count; at += size) {
      const slice = { group, first: at, count: Math.min(size, first + count - at) };
      const finish = (found: readonly Suspect[]): void => {
        suspects.push(...found);
        unfinished -= 1;
        if (unfinished === 0) resolve();
      };
      this.#waiting.push({ request: { kind: "run", search, slice }, finish });
    }
    this.#deal();
    await this.#orLost(promise);
    return suspects.toSorted((x, y) => x.outer - y.outer || x.innerFirst - y.innerFirst);
  }

  /** Whether every thread has found its fastest kernel for a search. */
  isSettled(search: number): boolean {
    return this.#searches.get(search)?.settled.size === this.#workers.length;
  }

  end(search: number): void {
    this.#searches.delete(search);
    this.#postAll({ kind: "end", search });
  }

  /** Stops the threads; what still waits for them fails with the reason. */
  stop(reason: string): void {
    this.#error ??= new EngineLostError(reason);
    for (const reject of this.#rejects) reject(this.#error);
    for (const { thread } of this.#workers) thread.stop();
  }

  #take(worker: Worker, reply: Reply): void {
    const search = this.#searches.get(reply.search);
    if (reply.kind === "opened") {
      if (search && --search.unopened === 0) search.opened();
      return;
    }
    if (reply.isSettled) search?.settled.add(worker);
    worker.pieces.shift()?.finish(reply.suspects);
    this.#deal();
  }

  /** Gives each thread its next pieces, the idlest first. */
  #deal(): void {
    for (let held = 0; held < PIECES_AHEAD; held++) {
      for (const { thread, pieces } of this.#workers) {
        if (pieces.length > held) continue;
        const piece = this.#waiting.shift();
        if (!piece || this.#error) return;
        pieces.push(piece);
        thread.post(piece.request);
      }
    }
  }

  /** The promise, or a failure once the threads are stopped. */
  async #orLost(promise: Promise<void>): Promise<void> {
    if (this.#error) throw this.#error;
    const { promise: first, resolve, reject } = Promise.withResolvers<void>();
    this.#rejects.add(reject);
    promise.then(resolve);
    await first.finally(() => this.#rejects.delete(reject));
  }

  #postAll(request: Request): void {
    if (this.#error) return;
    for (const { thread } of this.#workers) thread.post(request);
  }
}
