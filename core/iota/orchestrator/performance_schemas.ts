/**
 * Answers of the published dashboards' routes. Times are in seconds, moments in seconds since 1970.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/orchestrator.py`,
 * `orchestrator/metrics_collectors.py`.
 *
 * @module
 */

import * as v from "valibot";

const text = v.string();
const number = v.number();
const orNull = <Schema extends v.GenericSchema>(
  schema: Schema,
): v.NullableSchema<Schema, undefined> => v.nullable(schema);

/** Empty without a sample. Of work that failed there are no times, so all that has one succeeded. */
const TimingMetrics = v.partial(v.object({
  avg_processing_time: number,
  sample_count: number,
  success_rate: number,
}));
export type TimingMetrics = v.InferOutput<typeof TimingMetrics>;

export const MinerPerformance = v.object({
  timing_metrics: TimingMetrics,
  performance_metrics: v.partial(v.object({
    miner_hotkey: text,
    layer: number,
    average_processing_time: number,
    throughput_activations_per_minute: number,
    total_activations_processed: number,
  })),
  current_state: v.object({ active_activations: number, layer: orNull(number) }),
});
export type MinerPerformance = v.InferOutput<typeof MinerPerformance>;

export const LayerPerformance = v.object({
  layer_statistics: v.partial(v.object({
    count: number,
    avg_processing_time: number,
    min_processing_time: number,
    max_processing_time: number,
    throughput_per_minute: number,
    success_rate: number,
    active_count: number,
  })),
  queue_metrics: v.partial(v.object({
    layer: number,
    available_forward_activations: number,
    processing_activations: number,
  })),
  miners_in_layer: number,
  system_bottleneck: v.boolean(),
});
export type LayerPerformance = v.InferOutput<typeof LayerPerformance>;

export const DashboardNow = v.object({
  timestamp: number,
  system_overview: v.object({
    total_active_activations: number,
    /** Batches a minute. */
    system_throughput: number,
    bottleneck_layers: v.array(number),
  }),
  layer_overview: v.record(
    text,
    v.object({
      active_count: number,
      throughput: number,
      avg_processing_time: number,
      is_bottleneck: v.boolean(),
    }),
  ),
  recent_activity: v.object({ completions_last_5min: number }),
  miner_performance: v.array(v.object({
    hotkey: text,
    display_hotkey: text,
    layer: number,
    avg_processing_time: number,
    active_activations: number,
    total_activations_processed: number,
  })),
});
export type DashboardNow = v.InferOutput<typeof DashboardNow>;

export const MergeSessionTimeline = v.object({
  time_window_hours: number,
  sessions: v.array(v.object({
    session_id: text,
    layer: number,
    start_time: number,
    end_time: number,
    duration: number,
    status: v.picklist(["in_progress", "completed", "failed"]),
    status_color: v.picklist(["blue", "green", "red"]),
    weights_collection_duration: orNull(number),
    partition_merging_duration: orNull(number),
    is_active: v.boolean(),
  })),
  layer_statistics: v.record(
    text,
    v.object({
      total_sessions: number,
      completed_sessions: number,
      successful_sessions: number,
      failed_sessions: number,
      active_sessions: number,
      success_rate: number,
      avg_duration: number,
    }),
  ),
  timestamp: number,
});
export type MergeSessionTimeline = v.InferOutput<typeof MergeSessionTimeline>;
