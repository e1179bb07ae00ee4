/**
 * Training on one device: from a checkpoint or from the start, with validation, checkpoints and a
 * sample at the end.
 *
 * @module
 */
import { bigramLoss, unigramLoss } from "../data/ngram.ts";
import { BatchCursor, validationBatches } from "../data/packing.ts";
import { seededRandom } from "../data/random.ts";
import { WeftError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { PassTimer } from "../gpu/timer.ts";
import { countParameters } from "../model/presets.ts";
import { PUBLISHED_SCHEDULE } from "../model/schedule.ts";
import { loadCheckpoint, type RunState, saveCheckpoint } from "./checkpoint.ts";
import type { FinishedEvent, GpuTimeMs, NodeEvent, StartedEvent, StepEvent } from "./events.ts";
import { sampleText } from "./sample.ts";
import type { Chosen, TrainHost, TrainingText, TrainSettings } from "./settings.ts";
import type { RoundResult, TrainingNetwork } from "./training_network.ts";

const METRICS = "metrics.jsonl";
const WARMUP_STEPS = 20;
const VALIDATION_TOKENS = 6144;
const FINAL_VALIDATION_TOKENS = 4 * VALIDATION_TOKENS;
const SKIPS_BEFORE_STOP = 3;
const SAMPLE = { prompt: "The whale", length: 160, temperature: 0.7 };

/** One device's part of a run. */
export class Session {
  readonly #timer: PassTimer;
  readonly #cursor: BatchCursor;
  #skipsInARow = 0;
  #optimizerSteps: number[] = [];
  #recentStepMs: number[] = [];
  #loss: { error: unknown } | undefined;
  #onLoss: (error: unknown) => void = () => {};

  constructor(
    readonly host: TrainHost,
    readonly gpu: Gpu,
    /** Rejects when the device is lost. */
    lost: Promise<never>,
    readonly text: TrainingText,
    readonly settings: TrainSettings,
    readonly chosen: Chosen,
  ) {
    lost.catch((error: unknown) => {
      this.#loss = { error };
      this.#onLoss(error);
    });
    const { batch, seq } = chosen.preset;
    this.#timer = new PassTimer(gpu);
    this.#cursor = new BatchCursor(text.corpus.training, {
      batchSize: batch,
      sampleLength: seq,
      seed: settings.seed,
    });
  }

  async *run(signal: AbortSignal): AsyncGenerator<NodeEvent, void> {
    const { settings, chosen, gpu, host } = this;
    const { preset } = chosen;
    const network = await host.openNetwork(gpu, {
      ...preset,
      ...chosen,
      ...{ precision: settings.precision, seed: settings.seed },
      ...{ minersPerLayer: settings.minersPerLayer, mergeEvery: settings.mergeEvery },
      schedule: { peak: preset.learningRate, warmupSteps: WARMUP_STEPS, ...PUBLISHED_SCHEDULE },
    });
    try {
      yield* this.#train(network, signal);
    } finally {
      await network.close();
    }
  }

  async *#train(network: TrainingNetwork, signal: AbortSignal): AsyncGenerator<NodeEvent, void> {
    const { settings } = this;
    const validation = this.#validationBatches(VALIDATION_TOKENS);
    const state = await this.#resume(network);
    this.#cursor.seek(state.position);
    await network.start(state.step, () => this.#cursor.nextBatch(), this.#timer);
    yield this.#started(state.step, network.url);
    let step = state.step;
    let saved = state.step;
    let lastMs = this.host.clock.nowMs();
    while (step < settings.steps && !signal.aborted) {
      const boundary = this.#nextBoundary(step);
      network.allowRounds(boundary - step);
      const stop = (): void => void network.stop().catch(() => {});
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      while (step < boundary) {
        const result = await this.#orLost(network.nextRound());
        if (!result) break;
        const stepMs = this.host.clock.nowMs() - lastMs;
        lastMs += stepMs;
        step = result.round;
        this.#optimizerSteps = result.outcomes.map((outcome) => outcome.step);
        const skipped = this.#checkSkipped(result);
        if (skipped) yield skipped;
        // Only on a boundary are the miners idle; there the clock stops for what is no training.
        const isBoundary = step === boundary;
        const validationLoss = isBoundary && this.#validatesAt(step)
          ? await this.#orLost(network.pipeline.validate(validation))
          : undefined;
        const event = await this.#stepEvent(result, stepMs, validationLoss);
        await this.host.storage.appendRecord(METRICS, event);
        yield event;
      }
      signal.removeEventListener("abort", stop);
      if (step > saved && (signal.aborted || this.#savesAt(step))) {
        saved = step;
        yield await this.#save(network, step);
      }
      lastMs = this.host.clock.nowMs();
    }
    yield await this.#finish(network, step, signal);
  }

  /**
   * Both outcomes of a promise, or the loss of the device; one at a time. Not a race, which would
   * leave something behind on the promise of the loss each time, for as long as the device lives.
   */
  #orLost<T>(promise: Promise<T>): Promise<T> {
    const { promise: outcome, resolve, reject } = Promise.withResolvers<T>();
    promise.then(resolve, reject);
    this.#onLoss = reject;
    if (this.#loss) reject(this.#loss.error);
    return outcome;
  }

  /** The next step after which something needs the miners idle. */
  #nextBoundary(step: number): number {
    const { steps, validateEvery, checkpointEvery } = this.settings;
    const after = (every: number): number => (Math.floor(step / every) + 1) * every;
    return Math.min(steps, after(validateEvery), after(checkpointEvery));
  }

  #validatesAt(step: number): boolean {
    return step % this.settings.validateEvery === 0 || step === this.settings.steps;
  }

  #savesAt(step: number): boolean {
    return step % this.settings.checkpointEvery === 0 || step === this.settings.steps;
  }

  #validationBatches(tokens: number): Int32Array[] {
    const { batch, seq } = this.chosen.preset;
    const count = Math.max(1, Math.floor(tokens / (batch * seq)));
    return validationBatches(this.text.corpus.validation, batch, seq, count);
  }

  /** What must be the same for a checkpoint to be gone on with. */
  #identity(): Record<string, string> {
    const { preset } = this.chosen;
    const { precision, seed, minersPerLayer } = this.settings;
    const { training, validation } = this.text.corpus;
    const { name: _, ...sizes } = preset.model;
    return {
      model: preset.model.name,
      sizes: JSON.stringify(sizes),
      precision,
      seed: String(seed),
      batch: String(preset.batch),
      seq: String(preset.seq),
      "batches before merging": String(preset.batchesBeforeMerging),
      ...minersPerLayer > 1 ? { "miners a layer": String(minersPerLayer) } : {},
      text: `${training.length} + ${validation.length} tokens, hash ${hashOf(training)}`,
    };
  }

  async #resume(network: TrainingNetwork): Promise<RunState> {
    const { storage, log } = this.host;
    const identity = this.#identity();
    const state = await loadCheckpoint(storage, network.pipeline, identity);
    const step = state?.step ?? 0;
    const records = await storage.readRecords(METRICS);
    const kept = records.filter((record) => stepOf(record) <= step);
    // Steps after the checkpoint will be taken, and recorded, again.
    if (kept.length < records.length) await storage.replaceRecords(METRICS, kept);
    if (state) log.info(`going on from the checkpoint of step ${step}`);
    this.#optimizerSteps = state?.optimizerSteps ?? network.pipeline.stages.map(() => 0);
    return state ?? { step: 0, position: 0, optimizerSteps: this.#optimizerSteps, identity };
  }

  #started(step: number, url: string | undefined): StartedEvent {
    const { gpu, settings } = this;
    const { minersPerLayer, mergeEvery } = settings;
    const { preset } = this.chosen;
    const { corpus: { training, validation }, tokenizer: { vocabSize } } = this.text;
    return {
      kind: "started",
      adapter: gpu.adapterName,
      backend: gpu.backend,
      isSoftware: gpu.isSoftware,
      model: preset.model.name,
      parameters: countParameters(preset.model),
      step,
      steps: settings.steps,
      batch: preset.batch,
      seq: preset.seq,
      batchesBeforeMerging: preset.batchesBeforeMerging,
      learningRate: preset.learningRate,
      precision: settings.precision,
      ...{ minersPerLayer, mergeEvery, url },
      unigramLoss: unigramLoss(training, validation, vocabSize),
      bigramLoss: bigramLoss(training, validation, vocabSize),
    };
  }

  /** A step of which a stage left its own out, told with the batches it had seen. */
  #checkSkipped({ round, losses, outcomes }: RoundResult): NodeEvent | undefined {
    const skipped = outcomes.some(({ applied }) => !applied) || !losses.every(Number.isFinite);
    this.#skipsInARow = skipped ? this.#skipsInARow + 1 : 0;
    if (!skipped) return undefined;
    const batches = this.chosen.preset.batchesBeforeMerging * this.settings.minersPerLayer;
    const positions = Array.from({ length: batches }, (_, index) => (round - 1) * batches + index);
    this.host.log.warn(
      `step ${round}: a loss or gradient was NaN or infinite, the step was left out ` +
        `(batches ${positions.join(", ")} of the text)`,
    );
    if (this.#skipsInARow >= SKIPS_BEFORE_STOP) {
      throw new WeftError(
        `${SKIPS_BEFORE_STOP} steps in a row had a NaN or infinite loss or gradient: the last good ` +
          `checkpoint is kept; go on with a lower --lr`,
      );
    }
    return { kind: "skipped", positions, inARow: this.#skipsInARow };
  }

  async #stepEvent(
    { round, learningRate, losses, outcomes }: RoundResult,
    stepMs: number,
    validationLoss: number | undefined,
  ): Promise<StepEvent> {
    const { batch, seq } = this.chosen.preset;
    const labels = await this.#orLost(this.#timer.collect());
    const time = (label: string): number => labels.get(label) ?? 0;
    const gpuMs: GpuTimeMs = {
      forward: time("forward"),
      loss: time("loss"),
      backward: time("backward"),
      optimizer: time("optimizer"),
    };
    this.#recentStepMs = [...this.#recentStepMs, stepMs].slice(-20);
    const meanMs = this.#recentStepMs.reduce((sum, ms) => sum + ms, 0) / this.#recentStepMs.length;
    return {
      kind: "step",
      step: round,
      loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      validationLoss,
      learningRate,
      gradientNorms: outcomes.map(({ norm }) => norm),
      tokensPerSecond: 1000 * losses.length * batch * seq / stepMs,
      stepMs,
      gpuMs: this.#timer.available ? gpuMs : undefined,
      memoryBytes: this.gpu.memory.bytes,
      secondsLeft: (this.settings.steps - round) * meanMs / 1000,
    };
  }

  async #save(network: TrainingNetwork, step: number): Promise<NodeEvent> {
    const sizeBytes = await this.#orLost(saveCheckpoint(this.host.storage, network.pipeline, {
      step,
      position: step * this.chosen.preset.batchesBeforeMerging * this.settings.minersPerLayer,
      optimizerSteps: this.#optimizerSteps,
      identity: this.#identity(),
    }));
    return { kind: "checkpoint", step, sizeBytes };
  }

  async #finish(
    network: TrainingNetwork,
    step: number,
    signal: AbortSignal,
  ): Promise<FinishedEvent> {
    await this.#orLost(network.stop());
    if (signal.aborted) {
      return { kind: "finished", step, stopped: true, validationLoss: undefined, sample: "" };
    }
    const validation = this.#validationBatches(FINAL_VALIDATION_TOKENS);
    const validationLoss = await this.#orLost(network.pipeline.validate(validation));
    const sample = await this.#orLost(sampleText(network.pipeline, this.text.tokenizer, {
      ...SAMPLE,
      random: seededRandom(this.settings.seed),
      signal,
    }));
    return { kind: "finished", step, stopped: false, validationLoss, sample };
  }
}

function stepOf(record: unknown): number {
  const isStep = typeof record === "object" && record !== null && "step" in record;
  return isStep && typeof record.step === "number" ? record.step : 0;
}

/** FNV-1a over the tokens: tells texts apart, no more. */
function hashOf(tokens: Int32Array): string {
  let hash = 0x811c9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ token, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
