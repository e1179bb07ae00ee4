/**
 * A run that is small enough for a test.
 *
 * @module
 */

import type { Tokenizer } from "../../core/data/tokenizer.ts";
import { readSafetensors } from "../../core/formats/safetensors.ts";
import type { PrecisionName } from "../../core/model/parameters.ts";
import type { NodeEvent, StepEvent } from "../../core/node/events.ts";
import type { TrainHost, TrainingText, TrainSettings } from "../../core/node/settings.ts";
import { train } from "../../core/node/train.ts";
import { DirectNetwork } from "../../core/bench/direct_network/direct_network.ts";
import { MemoryHost, type MemoryStorage } from "../harness/memory_host.ts";
import { shared } from "../model/shared.ts";
import { learnableTokens, tinyModel } from "../model/tiny_model.ts";

export const [B, T, N] = [2, 8, 2];
export const CHECKPOINT = "checkpoint.safetensors";
export const METRICS = "metrics.jsonl";
const VOCABULARY = 4;

/** Four tokens alone, so that the text written at the end ends soon. */
const TOKENIZER: Tokenizer = {
  vocabSize: VOCABULARY,
  endOfText: 0,
  encode: (text) => Int32Array.from(text, (char) => 1 + char.charCodeAt(0) % 3),
  decode: (ids) => Array.from(ids).join(" "),
};

/** Nine batches for training, two for validation. */
export function tinyText(seed = 1): TrainingText {
  const training = learnableTokens(VOCABULARY, 18, T, seed);
  const validation = learnableTokens(VOCABULARY, 4, T, seed + 1);
  return { corpus: { training, validation }, tokenizer: TOKENIZER };
}

/** Six steps with a checkpoint every two and validation every three. */
export function tinySettings(changes: Partial<TrainSettings> = {}): TrainSettings {
  const model = tinyModel();
  return {
    model: { model, batch: B, seq: T, batchesBeforeMerging: N, learningRate: 1e-2 },
    ...{ stages: undefined, batch: undefined, seq: undefined, batchesBeforeMerging: undefined },
    ...{ learningRate: undefined, precision: "f32", seed: 7, steps: 6 },
    ...{ validateEvery: 3, checkpointEvery: 2, minersPerLayer: 1, mergeEvery: 10 },
    ...changes,
  };
}

/** The host with a network whose clock may be a test's; HTTP needs a real one. */
function directHost(host: MemoryHost): TrainHost {
  const { clock, log, storage } = host;
  return {
    ...{ clock, log, storage, webgpu: () => host.webgpu() },
    openNetwork: (gpu, options) => DirectNetwork.create(gpu, options),
  };
}

/** How a test runs a node. */
export interface RunOptions {
  settings?: Partial<TrainSettings>;
  text?: TrainingText;
  /** Called with each event; true aborts the run. */
  onEvent?: (event: NodeEvent) => boolean | void | Promise<void>;
}

/** Runs a node to its end and gives its events; `failure` is what it threw. */
export async function runNode(
  host: MemoryHost,
  { settings, text = tinyText(), onEvent }: RunOptions = {},
): Promise<{ events: NodeEvent[]; failure: unknown }> {
  const controller = new AbortController();
  const events: NodeEvent[] = [];
  try {
    for await (
      const event of train(directHost(host), text, tinySettings(settings), controller.signal)
    ) {
      events.push(event);
      if (await onEvent?.(event)) controller.abort();
    }
  } catch (failure) {
    return { events, failure };
  }
  return { events, failure: undefined };
}

const unbrokenRuns = new Map<PrecisionName, Promise<UnbrokenRun>>();

/** A run of six steps without interruption. */
export interface UnbrokenRun {
  events: readonly NodeEvent[];
  /** Not to be changed. */
  storage: MemoryStorage;
}

/** The unbroken run of a precision; made once. */
export function unbrokenRun(precision: PrecisionName = "f32"): Promise<UnbrokenRun> {
  const make = async (): Promise<UnbrokenRun> => {
    const host = new MemoryHost(shared);
    const { events } = await runNode(host, { settings: { precision } });
    return { events, storage: host.storage };
  };
  const run = unbrokenRuns.get(precision) ?? make();
  unbrokenRuns.set(precision, run);
  return run;
}

/** The events of one kind. */
export function ofKind<Kind extends NodeEvent["kind"]>(
  events: readonly NodeEvent[],
  kind: Kind,
): Extract<NodeEvent, { kind: Kind }>[] {
  return events.filter((event): event is Extract<NodeEvent, { kind: Kind }> => event.kind === kind);
}

/** What must not depend on when and how often a run was interrupted. */
export function outcomes(events: readonly NodeEvent[]): Pick<StepEvent, "step" | "loss">[] {
  return ofKind(events, "step").map(
    ({ step, loss, validationLoss, learningRate, gradientNorms }) => (
      { step, loss, validationLoss, learningRate, gradientNorms }
    ),
  );
}

/** Tensors of the checkpoint in a storage, as bytes by name. */
export function checkpointTensors(storage: MemoryStorage): Map<string, Uint8Array> {
  const bytes = storage.blobs.get(CHECKPOINT);
  if (!bytes) throw new Error("there is no checkpoint");
  return new Map(
    [...readSafetensors(bytes).tensors].map(([name, tensor]) => [name, tensor.bytes]),
  );
}
