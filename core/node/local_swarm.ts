/**
 * A whole network on one machine: an orchestrator and its store behind a port of this machine, miners
 * for every layer, and a gradient validator. They speak with each other by HTTP as if they were far
 * apart, and share one GPU.
 *
 * With one miner a layer a run computes, bit by bit, what the stages compute by themselves: merging
 * f32 vectors of one miner changes nothing.
 *
 * @module
 */
import type { Batch } from "../data/packing.ts";
import { WeftError } from "../errors.ts";
import { int64Tensor } from "../formats/dtype.ts";
import type { HostTensor } from "../formats/dtype.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { PassTimer } from "../gpu/timer.ts";
import { ComputeError } from "../iota/miner/consequences.ts";
import type { MinerEvent } from "../iota/miner/miner.ts";
import { StageTrainer } from "../iota/miner/stage_trainer.ts";
import type { Trainer } from "../iota/miner/trainer.ts";
import { createStage, Pipeline } from "../model/pipeline.ts";
import type { Stage } from "../model/stage.ts";
import { copyStage } from "./copy_stage.ts";
import { GpuTurns } from "./gpu_turns.ts";
import { LocalOrchestrator } from "./local_orchestrator.ts";
import { startMiner, startValidator } from "./swarm_members.ts";
import type { SwarmPlace } from "./swarm_place.ts";
import { SwarmRounds } from "./swarm_rounds.ts";
import { IN_FLIGHT, swarmSettings } from "./swarm_settings.ts";
import type { NetworkOptions, RoundResult, TrainingNetwork } from "./training_network.ts";
import { TurnTakingTrainer } from "./turn_taking_trainer.ts";

/** How often it is looked whether the miners are idle. */
const IDLE_LOOK_MS = 20;
/** Of so many in a row that come to nothing, the swarm cannot go on. */
const LOST_PER_MINER = 3;
/** How long members may take to end. */
const CLOSING_MS = 2_000;

/** See the module. */
export class LocalSwarm implements TrainingNetwork {
  readonly #stop = new AbortController();
  #rounds: SwarmRounds | undefined;
  #orchestrator: LocalOrchestrator | undefined;
  #members: Promise<unknown> = Promise.resolve();
  readonly #results: RoundResult[] = [];
  #failure: { readonly error: unknown } | undefined;
  #isStopping = false;
  /** Pieces of work that came to nothing since the last round. */
  #lost = 0;
  /** Resolves when there is news for who waits for a round. */
  #news = Promise.withResolvers<void>();
  /** Stages that no miner has taken yet. */
  readonly #free: Stage[][];
  /** Merges that each miner has taken over. */
  readonly #epochs = new Map<number, { layer: number; epoch: number }>();
  #validating: Promise<void> | undefined;
  #validatorStage: Stage | undefined;

