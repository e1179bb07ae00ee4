/**
 * Times a program by repeating it until a clock can tell.
 *
 * @module
 */
import type { Program } from "../../gpu/program.ts";
import { type NowMs, raceMs, type Run, timesForRound } from "../timing.ts";

/** Median milliseconds of one run over some rounds, each long enough and waited for. */
export async function repeatedMs(
  program: Pick<Program, "run" | "gpu">,
  rounds: number,
  nowMs: NowMs,
): Promise<number> {
  const run: Run = async (times) => {
    for (let i = 0; i < times; i++) program.run();
    await program.gpu.idle();
  };
  await run(1);
  const [ms] = await raceMs([{ run, times: await timesForRound(run, nowMs) }], rounds, nowMs);
  return ms;
}
