/**
 * What a swarm looks like now, for its page, for `--json` and for the published dashboards' routes.
 *
 * However many ask, it is looked at once a second at most, and less often where that takes long.
 *
 * @module
 */

import { learningRateAt } from "../../model/schedule.ts";
import { countParameters } from "../../model/presets.ts";
import type { MinerScores } from "../api/schemas.ts";
import type { CreditReport, MinerCredit } from "./clasp.ts";
import type { OrchestratorContext } from "./context.ts";
import {
  type LayerView,
  type MinerView,
  modelFields,
  type Overview,
  type TrainingView,
} from "./overview.ts";
import {
  forwardQueue,
  type LayerRecord,
  LAYERS,
  listRecords,
  MERGES,
  type MinerRecord,
  MINERS,
  readRecord,
  VALIDATORS,
} from "./records.ts";
import { stepNumber, type SwarmSettings } from "./settings.ts";
import { SwarmHistory } from "./swarm_history.ts";

const LEAST_AGE_MS = 1000;
/** Share of the time that looking may take. */
const SHARE = 0.05;
/** However long looking took: it may have waited for a state that was away. */
const MOST_AGE_MS = 10_000;
const MAX_MINERS = 1000;
/** Of a miner that has asked within this time it is said that it is there. */
const ACTIVE_MS = 60_000;

/** What of the orchestrator is looked at. */
export type DashboardContext = Pick<
  OrchestratorContext,
  "settings" | "state" | "clock" | "wallClock" | "signer" | "version"
>;

/** What other parts of the orchestrator tell. */
export interface DashboardSources {
  /** Scores by uid. */
  globalScores(): Promise<MinerScores>;
}

/** See the module. */
export class Dashboards {
  readonly history: SwarmHistory;
  readonly #context: DashboardContext;
  readonly #sources: DashboardSources;
  readonly #parameters: number;
  readonly #training: TrainingView;
  #latest: Promise<Overview> | undefined;
  /** On the clock: from when on a newer one is made. */
  #staleMs = Infinity;

  constructor(context: DashboardContext, sources: DashboardSources) {
    this.#context = context;
    this.#sources = sources;
    this.history = new SwarmHistory(context.state.journals, context.clock);
    this.#parameters = countParameters(context.settings.model);
    this.#training = trainingView(context.settings);
  }

  /** The swarm as it was a second ago at most, or the twentyfold of what looking takes. */
  overview(): Promise<Overview> {
    if (this.#latest !== undefined && this.#context.clock.nowMs() < this.#staleMs) {
      return this.#latest;
    }
    this.#staleMs = Infinity;
    this.#latest = this.#look();
    // What could not be read now is tried again by who asks next.
    this.#latest.catch(() => this.#staleMs = 0);
    return this.#latest;
  }

