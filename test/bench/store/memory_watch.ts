/**
 * Looks at a process's memory every now and then.
 *
 * @module
 */

const SAMPLE_MS = 20;

/** The most memory that this process took. */
export class MemoryWatch {
  #mostBytes: number;
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param memoryBytes what the process takes now */
  constructor(readonly memoryBytes: () => number) {
    this.#mostBytes = memoryBytes();
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  /** Bytes since the last call. */
  take(): number {
    this.#look();
    const most = this.#mostBytes;
    this.#mostBytes = 0;
    return most;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#mostBytes = Math.max(this.#mostBytes, this.memoryBytes());
  }
}
