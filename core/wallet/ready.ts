/**
 * Loading the library that signs: schnorrkel, as WebAssembly.
 *
 * @module
 */

import { bridge, waitReady } from "@polkadot/wasm-crypto";
import { WeftError } from "../errors.ts";

let isReady = false;

/**
 * Must be awaited once before any keypair is made, or a signature checked; later calls cost nothing.
 *
 * @throws {WeftError} if the platform runs no WebAssembly
 */
export async function readyKeys(): Promise<void> {
  if (isReady) return;
  // Without WebAssembly the library takes asm.js, hundreds of times slower.
  if (!await waitReady() || bridge.type !== "wasm") {
    throw new WeftError("The library that signs did not start: this platform runs no WebAssembly.");
  }
  isReady = true;
}

/** @throws {Error} if `readyKeys` was not awaited, which is a fault of the program */
export function assertKeysReady(): void {
  if (!isReady) throw new Error("await readyKeys() before a key is made or a signature checked");
}
