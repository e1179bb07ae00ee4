/**
 * Password searches as the page shows them.
 *
 * @module
 */

import { benchHashRates, type RatesEvent } from "../../core/bench/hash/hash_rates.ts";
import type { EngineHost } from "../../core/hash/engines.ts";
import { hashMode } from "../../core/hash/modes.ts";
import { operations32 } from "../../core/hash/wasm/operation_count.ts";
import type { BenchEvent } from "./bench_api.ts";

/** The compute network's first, as in the command's table. */
const MODES = [610, 600, 620, 1410, 1400];
/** Two of the network's difficulties: short passwords that fit one block, and its longest. */
const DIFFICULTIES = [8, 12];

/**
 * Measures every mode with every variant that runs here.
 *
 * @throws {WeftError} if an answer is wrong, or nothing can run here
 */
export async function* hashFindings(
  host: EngineHost,
  options: { rounds: number; cores: number; onStatus: (text: string) => void },
): AsyncGenerator<BenchEvent, void> {
  const events = benchHashRates(host, {
    ...{ ...options, variant: "all", difficulties: DIFFICULTIES },
    modes: MODES.map(hashMode),
  });
  let most = 0;
  for (;;) {
    const { done, value } = await events.next();
    if (done) {
      for (const { solver } of value.contenders) await solver.close();
      return;
    }
    if (value.kind === "checked") {
      const { gpu, answers } = value;
      if (gpu) {
        const { adapterName: name, isSoftware } = gpu;
        yield { kind: "adapter", adapter: { name, isSoftware } };
      }
      yield { kind: "checked", text: `${answers} searches found what they had to` };
    } else if (value.kind === "rates") {
      const { boundPerSecond = 0 } = value;
      if (boundPerSecond > most) {
        most = boundPerSecond;
        yield { kind: "bounds", bounds: { operationsPerSecond: most } };
      }
      yield* rateFindings(value);
    }
  }
}

function* rateFindings(
  { mode, length, count, perSecond, boundPerSecond }: RatesEvent,
): Generator<BenchEvent, void> {
  for (const [variant, rate] of perSecond) {
    const isBounded = variant !== "wasm" && boundPerSecond !== undefined;
    const share = isBounded ? rate * operations32(count) / boundPerSecond : null;
    yield { kind: "hash", row: { mode: mode.number, length, variant, perSecond: rate, share } };
  }
}
