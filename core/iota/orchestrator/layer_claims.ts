/**
 * Layers that were given away a moment ago, so that two who register at once, perhaps in two
 * processes, are not sent to the same one.
 *
 * @module
 */

import * as v from "valibot";
import type { OrchestratorContext } from "./context.ts";
import { changeRecord, readRecord, type RecordKind } from "./records.ts";

const LayerClaim = v.object({ hotkey: v.string(), layer: v.number(), sinceMs: v.number() });
/** A layer that a hotkey is about to work for. */
export type LayerClaim = v.InferOutput<typeof LayerClaim>;

const ClaimsRecord = v.object({ number: v.number(), claims: v.array(LayerClaim) });
const CLAIMS: RecordKind<v.InferOutput<typeof ClaimsRecord>> = {
  prefix: "assignment",
  schema: ClaimsRecord,
};

/** After this time everyone knows by the miners' records. */
const CLAIM_MS = 10_000;
/** In a rush older ones are left out: the balance is then off by a few of many. */
const MAX_CLAIMS = 200;

/** See the module. */
export class LayerClaims {
  readonly #context: OrchestratorContext;
  /** The last claim of this process, whatever becomes of it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: OrchestratorContext) {
    this.#context = context;
  }

  /**
   * Claims a layer.
   *
   * @param choose gets the claims so far; called again if another process claims one meanwhile
   */
  claim(
    hotkey: string,
    choose: (claims: readonly LayerClaim[]) => Promise<number>,
  ): Promise<number> {
    const claimed = this.#last.then(() => this.#claim(hotkey, choose));
    this.#last = claimed.catch(() => {});
    return claimed;
  }

  async #claim(
    hotkey: string,
    choose: (claims: readonly LayerClaim[]) => Promise<number>,
  ): Promise<number> {
    const { state: { records }, wallClock } = this.#context;
    for (;;) {
      const seen = await readRecord(records, CLAIMS, "layers") ?? { number: 0, claims: [] };
      const nowMs = wallClock.unixMs();
      const fresh = seen.claims.filter(({ sinceMs }) => Math.abs(nowMs - sinceMs) < CLAIM_MS);
      const layer = await choose(fresh);
      const others = fresh.filter((claim) => claim.hotkey !== hotkey).slice(1 - MAX_CLAIMS);
      const claims = [...others, { hotkey, layer, sinceMs: nowMs }];
      let isMine = false;
      await changeRecord(records, CLAIMS, "layers", (now) => {
        isMine = (now?.number ?? 0) === seen.number;
        return isMine ? { number: seen.number + 1, claims } : now;
      });
      if (isMine) return layer;
    }
  }
}
