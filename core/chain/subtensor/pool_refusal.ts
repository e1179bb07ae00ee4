/**
 * What a transaction pool answers when it does not take a call.
 *
 * Sources: `InvalidTransaction` of Substrate's `sp_runtime::transaction_validity` with its texts, and
 * the error codes of `sc_rpc_api::author`.
 *
 * @module
 */

/** What is wrong with the call, as far as it matters here. */
export type RefusalKind =
  /** Its nonce is used up. */
  | "stale"
  /** The fee cannot be paid. */
  | "payment"
  /** The signature, or the block it names, does not belong to this call and chain. */
  | "badProof"
  /** A number of the runtime's own. */
  | "custom"
  /** Says nothing against the call: known already, banned for a while, outbid, pool full. */
  | "passing"
  | "other";

/** A pool's no. */
export interface PoolRefusal {
  readonly kind: RefusalKind;
  /** Of kind `custom` only. */
  readonly customCode?: number;
  /** The pool already holds this very call. */
  readonly isKnown: boolean;
  /** Code and text as the node gave them. */
  readonly text: string;
}

const INVALID = 1010;
const ALREADY_IMPORTED = 1013;
/** Temporarily banned, already imported, too low priority, immediately dropped. */
const PASSING_CODES: ReadonlySet<number> = new Set([1012, ALREADY_IMPORTED, 1014, 1016]);

/** Texts of a node, and the names that chopsticks gives in their place. */
const INVALID_TEXTS: readonly (readonly [RefusalKind, RegExp])[] = [
  ["custom", /Custom error: (\d+)|"custom":(\d+)/],
  ["stale", /outdated|"stale"/],
  ["payment", /pay some fees|"payment"/],
  ["badProof", /bad signature|"badProof"/],
];

/**
 * Reads a node's refusal.
 *
 * @param code of JSON-RPC
 * @param text message and data together; the library puts the code before it
 */
export function readRefusal(code: number, text: string): PoolRefusal {
  const shown = text.startsWith(`${code}:`) ? text : `${code}: ${text}`;
  const refusal = { isKnown: code === ALREADY_IMPORTED, text: shown };
  if (PASSING_CODES.has(code)) return { ...refusal, kind: "passing" };
  if (code !== INVALID) return { ...refusal, kind: "other" };
  for (const [kind, pattern] of INVALID_TEXTS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    return kind === "custom"
      ? { ...refusal, kind, customCode: Number(match[1] ?? match[2]) }
      : { ...refusal, kind };
  }
  return { ...refusal, kind: "other" };
}
