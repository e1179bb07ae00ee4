/**
 * Messages of JSON-RPC 2.0 as Substrate nodes send them: answers, and items of subscriptions.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";

/** The node understood a request and refuses it. */
export class RpcError extends WeftError {
  override name = "RpcError";

  /**
   * @param code of JSON-RPC
   * @param text the node's message, then its data where there is any
   */
  constructor(method: string, readonly code: number, readonly text: string) {
    super(`the chain's node refuses ${method}: ${code}: ${text}`);
  }
}

/** JSON-RPC's code for a method that the node does not have. */
export const METHOD_NOT_FOUND = -32601;

/** The error of an answer. */
export interface AnswerError {
  readonly code: number;
  readonly text: string;
}

/** A message that was understood. */
export type RpcMessage =
  | { readonly kind: "answer"; readonly id: number; readonly result: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly error: AnswerError }
  | { readonly kind: "item"; readonly subscription: string; readonly item: unknown };

const REFUSAL = v.object({
  id: v.number(),
  error: v.object({ code: v.number(), message: v.string(), data: v.optional(v.unknown()) }),
});
const ANSWER = v.object({ id: v.number(), result: v.unknown() });
const ITEM = v.object({
  method: v.string(),
  params: v.object({ subscription: v.union([v.string(), v.number()]), result: v.unknown() }),
});

/** Reads a message; undefined if it is none. */
export function readMessage(data: unknown): RpcMessage | undefined {
  const message = readJson(data);
  const refusal = v.safeParse(REFUSAL, message);
  if (refusal.success) {
    const { id, error } = refusal.output;
    return { kind: "refusal", id, error: { code: error.code, text: errorText(error) } };
  }
  const answer = v.safeParse(ANSWER, message);
  if (answer.success) return { kind: "answer", ...answer.output };
  const item = v.safeParse(ITEM, message);
  if (!item.success) return undefined;
  const { subscription, result } = item.output.params;
  return { kind: "item", subscription: String(subscription), item: result };
}

function readJson(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function errorText({ message, data }: { message: string; data?: unknown }): string {
  if (data === undefined || data === null) return message;
  return `${message}: ${typeof data === "string" ? data : JSON.stringify(data)}`;
}
