/**
 * Times the programs of a training step, whole and op by op: through the adapter's timestamps, or
 * where it has none by repeating each until a clock can tell.
 *
 * @module
 */
import type { Gpu } from "../../gpu/gpu.ts";
import { Program } from "../../gpu/program.ts";
import { PassTimer } from "../../gpu/timer.ts";
import { median, type NowMs } from "../timing.ts";
import { repeatedMs } from "./repeated.ts";
import { type Op, opsOf, type Phase, timerLabel } from "./ops.ts";

/** Median milliseconds of one run of a phase's op. */
export interface OpTime {
  op: Op;
  ms: number;
}

/** Median milliseconds of one run of a phase. */
export interface PhaseTime {
  phase: Phase;
  /** The program as one pass. */
  ms: number;
  /** Every dispatch as a pass of its own, or repeated on its own. */
  ops: OpTime[];
}

/** Times phases by timestamps, in rounds through all of them in their order. */
export async function profileByTimestamps(
  gpu: Gpu,
  phases: readonly Phase[],
  rounds: number,
): Promise<PhaseTime[]> {
  const timer = new PassTimer(gpu, Math.max(...phases.map(({ dispatches }) => dispatches.length)));
  const samples = phases.map((phase) => ({
    phase,
    whole: [] as number[],
    ops: opsOf(phase.dispatches).map((op) => ({ op, ms: [] as number[] })),
  }));
  for (let round = 0; round < rounds; round++) {
    for (const { phase: { program }, ops } of samples) {
      program.runEach(timer);
      const byLabel = await timer.collect();
      for (const { op, ms } of ops) ms.push(timeOf(byLabel, timerLabel(op)));
    }
    // A loss turns logits into gradients in place: it runs once after each forward.
    for (const { phase: { program }, whole } of samples) {
      program.run(timer);
      whole.push(timeOf(await timer.collect(), program.label));
    }
  }
  timer.destroy();
  return samples.map(({ phase, whole, ops }) => ({
    phase,
    ms: median(whole),
    ops: ops.map(({ op, ms }) => ({ op, ms: median(ms) })),
  }));
}

/** Times phases and ops by repeating each and waiting for the last. */
export async function profileByWaiting(
  gpu: Gpu,
  phases: readonly Phase[],
  rounds: number,
  nowMs: NowMs,
): Promise<PhaseTime[]> {
  const times: PhaseTime[] = [];
  for (const phase of phases) {
    const ops: OpTime[] = [];
    for (const op of opsOf(phase.dispatches)) {
      const program = await Program.prepare(gpu, op.label, op.dispatches);
      ops.push({ op, ms: await repeatedMs(program, rounds, nowMs) });
      program.destroy();
    }
    times.push({ phase, ms: await repeatedMs(phase.program, rounds, nowMs), ops });
  }
  return times;
}

function timeOf(byLabel: ReadonlyMap<string, number>, label: string): number {
  const ms = byLabel.get(label);
  if (ms === undefined) throw new Error(`the timer did not tell the time of "${label}"`);
  return ms;
}
