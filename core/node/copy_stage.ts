/**
 * Makes one stage the same as another.
 *
 * @module
 */
import type { Stage } from "../model/stage.ts";
import { savedArrays } from "./checkpoint.ts";

/** Copies parameters, moments and step count of a stage to one of the same shape and precision. */
export async function copyStage(from: Stage, to: Stage): Promise<void> {
  for (const array of savedArrays(from.parameters)) {
    for await (const { view, values } of from.parameters.read(array)) {
      if (array === "m" || array === "v") to.parameters.write(array, view, values);
      else to.parameters.writeParameter(view, values);
    }
  }
  to.optimizer.setStepCount(await from.optimizer.stepCount());
}
