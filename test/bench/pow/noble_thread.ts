/**
 * A thread that runs the loop over `@noble/hashes`; `noble_peer.ts` starts it.
 *
 * @module
 */
import * as v from "valibot";
import type { SealBatch } from "../../../core/hash/seal_engine.ts";
import { nobleLoop } from "./noble_loop.ts";

const BatchSchema: v.GenericSchema<unknown, SealBatch> = v.object({
  boundHash: v.instance(Uint8Array),
  endianness: v.picklist(["little", "big"]),
  limitWord: v.number(),
  first: v.bigint(),
  count: v.number(),
});

/** The line to whoever started this thread; Deno's types know only the main thread. */
declare const self: Worker;

self.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
  self.postMessage({ found: nobleLoop(v.parse(BatchSchema, data)) });
});
