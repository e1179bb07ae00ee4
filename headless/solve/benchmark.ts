/**
 * `deno task solve --benchmark`: how fast this machine searches, in hashcat's form.
 *
 * @module
 */

import { createTarget } from "../../core/hash/hash_target.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import type { HashMode } from "../../core/hash/modes.ts";
import type { Screen } from "../screen.ts";
import { type Speed, speedLine } from "./speed.ts";
import { deviceText, type OpenSolver } from "./system.ts";

/** The rate is the median over so many runs, each a part of one long search. */
const RUNS = 5;
const RUN_MS = 400;
/** The solver learns the right length of a slice in this time. */
const SETTLE_MS = 400;
/** The compute network's salts have this length. */
const SALT_BYTES = 16;
/** Ten choices a character, as in the compute network's masks; hours of work for any device. */
const KEYSPACE = Keyspace.fromMask("?d".repeat(16));

/** When a slice ended, and what had been tried then. */
export interface Sample {
  readonly elapsedMs: number;
  readonly tried: bigint;
}

/**
 * Measures a mode's own kernel, slice after slice as in any search.
 *
 * @param signal ends it early
 * @returns undefined if it was ended early
 */
export async function measureSpeed(
  { solver, engines, host }: OpenSolver,
  mode: HashMode,
  signal: AbortSignal,
): Promise<Speed | undefined> {
  await solver.warmUp(mode.algorithm);
  const samples: Sample[] = [];
  const salt = new Uint8Array(mode.salt === "none" ? 0 : SALT_BYTES);
  const { outcome } = await solver.solve({
    // No candidate hashes to zeros, as far as anyone knows.
    target: createTarget(mode, new Uint8Array(mode.digestBytes), salt),
    keyspace: KEYSPACE,
    deadlineMs: host.clock.nowMs() + SETTLE_MS + RUNS * RUN_MS,
    signal,
    onProgress: (progress) => samples.push(progress),
  });
  if (outcome === "aborted") return undefined;
  const device = await deviceText(engines, mode.algorithm);
  return { ...medianSpeed(samples, SETTLE_MS, RUNS), device };
}

/**
 * The median speed over runs of equal length.
 *
 * @param samples the end of each slice, in order
 * @param settleMs samples before this are left out, if enough are left then
 */
export function medianSpeed(
  samples: readonly Sample[],
  settleMs: number,
  runs: number,
): Pick<Speed, "rate" | "sliceMs"> {
  const settled = samples.filter(({ elapsedMs }) => elapsedMs >= settleMs);
  const used = settled.length > runs ? settled : [{ elapsedMs: 0, tried: 0n }, ...samples];
  const count = Math.min(runs, used.length - 1);
  if (count === 0) return { rate: 0, sliceMs: NaN };
  const step = (used.length - 1) / count;
  const rates = Array.from({ length: count }, (_, run) => {
    const [from, to] = [used[Math.floor(run * step)], used[Math.floor((run + 1) * step)]];
    return Number(to.tried - from.tried) * 1000 / (to.elapsedMs - from.elapsedMs);
  }).toSorted((x, y) => x - y);
  const [first, last] = [used[0], used[used.length - 1]];
  return {
    rate: rates[Math.floor(count / 2)],
    sliceMs: (last.elapsedMs - first.elapsedMs) / (used.length - 1),
  };
}

/** hashcat's lines of a mode and its speed, with an empty line at the end. */
export function benchmarkText({ number, name }: HashMode, speed: Speed): string {
  const title = `* Hash-Mode ${number} (${name})`;
  const rule = "-".repeat(title.length);
  return [rule, title, rule, "", speedLine(speed), ""].join("\n");
}

/** Measures modes and shows each; returns whether all were measured. */
export async function benchmark(
  opened: OpenSolver,
  modes: readonly HashMode[],
  screen: Screen,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  for (const mode of modes) {
    screen.status(`measuring mode ${mode.number}, ${mode.name}`);
    const speed = await measureSpeed(opened, mode, signal);
    screen.endStatus();
    if (!speed) return false;
    if (!json) {
      screen.print(benchmarkText(mode, speed));
      continue;
    }
    const { variant, deviceName: device } = await opened.engines.engineFor(mode.algorithm);
    const { number, name } = mode;
    const [rate, sliceMs] = [Math.round(speed.rate), Number(speed.sliceMs.toFixed(2))];
    screen.printJson({ event: "benchmark", mode: number, name, rate, sliceMs, variant, device });
  }
  return true;
}
