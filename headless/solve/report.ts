/**
 * What a person or a program sees of a search.
 *
 * stdout has a line `HASH:PASSWORD` or `HASH:SALT:PASSWORD` for each password, stderr all else. With
 * `--json` stdout has an object a line instead, told apart by `event`:
 *
 * - `started`: mode, name, mask, keyspace, hashes
 * - `status`, with `--status`: status, recovered, hashes, tried, total, elapsedMs, rate, leftMs
 * - `cracked`: hash, salt, password as hashcat writes it, hex (its bytes), then either
 *   `fromPotfile: true` or tried, total, elapsedMs, rate, waitedMs, variant, device
 * - `exhausted`: hash, salt, tried, total, elapsedMs, rate, waitedMs, variant, device
 * - `aborted`: hash, salt, reason (`signal` or `runtime`), tried, total, elapsedMs, rate, waitedMs
 *
 * All counts are JSON numbers, rounded above 2^53; a rate is in candidates a second; what is not
 * known, such as a salt in a mode without, is left out.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { candidateText, type HashTarget } from "../../core/hash/hash_target.ts";
import type { SearchEngine } from "../../core/hash/search_engine.ts";
import type { SolveProgress, SolveResult } from "../../core/hash/solver.ts";
import type { Screen } from "../screen.ts";
import type { AbortReason } from "./limit.ts";
import {
  liveLine,
  type SearchFacts,
  type SearchState,
  statusLines,
  type StatusWord,
  targetText,
} from "./status.ts";
import type { Tally } from "./tally.ts";

/** Between two looks of the line at the bottom of a terminal. */
const REWRITE_MS = 200;

const WORDS = { cracked: "Cracked", exhausted: "Exhausted", aborted: "Aborted" } as const;

/** How much is shown, and in what form. */
export interface ReportStyle {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** The result of a search that found its password. */
export type CrackedResult = SolveResult & { readonly password: Uint8Array<ArrayBuffer> };

/** Shows the searches of one command. */
export class SolveReport {
  #recovered = 0;
  #exhausted = 0;
  #abortReason: AbortReason | undefined;
  #device: string | undefined;
  #shownAtMs = -Infinity;

  constructor(
    readonly screen: Screen,
    readonly style: ReportStyle,
    readonly tally: Tally,
    readonly facts: SearchFacts,
  ) {}

  start(keyspace: bigint): void {
    const { mode: { number: mode, name }, mask, hashes } = this.facts;
    this.#event("started", { mode, name, mask, keyspace: Number(keyspace), hashes });
  }

  /** Learns what the searches run on. */
  useEngine({ variant, deviceName }: SearchEngine): void {
    this.#device = `${variant}, ${deviceName}`;
  }

  /** Shows a password of the potfile; returns the line for files. */
  known(target: HashTarget, password: Uint8Array): string {
    if (!this.style.quiet) this.screen.message(`in the potfile: ${targetText(target.line)}`);
    return this.#showPassword(target, password, { fromPotfile: true });
  }

  progress(target: HashTarget, progress: SolveProgress): void {
    this.tally.progress(target, progress);
    const nowMs = this.tally.nowMs();
    if (this.style.json || this.style.quiet || nowMs - this.#shownAtMs < REWRITE_MS) return;
    this.#shownAtMs = nowMs;
    this.screen.status(liveLine(this.facts, this.#state("Running")));
  }

  /** A report while the searches run. */
  status(): void {
    const state = this.#state("Running");
    if (!this.style.json) return this.#showBlock(state);
    const { word: status, recovered, leftMs } = state;
    const left = Number.isFinite(leftMs) ? { leftMs: Math.round(leftMs) } : {};
    const fields = { ...progressFields(state), ...left };
    this.#event("status", { status, recovered, hashes: this.facts.hashes, ...fields });
  }

  /** Shows a password that was found; returns the line for files. */
  cracked(target: HashTarget, result: CrackedResult, engine: SearchEngine): string {
    this.tally.finish(target, result);
    this.useEngine(engine);
    const fields = { ...resultFields(result), ...engineFields(engine) };
    return this.#showPassword(target, result.password, fields);
  }

  exhausted(target: HashTarget, result: SolveResult, engine: SearchEngine): void {
    this.tally.finish(target, result);
    this.useEngine(engine);
    this.#exhausted += 1;
    const fields = { ...resultFields(result), ...engineFields(engine) };
    this.#event("exhausted", { ...hashFields(target), ...fields });
  }

  aborted(target: HashTarget, result: SolveResult, reason: AbortReason): void {
    this.tally.finish(target, result);
    this.#abortReason = reason;
    this.#event("aborted", { ...hashFields(target), reason, ...resultFields(result) });
  }

  /** Shows the last words and says how it ended. */
  end(): "cracked" | "exhausted" | "aborted" {
    this.screen.endStatus();
    const outcome = this.#abortReason ? "aborted" : this.#exhausted > 0 ? "exhausted" : "cracked";
    if (!this.style.json && !this.style.quiet) {
      const isLate = this.#abortReason === "runtime";
      this.#showBlock(this.#state(isLate ? "Aborted (Runtime)" : WORDS[outcome]));
    }
    return outcome;
  }

  #showPassword(target: HashTarget, password: Uint8Array, fields: object): string {
    this.#recovered += 1;
    const text = candidateText(password);
    const line = `${target.line}:${text}`;
    if (!this.style.json) this.screen.print(line);
    const found = { ...hashFields(target), password: text, hex: bytesToHex(password) };
    this.#event("cracked", { ...found, ...fields });
    return line;
  }

  #state(word: StatusWord): SearchState {
    return {
      ...this.tally.sums(),
      word,
      recovered: this.#recovered,
      device: this.#device,
    };
  }

  #showBlock(state: SearchState): void {
    this.screen.message(`\n${statusLines(this.facts, state).join("\n")}\n`);
  }

  #event(event: string, fields: object): void {
    if (this.style.json) this.screen.printJson({ event, ...fields });
  }
}

function engineFields({ variant, deviceName }: SearchEngine): { variant: string; device: string } {
  return { variant, device: deviceName };
}

function hashFields({ line }: HashTarget): { hash: string; salt?: string } {
  const colon = line.indexOf(":");
  return colon < 0 ? { hash: line } : { hash: line.slice(0, colon), salt: line.slice(colon + 1) };
}

type ProgressFields = Record<"tried" | "total" | "elapsedMs" | "rate", number>;

function progressFields({ tried, total, elapsedMs, rate }: SolveProgress): ProgressFields {
  return {
    tried: Number(tried),
    total: Number(total),
    elapsedMs: Math.round(elapsedMs),
    rate: Math.round(rate),
  };
}

function resultFields(result: SolveResult): ProgressFields & { waitedMs: number } {
  return { ...progressFields(result), waitedMs: Math.round(result.waitedMs) };
}
