/**
 * Performance of miners, layers and merges, as the published dashboards show it. Samples are the
 * latest finished pathways; times are in seconds.
 *
 * @module
 */

import type { PathwayEntry } from "./journal_entries.ts";
import type { LayerView, MinerView, Overview } from "./overview.ts";
import type {
  DashboardNow,
  LayerPerformance,
  MergeSessionTimeline,
  MinerPerformance,
  TimingMetrics,
} from "./performance_schemas.ts";

/** Forwards that wait, above which a layer holds the others up; the published threshold. */
const BOTTLENECK = 10;
const RECENT_SECONDS = 300;
const SHOWN_MINERS = 10;
const MS_PER_HOUR = 3_600_000;
/** Letters of a hotkey that a table shows. */
const SHORT_KEY = 8;

/** What the answers are made from. */
export interface Sight {
  readonly overview: Overview;
  /** The latest, oldest first. */
  readonly pathways: readonly PathwayEntry[];
}

/** How a miner did; empty parts for one that is not known, as the published server answers. */
export function minerPerformance(
  { overview, pathways }: Sight,
  hotkey: string,
  windowSeconds: number,
): MinerPerformance {
  const recent = within(pathways, overview.timeMs, windowSeconds);
  const times = recent.flatMap(({ hotkeys, ms }) =>
    ms.filter((_, layer) => hotkeys[layer] === hotkey)
  );
  const miner = overview.miners.find((each) => each.hotkey === hotkey);
  const seconds = miner ? miner.meanWorkMs / 1000 : 0;
  return {
    timing_metrics: timing(times),
    performance_metrics: miner
      ? {
        miner_hotkey: hotkey,
        layer: miner.layer,
        average_processing_time: seconds,
        throughput_activations_per_minute: seconds > 0 ? 60 / seconds : 0,
        total_activations_processed: processed(miner),
      }
      : {},
    current_state: { active_activations: miner?.cached ?? 0, layer: miner?.layer ?? null },
  };
}

/** How a layer did. */
export function layerPerformance(
  { overview, pathways }: Sight,
  layer: number,
  windowSeconds: number,
): LayerPerformance {
  const times = within(pathways, overview.timeMs, windowSeconds).flatMap(({ ms }) =>
    ms[layer] ?? []
  );
  const view = overview.layers.find((each) => each.layer === layer);
  return {
    layer_statistics: times.length === 0 ? {} : {
      count: times.length,
      avg_processing_time: mean(times) / 1000,
      min_processing_time: times.reduce((a, b) => Math.min(a, b)) / 1000,
      max_processing_time: times.reduce((a, b) => Math.max(a, b)) / 1000,
      throughput_per_minute: times.length / (windowSeconds / 60),
      success_rate: 1,
      active_count: view?.leased ?? 0,
    },
    queue_metrics: view
      ? {
        layer,
        available_forward_activations: view.waiting,
        processing_activations: view.leased,
      }
      : {},
    miners_in_layer: view?.miners ?? 0,
    system_bottleneck: view !== undefined && isBottleneck(view),
  };
}

/** The last five minutes at one sight. */
export function nowOnDashboard(sight: Sight): DashboardNow {
  const { overview, pathways } = sight;
  const layers = overview.layers.map(({ layer }) => {
    const { layer_statistics: statistics, system_bottleneck } = layerPerformance(
      sight,
      layer,
      RECENT_SECONDS,
    );
    return [`${layer}`, {
      active_count: statistics.active_count ?? 0,
      throughput: statistics.throughput_per_minute ?? 0,
      avg_processing_time: statistics.avg_processing_time ?? 0,
      is_bottleneck: system_bottleneck,
    }] as const;
  });
  return {
    timestamp: overview.timeMs / 1000,
    system_overview: {
      total_active_activations: overview.layers.reduce((sum, { leased }) => sum + leased, 0),
      system_throughput: overview.totals.batchesPerMinute,
      bottleneck_layers: overview.layers.filter(isBottleneck).map(({ layer }) => layer),
    },
    layer_overview: Object.fromEntries(layers),
    recent_activity: {
      completions_last_5min: within(pathways, overview.timeMs, RECENT_SECONDS).length,
    },
    miner_performance: busiest(overview.miners),
  };
}

/** The merges that began within some hours. */
export function mergeTimeline({ overview }: Sight, windowHours: number): MergeSessionTimeline {
  const fromMs = overview.timeMs - windowHours * MS_PER_HOUR;
  const merges = overview.merges.filter(({ startMs }) => startMs >= fromMs);
  const sessions = merges.map((merge): MergeSessionTimeline["sessions"][number] => {
    const { layer, startMs, uploadedMs, endMs } = merge;
    const untilMs = endMs ?? overview.timeMs;
    return {
      session_id: `layer_${layer}_merge_${merge.merge}_${startMs}`,
      layer,
      start_time: startMs / 1000,
      end_time: untilMs / 1000,
      duration: (untilMs - startMs) / 1000,
      ...LOOK_OF[merge.status],
      weights_collection_duration: uploadedMs === null ? null : (uploadedMs - startMs) / 1000,
      partition_merging_duration: uploadedMs === null || endMs === null
        ? null
        : (endMs - uploadedMs) / 1000,
      is_active: endMs === null,
    };
  });
  return {
    time_window_hours: windowHours,
    sessions,
    layer_statistics: Object.fromEntries(
      overview.layers.map(({ layer }) => [`${layer}`, statistics(sessions, layer)]),
    ),
    timestamp: overview.timeMs / 1000,
  };
}

const LOOK_OF = {
  running: { status: "in_progress", status_color: "blue" },
  completed: { status: "completed", status_color: "green" },
  failed: { status: "failed", status_color: "red" },
} as const;

function statistics(
  sessions: MergeSessionTimeline["sessions"],
  layer: number,
): MergeSessionTimeline["layer_statistics"][string] {
  const own = sessions.filter((session) => session.layer === layer);
  const ended = own.filter((session) => !session.is_active);
  const successful = ended.filter(({ status }) => status === "completed").length;
  return {
    total_sessions: own.length,
    completed_sessions: ended.length,
    successful_sessions: successful,
    failed_sessions: ended.length - successful,
    active_sessions: own.length - ended.length,
    success_rate: ended.length === 0 ? 0 : successful / ended.length,
    avg_duration: mean(ended.map(({ duration }) => duration)),
  };
}

function busiest(miners: readonly MinerView[]): DashboardNow["miner_performance"] {
  const sorted = miners.filter((miner) => processed(miner) > 0)
    .sort((a, b) => processed(b) - processed(a));
  return sorted.slice(0, SHOWN_MINERS).map((miner) => ({
    hotkey: miner.hotkey,
    display_hotkey: `${miner.hotkey.slice(0, SHORT_KEY)}...`,
    layer: miner.layer,
    avg_processing_time: miner.meanWorkMs / 1000,
    active_activations: miner.cached,
    total_activations_processed: processed(miner),
  }));
}

function timing(times: readonly number[]): TimingMetrics {
  if (times.length === 0) return {};
  return { avg_processing_time: mean(times) / 1000, sample_count: times.length, success_rate: 1 };
}

function within(
  pathways: readonly PathwayEntry[],
  nowMs: number,
  seconds: number,
): readonly PathwayEntry[] {
  return pathways.filter(({ timeMs }) => timeMs > nowMs - seconds * 1000);
}

function processed({ forwardsEver, backwardsEver }: MinerView): number {
  return forwardsEver + backwardsEver;
}

function isBottleneck({ waiting, leased }: LayerView): boolean {
  return waiting + leased > BOTTLENECK;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
