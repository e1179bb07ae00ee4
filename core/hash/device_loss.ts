/**
 * The loss of a device, told to all that wait for it.
 *
 * @module
 */
import type { Gpu } from "../gpu/gpu.ts";
import { EngineLostError } from "./search_engine.ts";

/** Fails what waits for a device when the device is lost: not every driver does. */
export class LossOf {
  readonly #waiting = new Set<(error: EngineLostError) => void>();
  #error: EngineLostError | undefined;

  constructor(gpu: Gpu) {
    gpu.whenLost().then((reason) => {
      this.#error = new EngineLostError(`${gpu.adapterName} was lost: ${reason}`);
      for (const fail of this.#waiting) fail(this.#error);
    });
  }

  /** The promise, or a failure that says the device is lost: a read fails for no other reason. */
  async guard<T>(promise: Promise<T>): Promise<T> {
    const { promise: guarded, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.add(reject);
    promise.then(
      resolve,
      (cause: unknown) => reject(new EngineLostError(String(cause), { cause })),
    );
    if (this.#error) reject(this.#error);
    try {
      return await guarded;
    } finally {
      this.#waiting.delete(reject);
    }
  }
}
