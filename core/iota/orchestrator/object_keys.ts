/**
 * Names of the objects that miners put into the store, and how large each may be.
 *
 * Source: macrocosm-os/iota @ 56aee24, `miner/miner.py`, `settings.py`.
 *
 * @module
 */

import { Direction } from "../api/schemas.ts";
import type { SizeBounds } from "../store/object_store.ts";

/** `activations/{uid}/{layer}/{direction}/{name}.pt` */
export interface ActivationKey {
  readonly uid: string;
  readonly layer: number;
  readonly direction: Direction;
  readonly name: string;
}

const UID = /^[A-Za-z0-9_-]{1,64}$/;
const LAYER = /^(0|[1-9]\d{0,3})$/;
const OWNED = /^(weights|optimizer_state|metadata\/(?:weights|optimizer_state))\/([^/]+)\/./;

/** Smallest and largest activation in bytes. */
export const ACTIVATION_BOUNDS: SizeBounds = { minBytes: 100, maxBytes: 1_000_000_000 };
const WEIGHTS_BOUNDS: SizeBounds = { minBytes: 1, maxBytes: 16_000_000_000 };
const METADATA_BOUNDS: SizeBounds = { minBytes: 1, maxBytes: 64_000_000 };

/** Whether a text may be the uid of an activation. */
export function isActivationUid(text: string): boolean {
  return UID.test(text);
}

/** Undefined if the key is not of an activation. */
export function parseActivationKey(key: string): ActivationKey | undefined {
  const [root, uid, layer, direction, file, ...more] = key.split("/");
  if (root !== "activations" || more.length > 0 || !file?.endsWith(".pt")) return undefined;
  const known = Direction.options.find((each) => each === direction);
  const name = file.slice(0, -".pt".length);
  if (!known || !UID.test(uid) || !LAYER.test(layer) || !UID.test(name)) return undefined;
  return { uid, layer: Number(layer), direction: known, name };
}

/** The opposite of {@linkcode parseActivationKey}. */
export function activationKey({ uid, layer, direction, name }: ActivationKey): string {
  return `activations/${uid}/${layer}/${direction}/${name}.pt`;
}

/** Whose weights, optimizer state or metadata a key is for; undefined for any other key. */
export function ownerOfKey(key: string): string | undefined {
  return OWNED.exec(key)?.[2];
}

/** How large the object of a key may be. */
export function boundsOfKey(key: string): SizeBounds {
  if (key.startsWith("activations/")) return ACTIVATION_BOUNDS;
  return key.startsWith("metadata/") ? METADATA_BOUNDS : WEIGHTS_BOUNDS;
}
