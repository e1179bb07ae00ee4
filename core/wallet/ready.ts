/**
 * Loading the library that signs.
 *
 * `@polkadot/util-crypto` 14 signs in plain JavaScript; its WebAssembly serves the other hashes and
 * some of its versions' signing. Waiting once makes no caller depend on which.
 *
 * @module
 */

import { cryptoWaitReady } from "@polkadot/util-crypto/crypto";
import { WeftError } from "../errors.ts";

let isReady = false;

/**
 * Must be awaited once before any keypair is made; later calls cost nothing.
 *
 * @throws {WeftError} if the platform runs no WebAssembly
 */
export async function readyKeys(): Promise<void> {
  if (isReady) return;
  if (!await cryptoWaitReady()) {
    throw new WeftError("The library that signs did not start: this platform runs no WebAssembly.");
  }
  isReady = true;
}

/** @throws {Error} if `readyKeys` was not awaited, which is a fault of the program */
export function assertKeysReady(): void {
  if (!isReady) throw new Error("await readyKeys() before the first keypair is made");
}