  private constructor(
    readonly gpu: Gpu,
    readonly options: NetworkOptions,
    readonly place: SwarmPlace,
    /** A miner of each layer, as often as there are miners of a layer. */
    readonly pipelines: readonly Pipeline[],
    readonly turns: GpuTurns,
  ) {
    this.#free = options.model.splits.map((_, layer) =>
      pipelines.map(({ stages }) => stages[layer])
    );
  }

  /**
   * Builds all stages with fresh weights.
   * @param turns when its miners may use the GPU
   * @throws {WeftError} if the GPU has not the memory for them
   */
  static async create(
    gpu: Gpu,
    options: NetworkOptions,
    place: SwarmPlace,
    turns = new GpuTurns(),
  ): Promise<LocalSwarm> {
    const pipelines: Pipeline[] = [];
    while (pipelines.length < options.minersPerLayer) {
      pipelines.push(await Pipeline.create(gpu, { ...options, slots: IN_FLIGHT }));
    }
    return new LocalSwarm(gpu, options, place, pipelines, turns);
  }

  get pipeline(): Pipeline {
    return this.pipelines[0];
  }

  get url(): string | undefined {
    return this.#orchestrator?.url;
  }

  async start(roundsDone: number, nextBatch: () => Batch, timer: PassTimer): Promise<void> {
    const { options, place, gpu } = this;
    const { model, minersPerLayer } = options;
    for (const { stages } of this.pipelines.slice(1)) {
      for (const [layer, stage] of stages.entries()) {
        await copyStage(this.pipeline.stages[layer], stage);
      }
    }
    const settings = swarmSettings(options, roundsDone, gpu.isSoftware);
    this.#orchestrator = await LocalOrchestrator.open(settings, place);
    const rounds = new SwarmRounds(model.splits.length, minersPerLayer, roundsDone, (result) => {
      this.#results.push(result);
      this.#lost = 0;
      if (this.#isStopping) this.#end();
      this.#tell();
    });
    this.#rounds = rounds;
    this.#members = this.#run(this.#orchestrator, rounds, nextBatch, timer).catch((error) => {
      this.#fail(error);
    });
  }

  allowRounds(count: number): void {
    this.#rounds?.allow(count);
  }

  async nextRound(): Promise<RoundResult | undefined> {
    for (;;) {
      const isLast = this.#results.length === 1 && !this.#rounds?.isOpen;
      if (isLast) await this.#idle();
      const result = this.#results.shift();
      if (result) return result;
      if (this.#failure) throw this.#failure.error;
      if (this.#stop.signal.aborted) return undefined;
      await this.#news.promise;
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#rounds?.cutShort();
    const isAligned = this.options.minersPerLayer > 1 || (this.#rounds?.isBetween ?? true);
    if (isAligned) this.#end();
    await this.#members;
    await this.#validating;
    if (this.#failure) throw this.#failure.error;
  }

  async close(): Promise<void> {
    this.#end();
    const settled = new AbortController();
    await Promise.race([
      Promise.allSettled([this.#members, this.#validating]),
      this.place.clock.sleep(CLOSING_MS, settled.signal),
    ]);
    settled.abort();
    await this.#orchestrator?.close();
    this.#validatorStage?.destroy();
    for (const { stages } of this.pipelines.slice(1)) for (const stage of stages) stage.destroy();
  }

  async #run(
    orchestrator: LocalOrchestrator,
    rounds: SwarmRounds,
    nextBatch: () => Batch,
    timer: PassTimer,
  ): Promise<void> {
    const { options, place } = this;
    const { settings } = orchestrator;
    const { signal } = this.#stop;
    const batches = async (): Promise<HostTensor | undefined> => {
      if (!await rounds.mayBegin(place.clock)) return undefined;
      return int64Tensor([options.batch, options.seq], nextBatch().tokens);
    };
    const count = options.minersPerLayer * options.model.splits.length;
    const miners = Array.from(
      { length: count },
      (_, index) =>
        startMiner({ orchestrator, place, settings }, {
          trainerFor: this.#trainers(rounds, timer),
          nextBatch: batches,
          onEvent: (event) => this.#note(index, event, rounds),
        }, signal),
    );
    await Promise.all([orchestrator.run(signal), ...miners]);
  }

  /** The stages of one miner, which keeps what it has when it registers anew. */
  #trainers(rounds: SwarmRounds, timer: PassTimer): (layer: number) => Promise<Trainer> {
    const { trainedStages } = this.options;
    const own = new Map<number, Stage>();
    return async (layer) => {
      const stage = own.get(layer) ?? this.#free[layer].shift();
      if (!stage) throw new RangeError(`layer ${layer} has more miners than stages`);
      own.set(layer, stage);
      const rateFor = (learningRate: number): number => {
        // Once the swarm has ended, no stage may go on alone.
        this.#stop.signal.throwIfAborted();
        rounds.beginStep();
        return trainedStages.has(layer) ? learningRate : 0;
      };
      const trainer = StageTrainer.resume(stage, { timer, rateFor });
      await trainer.reset();
      return new TurnTakingTrainer(trainer, this.turns);
    };
  }

  #note(miner: number, event: MinerEvent, rounds: SwarmRounds): void {
    const { layer } = this.#epochs.get(miner) ?? { layer: 0 };
    switch (event.kind) {
      case "registered":
        return void this.#epochs.set(miner, { layer: event.layer, epoch: 0 });
      case "weights loaded":
        this.#epochs.set(miner, { layer: event.layer, epoch: event.epoch });
        return this.#beginValidating();
      case "forward":
        if (event.loss !== undefined) rounds.noteLoss(event.loss);
        return;
      case "lost":
        return this.#noteLost(event.reason, rounds);
      case "step": {
        const { step, applied, norm, learningRate } = event;
        return rounds.noteStep(layer, learningRate, { step, applied, norm });
      }
    }
  }

  /**
   * Nothing gets lost on its way between members of one process: there is no use in trying again.
   * With several miners a layer, work may come too late for a merge.
   */
  #noteLost(reason: string, rounds: SwarmRounds): void {
    const { minersPerLayer, model } = this.options;
    this.#lost += 1;
    const most = minersPerLayer === 1 ? 0 : LOST_PER_MINER * minersPerLayer * model.splits.length;
    if (this.#lost <= most) return;
    const advice = "the last checkpoint is kept; if it is NaN, go on with a lower --lr";
    this.#fail(
      new WeftError(`no batch gets through after step ${rounds.done}: ${reason}: ${advice}`),
    );
  }

  /** From the first merge on: a validator begins with merged weights, as who joins late does. */
  #beginValidating(): void {
    const { gpu, options, place } = this;
    const orchestrator = this.#orchestrator;
    if (this.#validating || !orchestrator) return;
    const trainerFor = async (layer: number): Promise<Trainer> => {
      this.#validatorStage?.destroy();
      const slots = 2 * IN_FLIGHT;
      this.#validatorStage = await createStage(gpu, { ...options, slots }, layer);
      return new TurnTakingTrainer(StageTrainer.resume(this.#validatorStage), this.turns);
    };
    const { settings } = orchestrator;
    const running = startValidator(
      { orchestrator, place, settings },
      { trainerFor, maxInFlight: 2 * IN_FLIGHT },
      this.#stop.signal,
    );
    this.#validating = running.catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      place.log.warn(
        `the gradient validator has ended: ${error instanceof Error ? error.message : error}`,
      );
    });
  }

  /** Resolves when all miners have done what they began, and no merge is due or under way. */
  async #idle(): Promise<void> {
    const { clock } = this.place;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const layers = await this.#orchestrator?.quietLayers();
      const miners = [...this.#epochs.values()];
      if (layers && miners.every(({ layer, epoch }) => epoch >= layers[layer].merges)) return;
      await clock.sleep(IDLE_LOOK_MS, signal);
    }
  }

  #end(): void {
    this.#stop.abort();
    this.#tell();
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const cause = error instanceof ComputeError ? error.cause : error;
    this.#failure = { error: cause };
    this.#stop.abort();
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
