/**
 * Miners that validators want punished: the published list of them.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/miner_checker.py`, which writes
 * `penalized_hotkeys.json`.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { isAddress } from "../../wallet/address.ts";

/** What a miner did. */
export const PENALTY_CODES = [
  "ALLOCATION_FAILED",
  "ALLOCATION_ERROR",
  "DEALLOCATION_FAILED",
  "SSH_ACCESS_DISABLED",
  "PORT_CLOSED",
] as const;

/** An entry of the list. */
export interface Penalty {
  readonly hotkey: string;
  /** One of {@linkcode PENALTY_CODES}, or of another version's. */
  readonly statusCode: string;
  readonly description: string;
}

const text = v.pipe(v.string(), v.maxLength(1000));
const List = v.pipe(
  v.array(v.object({
    hotkey: v.pipe(v.string(), v.check(isAddress, "an ss58 address is expected")),
    status_code: v.optional(text, ""),
    description: v.optional(text, ""),
  })),
  v.maxLength(65_536),
);

/** Reads a list. @throws {WeftError} if it is none; the message has no file's name */
export function readPenalties(json: string): Penalty[] {
  const read = v.safeParse(List, parsed(json), { abortEarly: true });
  if (!read.success) {
    const [{ message, path }] = read.issues;
    const where = (path ?? []).map(({ key }) => String(key)).join(".");
    throw new WeftError(`it is no list of penalised hotkeys: ${where && `${where}: `}${message}`);
  }
  return read.output.map(({ hotkey, status_code, description }) => {
    return { hotkey, statusCode: status_code, description };
  });
}

/** The list as the published program writes it: each hotkey once, its first entry. */
export function writePenalties(penalties: readonly Penalty[]): string {
  const first = new Map(penalties.toReversed().map((penalty) => [penalty.hotkey, penalty]));
  const list = penalties.filter((penalty) => first.get(penalty.hotkey) === penalty);
  const entries = list.map(({ hotkey, statusCode, description }) => {
    return { hotkey, status_code: statusCode, description };
  });
  return JSON.stringify(entries, null, 4);
}

/** How many of the lists have each hotkey; one list has it once. */
export function penaltyCounts(
  lists: readonly (readonly Penalty[])[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const list of lists) {
    for (const hotkey of new Set(list.map((penalty) => penalty.hotkey))) {
      counts.set(hotkey, (counts.get(hotkey) ?? 0) + 1);
    }
  }
  return counts;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new WeftError("it is no JSON");
  }
}
