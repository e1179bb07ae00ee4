/**
 * The status of a search as hashcat shows it.
 *
 * @module
 */

import type { HashMode } from "../../core/hash/modes.ts";
import { formatSpeed, speedLine } from "./speed.ts";
import type { TallySums } from "./tally.ts";
import { formatDuration } from "../units.ts";

/** How a command stands, in hashcat's words. */
export type StatusWord = "Running" | "Cracked" | "Exhausted" | "Aborted" | "Aborted (Runtime)";

/** What does not change while a command runs. */
export interface SearchFacts {
  readonly mode: HashMode;
  /** The hash's line, or what names several. */
  readonly target: string;
  readonly mask: string;
  /** Bytes of a candidate. */
  readonly length: number;
  /** Charsets of `?1` to `?4`, undefined where not given. */
  readonly charsets: readonly (string | undefined)[];
  /** Hashes in all, those that a potfile has answered included. */
  readonly hashes: number;
  readonly startedAt: Date;
}

/** What changes. */
export interface SearchState extends TallySums {
  readonly word: StatusWord;
  readonly recovered: number;
  readonly device: string | undefined;
}

/** hashcat's longest target; of a longer one it shows the beginning and the end. */
const TARGET = { length: 62, head: 53, tail: 6 };

/** The block that hashcat shows on `s`, with `--status` and at the end. */
export function statusLines(facts: SearchFacts, state: SearchState): string[] {
  const { mode, startedAt } = facts;
  const endsAt = new Date(startedAt.getTime() + state.elapsedMs + state.leftMs);
  const isOver = state.word !== "Running";
  const estimated: [string, string] = [
    "Time.Estimated",
    Number.isFinite(state.leftMs)
      ? `${dateText(endsAt)}, (${formatDuration(state.leftMs / 1000)})`
      : "unknown",
  ];
  const { tried, total, recovered } = state;
  const before: [string, string][] = [
    ["Status", state.word],
    ["Hash.Mode", `${mode.number} (${mode.name})`],
    ["Hash.Target", targetText(facts.target)],
    ["Time.Started", `${dateText(startedAt)}, (${formatElapsed(state.elapsedMs)})`],
    ...isOver ? [] : [estimated],
    ["Guess.Mask", `${facts.mask} [${facts.length}]`],
    ["Guess.Charset", charsetText(facts.charsets)],
  ];
  const after: [string, string][] = [
    ["Recovered", `${recovered}/${facts.hashes} ${percent(BigInt(recovered), facts.hashes)}`],
    ["Progress", `${tried}/${total} ${percent(tried, total)}`],
  ];
  return [...before.map(statusLine), speedLine(state), ...after.map(statusLine)];
}

/** The line at the bottom of a terminal. */
export function liveLine(facts: SearchFacts, state: SearchState): string {
  const { tried, total, rate, leftMs, recovered } = state;
  const parts = [
    `${percent(tried, total).slice(1, -1)} of ${total}`,
    rate > 0 ? formatSpeed(rate).trim() : undefined,
    `${formatDuration(leftMs / 1000)} left`,
    facts.hashes > 1 ? `${recovered} of ${facts.hashes} hashes cracked` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join("  ");
}

function statusLine([label, value]: [string, string]): string {
  return `${label.padEnd(17, ".")}: ${value}`;
}

/** `Mon Nov 23 00:00:08 2026`, local time. */
function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return "later than a calendar has days";
  const [day, month, number, year] = date.toDateString().split(" ");
  return `${day} ${month} ${number} ${date.toTimeString().slice(0, 8)} ${year}`;
}

/** Short searches are what this is for: hashcat's whole seconds would all be 0. */
function formatElapsed(elapsedMs: number): string {
  return elapsedMs < 10_000
    ? `${(elapsedMs / 1000).toFixed(2)} s`
    : formatDuration(elapsedMs / 1000);
}

/** A hash's line in a width for people. */
export function targetText(target: string): string {
  if (target.length <= TARGET.length) return target;
  return `${target.slice(0, TARGET.head)}...${target.slice(-TARGET.tail)}`;
}

function charsetText(charsets: readonly (string | undefined)[]): string {
  return charsets.map((charset, at) => `-${at + 1} ${charset ?? "Undefined"}`).join(", ");
}

/** `(46.08%)`. Rounded down, so that nothing is at 100% before its end. */
function percent(part: bigint, whole: bigint | number): string {
  const of = BigInt(whole);
  return `(${(of === 0n ? 0 : Number(part * 10_000n / of) / 100).toFixed(2)}%)`;
}
