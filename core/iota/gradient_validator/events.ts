/**
 * What a gradient validator tells of its work.
 *
 * Source of the first event's fields: macrocosm-os/iota @ 56aee24, `ValidationEvent` of
 * `storage/serializers.py`.
 *
 * @module
 */

import type { Direction } from "../api/schemas.ts";
import type { Likeness } from "./comparison.ts";
import type { Verdict } from "./verdict.ts";

/** A piece of a miner's work was looked at. */
export interface ValidationEvent extends Verdict {
  readonly kind: "validation";
  readonly event: "activation" | "optimizer" | "weights";
  readonly unixMs: number;
  readonly hotkey: string;
  readonly layer: number;
  /** Of an activation, else null. */
  readonly direction: Direction | null;
  readonly uid: string | null;
  /** What the verdict rests on; null where nothing was compared. */
  readonly likeness: Likeness | null;
  /** What went wrong, in one line; null if nothing did. */
  readonly problem: string | null;
}

/** Everything that is told. */
export type ValidatorEvent =
  | ValidationEvent
  | { readonly kind: "registered"; readonly unixMs: number; readonly version: string | null }
  | {
    readonly kind: "tracking";
    readonly unixMs: number;
    readonly hotkey: string;
    readonly layer: number;
  }
  | {
    readonly kind: "scores";
    readonly unixMs: number;
    readonly scores: Readonly<Record<string, number>>;
  }
  | { readonly kind: "weights set"; readonly unixMs: number; readonly uids: readonly number[] };
