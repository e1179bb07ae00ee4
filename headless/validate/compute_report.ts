/**
 * What `validate compute` prints: a line for each answer, a table for each round.
 *
 * @module
 */

import type { RoundResult } from "../../core/compute/validator/challenge_round.ts";
import type { RoundLine } from "../../core/compute/validator/compute_validator.ts";
import type { ProvenGpu } from "../../core/compute/validator/miner_book.ts";
import { gpuText } from "../../core/compute/validator/miner_specs.ts";
import type { Screen } from "../screen.ts";
import { type Column, tableLines } from "../text_table.ts";

const SHORT_HOTKEY = 8;
const NOTHING = "-";
const COLUMNS: readonly Column[] = [
  { title: "uid", align: "right" },
  { title: "hotkey" },
  { title: "difficulty", align: "right" },
  { title: "time", align: "right" },
  { title: "score", align: "right" },
  { title: "docker" },
  { title: "rented" },
  { title: "GPU", wraps: true },
];

/** See the module. */
export class ComputeReport {
  constructor(readonly screen: Screen, readonly isJson: boolean) {}

  /** An answer to a challenge. */
  result(result: RoundResult & { readonly score: number }): void {
    if (this.isJson) return this.screen.printJson({ kind: "challenge", ...result });
    const { uid, difficulty, success, elapsedS, score, reason } = result;
    const outcome = success ? `${elapsedS.toFixed(2)} s` : `failed: ${reason}`;
    this.screen.print(
      `uid ${`${uid}`.padStart(3)}  difficulty ${`${difficulty}`.padStart(2)}  ` +
        `score ${score.toFixed(4)}  ${outcome}`,
    );
  }

  /** A proof of GPUs that has come to its end. */
  proof(miner: { uid: number; hotkey: string; gpu: ProvenGpu | undefined }): void {
    if (this.isJson) return this.screen.printJson({ kind: "proof", ...miner });
    const { uid, gpu } = miner;
    const what = gpu ? `has proven ${cards(gpu)}` : "has proven no GPU";
    this.screen.print(`uid ${`${uid}`.padStart(3)}  ${what}`);
  }

  /** All miners at the end of a round. */
  round(lines: readonly RoundLine[]): void {
    if (this.isJson) {
      return this.screen.printJson({ kind: "round", miners: lines.map(fieldsOf) });
    }
    if (lines.length === 0) return;
    const rows = lines.map(cellsOf);
    for (const line of tableLines(COLUMNS, rows, this.screen.columns)) this.screen.print(line);
  }
}

function fieldsOf({ uid, hotkey, score, known, result }: RoundLine): Record<string, unknown> {
  const { hasDocker, returnsSpecs, isAllocated, gpu, specs } = known;
  return {
    ...{ uid, hotkey, score, hasDocker, returnsSpecs, isAllocated },
    difficulty: result?.difficulty ?? null,
    success: result?.success ?? null,
    elapsedS: result?.elapsedS ?? null,
    gpu: gpu ?? null,
    toldGpus: specs ? gpuText(specs) : null,
    penalties: known.penalties.count,
  };
}

function cellsOf({ uid, hotkey, score, known, result }: RoundLine): string[] {
  const { gpu, specs, hasDocker, isAllocated } = known;
  const told = specs ? gpuText(specs) : "";
  return [
    `${uid}`,
    hotkey.slice(0, SHORT_HOTKEY),
    result ? `${result.difficulty}` : NOTHING,
    result ? (result.success ? `${result.elapsedS.toFixed(2)} s` : "failed") : NOTHING,
    score.toFixed(4),
    specs ? (hasDocker ? "yes" : "no") : "unknown",
    isAllocated ? "yes" : "no",
    gpu ? cards(gpu) : told === "" ? NOTHING : `${told} (told)`,
  ];
}

function cards({ name, count }: ProvenGpu): string {
  return `${count} x ${name}`;
}
