/**
 * A thread that checks signatures; `signature_threads.ts` starts it.
 *
 * @module
 */

import * as v from "valibot";
import { readyKeys } from "../core/wallet/ready.ts";
import { FrequentSigners } from "../core/wallet/frequent_signers.ts";

/** The line to whoever started this thread; Deno's types know only the main thread. */
declare const self: Worker;

/** Message, signature and address of each check. */
const Checks = v.array(v.tuple([v.instance(Uint8Array), v.instance(Uint8Array), v.string()]));

const signers = new FrequentSigners();

self.addEventListener("message", async ({ data }: MessageEvent<unknown>) => {
  await readyKeys();
  self.postMessage(v.parse(Checks, data).map((check) => signers.verifyMessage(...check)));
});
