/**
 * What a relay and the tab behind it say to each other over a WebSocket, one JSON text a frame.
 *
 * The relay greets with a nonce; the tab proves with a signature over it that it holds a hotkey, and
 * is welcomed. Then the relay sends requests of validators, and the tab answers them by their ids.
 *
 * @module
 */

import { base64Decode, base64Encode } from "@polkadot/util-crypto/base64";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { isAddress } from "../../wallet/address.ts";

/** A request's body and what is around it, as base64. */
export const MAX_FRAME_LETTERS = 4 * 1024 ** 2;
/** Of a request, and of an answer. */
export const MAX_RELAYED_BYTES = 2 * 1024 ** 2;
const MAX_REASON_LETTERS = 300;
const MAX_HOST_LETTERS = 300;

const base64 = v.pipe(
  v.string(),
  v.regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
);
const bytes = v.pipe(base64, v.transform((text) => new Uint8Array(base64Decode(text))));
const headers = v.record(v.string(), v.string());
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const reason = v.pipe(v.string(), v.maxLength(MAX_REASON_LETTERS));
const place = v.object({
  ip: v.string(),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
});

const FromRelay = v.variant("kind", [
  /** Where validators reach the relay, and what is to be signed. */
  v.object({
    kind: v.literal("hello"),
    axon: place,
    nonce: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  }),
  v.object({ kind: v.literal("welcome") }),
  /** The relay closes after it. A tab may come again unless it is final. */
  v.object({ kind: v.literal("refused"), reason, isFinal: v.boolean() }),
  v.object({
    kind: v.literal("request"),
    id,
    method: v.string(),
    target: v.string(),
    headers,
    body: bytes,
    remoteAddress: v.string(),
  }),
  /** Who asked is gone. */
  v.object({ kind: v.literal("cancel"), id }),
  v.object({ kind: v.literal("ping") }),
]);

const FromTab = v.variant("kind", [
  v.object({
    kind: v.literal("prove"),
    hotkey: v.pipe(v.string(), v.check(isAddress)),
    /** Host of the address that the tab has dialled, with its port. */
    relay: v.pipe(v.string(), v.maxLength(MAX_HOST_LETTERS)),
    /** 64 bytes in hex, of {@linkcode proofText}. */
    signature: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/)),
  }),
  v.object({
    kind: v.literal("answer"),
    id,
    status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
    headers,
    body: bytes,
  }),
  v.object({ kind: v.literal("pong") }),
]);

/** What a relay says. */
export type RelayFrame = v.InferOutput<typeof FromRelay>;
/** What a tab says. */
export type TabFrame = v.InferOutput<typeof FromTab>;

/**
 * What a tab signs: good for this connection alone, and for nothing else that a hotkey signs. It names
 * the relay that was dialled, so that no other one can pass the proof on as its own.
 */
export function proofText(nonce: string, hotkey: string, relay: string): string {
  return `weft relay 1\n${relay}\n${nonce}\n${hotkey}`;
}

/** A frame as text. */
export function writeFrame(frame: RelayFrame | TabFrame): string {
  return JSON.stringify(
    frame,
    (_, value: unknown) => value instanceof Uint8Array ? base64Encode(value) : value,
  );
}

/** @throws {WeftError} if it is none of a relay's */
export function readRelayFrame(data: unknown): RelayFrame {
  return readFrame(FromRelay, data);
}

/** @throws {WeftError} if it is none of a tab's */
export function readTabFrame(data: unknown): TabFrame {
  return readFrame(FromTab, data);
}

function readFrame<Schema extends v.GenericSchema>(
  schema: Schema,
  data: unknown,
): v.InferOutput<Schema> {
  if (typeof data !== "string" || data.length > MAX_FRAME_LETTERS) {
    throw new WeftError(`a frame is a text of at most ${MAX_FRAME_LETTERS} letters`);
  }
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), data, { abortEarly: true });
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw new WeftError(
    `a frame cannot be read: ${v.getDotPath(issue) ?? "the whole"}: expected ` +
      `${issue.expected ?? issue.message}`,
  );
}
