/**
 * Where activations and gradients wait between stages.
 *
 * @module
 */

/** Bytes by path. Remotely this is object storage behind presigned URLs. */
export interface ActivationStore {
  put(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * Gives the bytes.
   * @throws {RangeError} if there are none.
   */
  get(path: string): Promise<Uint8Array>;
  /** Forgets the bytes; nothing happens if there are none. */
  remove(path: string): Promise<void>;
}

/** A store for stages of one process. */
export class MemoryStore implements ActivationStore {
  readonly #blobs = new Map<string, Uint8Array>();

  put(path: string, bytes: Uint8Array): Promise<void> {
    this.#blobs.set(path, bytes);
    return Promise.resolve();
  }

  get(path: string): Promise<Uint8Array> {
    const bytes = this.#blobs.get(path);
    if (!bytes) return Promise.reject(new RangeError(`nothing is stored under ${path}`));
    return Promise.resolve(bytes);
  }

  remove(path: string): Promise<void> {
    this.#blobs.delete(path);
    return Promise.resolve();
  }

  /** Activations that are waiting. */
  get size(): number {
    return this.#blobs.size;
  }
}
