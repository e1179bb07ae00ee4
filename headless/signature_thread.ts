/**
 * A thread that checks signatures; `signature_threads.ts` starts it.
 *
 * @module
 */

import * as v from "valibot";
import { readyKeys } from "../core/wallet/ready.ts";
import { verifyMessage } from "../core/wallet/verify.ts";

/** The line to whoever started this thread; Deno's types know only the main thread. */
declare const self: Worker;

/** Message, signature and address of each check. */
const Checks = v.array(v.tuple([v.instance(Uint8Array), v.instance(Uint8Array), v.string()]));

self.addEventListener("message", async ({ data }: MessageEvent<unknown>) => {
  await readyKeys();
  self.postMessage(v.parse(Checks, data).map((check) => verifyMessage(...check)));
});