  async #look(): Promise<Overview> {
    const { clock, state: { records } } = this.#context;
    const beganMs = clock.nowMs();
    const [miners, kept, validators, scores] = await Promise.all([
      listRecords(records, MINERS),
      listRecords(records, LAYERS),
      listRecords(records, VALIDATORS),
      this.#sources.globalScores(),
      this.history.catchUp(),
    ]);
    const credit = this.history.credit();
    const overview: Overview = {
      ...this.#identity(),
      totals: this.#totals(miners, kept),
      layers: await this.#layers(miners, kept),
      miners: this.#miners(miners, scores, credit),
      losses: this.history.curve.points(),
      merges: this.history.timeline.sessions(),
      validators: validators.map(({ hotkey, url, tracked }) => ({ hotkey, url, tracked })),
      credit: creditSummary(credit),
      events: this.history.events,
    };
    const nowMs = clock.nowMs();
    const costlyMs = Math.min((nowMs - beganMs) / SHARE, MOST_AGE_MS);
    this.#staleMs = nowMs + Math.max(LEAST_AGE_MS, costlyMs);
    return overview;
  }

  #identity(): Pick<
    Overview,
    "timeMs" | "hotkey" | "version" | "netuid" | "model" | "training"
  > {
    const { settings, signer, version, wallClock } = this.#context;
    const { model, batch, seq, netuid } = settings;
    const layers = model.splits.length;
    return {
      timeMs: wallClock.unixMs(),
      hotkey: signer.address,
      version,
      netuid,
      model: { name: model.name, parameters: this.#parameters, layers, batch, seq },
      training: this.#training,
    };
  }

  #totals(miners: readonly MinerRecord[], layers: readonly LayerRecord[]): Overview["totals"] {
    const { settings, wallClock } = this.#context;
    const { curve } = this.history;
    const perMinute = curve.perMinute(wallClock.unixMs());
    const merges = layers.reduce((least, layer) => Math.min(least, layer.merges), Infinity);
    const done = layers.length < settings.model.splits.length ? 0 : merges;
    return {
      miners: miners.length,
      activeMiners: miners.filter((miner) => this.#isActive(miner)).length,
      batches: curve.count,
      batchesPerMinute: perMinute,
      tokensPerSecond: perMinute * settings.batch * settings.seq / 60,
      merges: done,
      loss: curve.latest,
      learningRate: learningRateAt(stepNumber(settings, done, 0), settings.schedule),
    };
  }

  async #layers(
    miners: readonly MinerRecord[],
    kept: readonly LayerRecord[],
  ): Promise<LayerView[]> {
    const { settings, state, wallClock } = this.#context;
    const byLayer = Map.groupBy(miners, ({ layer }) => layer);
    const known = new Map(kept.map((record) => [record.layer, record]));
    return await Promise.all(settings.model.splits.map(async (_, layer): Promise<LayerView> => {
      const record = known.get(layer);
      const members = byLayer.get(layer) ?? [];
      const merge = record && record.phase !== "is_training"
        ? await readRecord(state.records, MERGES, `${layer}`)
        : undefined;
      return {
        layer,
        phase: record?.phase ?? "is_training",
        phaseSinceMs: record?.phaseSinceMs ?? wallClock.unixMs(),
        merges: record?.merges ?? 0,
        ...this.#work(members),
        ...await state.queues.count(forwardQueue(layer)),
        uploaded: merge?.submitted.length ?? 0,
        merged: merge?.mergedBy.length ?? 0,
      };
    }));
  }

  /** What the miners of a layer have done and can do. */
  #work(members: readonly MinerRecord[]): Pick<
    LayerView,
    | "miners"
    | "activeMiners"
    | "backwards"
    | "leastBackwards"
    | "wantedBackwards"
    | "perSecond"
  > {
    const backwards = members.map((miner) => miner.backwards);
    const speeds = members.map(({ meanWorkMs }) => meanWorkMs > 0 ? 1000 / meanWorkMs : 0);
    return {
      miners: members.length,
      activeMiners: members.filter((miner) => this.#isActive(miner)).length,
      backwards: backwards.reduce((sum, count) => sum + count, 0),
      leastBackwards: members.length === 0 ? 0 : backwards.reduce((a, b) => Math.min(a, b)),
      wantedBackwards: this.#context.settings.globalOptimizerSteps,
      perSecond: speeds.reduce((sum, speed) => sum + speed, 0),
    };
  }

  #miners(
    miners: readonly MinerRecord[],
    scores: MinerScores,
    { miners: credits }: CreditReport,
  ): MinerView[] {
    const creditOf = new Map(credits.map((credit) => [`${credit.layer} ${credit.hotkey}`, credit]));
    const views = miners.map((miner): MinerView => {
      const { cached, ...record } = miner;
      const credit = creditOf.get(`${miner.layer} ${miner.hotkey}`);
      return {
        ...pickMiner(record),
        isActive: this.#isActive(miner),
        cached: cached.length,
        score: miner.uid === null ? null : scores[miner.uid] ?? 0,
        credit: credit ? creditView(credit) : null,
      };
    });
    const rank = ({ credit }: MinerView): number => credit?.outlier ? 0 : 1;
    views.sort((a, b) => rank(a) - rank(b) || a.layer - b.layer || (a.hotkey < b.hotkey ? -1 : 1));
    return views.slice(0, MAX_MINERS);
  }

  #isActive({ seenMs }: MinerRecord): boolean {
    return this.#context.wallClock.unixMs() - seenMs < ACTIVE_MS;
  }
}

function trainingView(settings: SwarmSettings): TrainingView {
  const { localOptimizerSteps, weightsDtype, maxCachedActivations, seed } = settings;
  return {
    ...{ localOptimizerSteps, weightsDtype, maxCachedActivations, seed },
    model: modelFields(settings.model),
  };
}

function pickMiner(
  record: Omit<MinerRecord, "cached">,
): Omit<MinerView, "isActive" | "cached" | "score" | "credit"> {
  const { hotkey, uid, layer, seenMs, registeredMs } = record;
  const { backwards, forwardsEver, backwardsEver, meanWorkMs } = record;
  return {
    ...{ hotkey, uid, layer, seenMs, registeredMs },
    ...{ backwards, forwardsEver, backwardsEver, meanWorkMs },
  };
}

function creditView({ pathways, effect, standardError, outlier }: MinerCredit): NonNullable<
  MinerView["credit"]
> {
  return { pathways, effect, standardError, outlier };
}

function creditSummary({ pathways, noise, miners }: CreditReport): Overview["credit"] {
  const outliers = miners.flatMap(({ hotkey, layer, effect, outlier }) =>
    outlier === null || effect === null ? [] : [{ hotkey, layer, effect }]
  );
  return { pathways, noise, outliers: outliers.sort((a, b) => b.effect - a.effect) };
}
