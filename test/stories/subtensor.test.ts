/**
 * A miner's and a validator's calls against a real Subtensor runtime, in the order in which they are
 * made, and a payment over a connection that is cut in the middle.
 *
 * It runs where SUBTENSOR_SPEC names a raw chain spec with a runtime inside. SUBTENSOR_CHOPSTICKS may
 * name the command that starts chopsticks.
 *
 * @module
 */

import { testWhere } from "#test";
import { BURNED_STEPS } from "./subtensor/registration_steps.ts";
import { CUT_STEPS } from "./subtensor/cut_steps.ts";
import { MONEY_STEPS } from "./subtensor/money_steps.ts";
import { SERVING_STEPS } from "./subtensor/serving_steps.ts";
import { WEIGHT_STEPS } from "./subtensor/weight_steps.ts";
import { WORK_STEPS } from "./subtensor/work_steps.ts";
import { withWorld } from "./subtensor/world.ts";

const spec = Deno.env.get("SUBTENSOR_SPEC");

testWhere(
  spec === undefined ? "SUBTENSOR_SPEC names no chain spec" : undefined,
  "the calls of a miner and a validator against a real Subtensor runtime",
  async () => {
    await withWorld(spec ?? "", Deno.env.get("SUBTENSOR_CHOPSTICKS"), async (world) => {
      const steps = [
        ...BURNED_STEPS,
        ...SERVING_STEPS,
        ...WORK_STEPS,
        ...MONEY_STEPS,
        ...WEIGHT_STEPS,
        ...CUT_STEPS,
      ];
      for (const [name, step] of steps) {
        try {
          await step(world);
        } catch (cause) {
          throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
        }
      }
    });
  },
);
