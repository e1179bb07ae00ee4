/**
 * A training node: opens the GPU, runs a session on it, and survives the loss of the device. It
 * tells its host what happens as events.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import { openGpu } from "../gpu/gpu.ts";
import type { Host } from "../host.ts";
import type { NodeEvent } from "./events.ts";
import { Session } from "./session.ts";
import {
  choose,
  type Chosen,
  type TrainHost,
  type TrainingText,
  type TrainSettings,
} from "./settings.ts";

const LOSSES_BEFORE_STOP = 3;
const LOSS_NOTICE_MS = 500;

/**
 * Trains until all steps are done or the signal aborts, which ends the run after the current slice
 * with a checkpoint.
 * @throws {UsageError} if text, settings and run folder do not fit together
 * @throws {WeftError} if there is no usable GPU, it is lost again and again without a new step
 *   between, or three steps in a row had to be left out
 */
export async function* train(
  host: TrainHost,
  text: TrainingText,
  settings: TrainSettings,
  signal: AbortSignal,
): AsyncGenerator<NodeEvent, void> {
  let chosen: Chosen | undefined;
  let farthest = 0;
  for (let losses = 0; losses < LOSSES_BEFORE_STOP;) {
    const { gpu: webgpu, backend } = await host.webgpu();
    const gpu = await openGpu({ gpu: webgpu, backend });
    const lost = gpu.whenLost().then((reason): never => {
      throw new DeviceLost(reason);
    });
    // Raced below; a loss while nobody waits must not end the process.
    lost.catch(() => {});
    try {
      chosen ??= await choose(host, gpu, settings);
      const session = new Session(host, gpu, lost, text, settings, chosen);
      for await (const event of session.run(signal)) {
        // Steps that are taken again after a loss are no progress: the next may lose it again.
        if (event.kind === "step" && event.step > farthest) {
          farthest = event.step;
          losses = 0;
        }
        yield event;
      }
      return;
    } catch (error) {
      const reason = await lossReason(error, lost, host);
      if (reason === undefined) throw error;
      losses += 1;
      host.log.warn(`the GPU was lost (${reason}): opening it again`);
      yield { kind: "device lost", reason };
    } finally {
      gpu.close();
    }
  }
  throw new WeftError(
    `the GPU was lost ${LOSSES_BEFORE_STOP} times without a new step between: check the driver, ` +
      `or choose a smaller model; the last checkpoint is kept`,
  );
}

class DeviceLost extends Error {
  override name = "DeviceLost";
}

/** The reason if the device is gone: calls on a lost device fail in many ways. */
async function lossReason(
  error: unknown,
  lost: Promise<never>,
  { clock }: Host,
): Promise<string | undefined> {
  if (error instanceof WeftError) return undefined;
  // The loss is told some moments after the first call that fails for it.
  const settled = await Promise.race([
    lost.catch((loss: unknown) => loss),
    clock.sleep(LOSS_NOTICE_MS),
  ]);
  return settled instanceof DeviceLost ? settled.message : undefined;
}
