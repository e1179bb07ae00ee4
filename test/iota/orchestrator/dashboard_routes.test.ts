import { assert } from "chai";
import * as v from "valibot";
import { test } from "#test";
import { serveRoutes } from "../../../core/iota/api/server.ts";
import {
  DASHBOARD_ROUTES,
  dashboardRoutes,
} from "../../../core/iota/orchestrator/dashboard_routes.ts";
import { Dashboards } from "../../../core/iota/orchestrator/dashboards.ts";
import { NOW_MS, ShownSwarm } from "./shown_swarm.ts";

/** Asks a dashboards' route of a swarm over its server. */
async function ask(swarm: ShownSwarm, target: string): Promise<{ status: number; body: unknown }> {
  const dashboards = new Dashboards(swarm.context, { globalScores: () => Promise.resolve({}) });
  const silent = (): void => {};
  const handler = serveRoutes(DASHBOARD_ROUTES, dashboardRoutes(dashboards), {
    ...{ clock: swarm.clock, wallClock: swarm.wallClock },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const { status, body } = await handler({
    method: "GET",
    target,
    headers: new Headers(),
    body: nothing(),
    remoteAddress: "127.0.0.1",
    signal: new AbortController().signal,
  });
  assert.instanceOf(body, Uint8Array);
  return { status, body: JSON.parse(new TextDecoder().decode(body)) };
}

async function* nothing(): AsyncGenerator<Uint8Array<ArrayBuffer>> {}

async function swarmAtWork(): Promise<ShownSwarm> {
  const swarm = new ShownSwarm();
  await swarm.miner("5A", 0, { meanWorkMs: 2000, forwardsEver: 5, backwardsEver: 4 });
  const old = { timeMs: NOW_MS - 4_000_000, ms: [9000, 9000, 9000] };
  await swarm.pathway(["5A", "5B", "5C"], 3, old);
  await swarm.pathway(["5A", "5B", "5C"], 3, { timeMs: NOW_MS - 10_000, ms: [1000, 200, 300] });
  await swarm.pathway(["5X", "5B", "5C"], 3, { timeMs: NOW_MS - 5000, ms: [7000, 400, 300] });
  await swarm.pathway(["5A", "5B", "5C"], 3, { timeMs: NOW_MS - 1000, ms: [3000, 600, 300] });
  return swarm;
}

test("nobody has to sign to see the swarm", async () => {
  const { status, body } = await ask(new ShownSwarm(), "/orchestrator/overview");
  assert.equal(status, 200);
  assert.isTrue(v.is(DASHBOARD_ROUTES.overview.answer, body));
});

test("a miner's mean time is that of the last hour, in seconds", async () => {
  const { body } = await ask(
    await swarmAtWork(),
    "/orchestrator/metrics/miner_performance/5A",
  );
  assert.deepEqual(body, {
    timing_metrics: { avg_processing_time: 2, sample_count: 2, success_rate: 1 },
    performance_metrics: {
      ...{ miner_hotkey: "5A", layer: 0, average_processing_time: 2 },
      ...{ throughput_activations_per_minute: 30, total_activations_processed: 9 },
    },
    current_state: { active_activations: 0, layer: 0 },
  });
});

test("a wider window has older samples too", async () => {
  const target = "/orchestrator/metrics/miner_performance/5A?time_window_seconds=7200";
  const { body } = await ask(await swarmAtWork(), target);
  assert.nestedPropertyVal(body, "timing_metrics.sample_count", 3);
});

test("of a miner that nobody knows there is nothing, and no error", async () => {
  const { status, body } = await ask(
    new ShownSwarm(),
    "/orchestrator/metrics/miner_performance/5Nobody",
  );
  assert.equal(status, 200);
  assert.deepEqual(body, {
    timing_metrics: {},
    performance_metrics: {},
    current_state: { active_activations: 0, layer: null },
  });
});

test("a layer's times are those of all its miners", async () => {
  const { body } = await ask(await swarmAtWork(), "/orchestrator/metrics/layer_performance/1");
  assert.nestedPropertyVal(body, "layer_statistics.avg_processing_time", 0.4);
  assert.nestedPropertyVal(body, "layer_statistics.min_processing_time", 0.2);
  assert.nestedPropertyVal(body, "layer_statistics.max_processing_time", 0.6);
  assert.nestedPropertyVal(body, "layer_statistics.throughput_per_minute", 0.05);
});

test("a layer with more than ten forwards waiting holds the others up", async () => {
  const swarm = await swarmAtWork();
  await swarm.waiting(1, 11);
  const { body } = await ask(swarm, "/orchestrator/metrics/dashboard");
  assert.nestedPropertyVal(body, "layer_overview.1.is_bottleneck", true);
  assert.nestedPropertyVal(body, "layer_overview.0.is_bottleneck", false);
  assert.nestedPropertyVal(body, "recent_activity.completions_last_5min", 3);
});

test("merges are shown by when they began, with how long their parts took", async () => {
  const swarm = new ShownSwarm();
  const merge = { kind: "phase", layer: 2, text: "", merges: 0 };
  const at = (secondsAgo: number): number => NOW_MS - secondsAgo * 1000;
  await swarm.event({ ...merge, timeMs: at(90_000), phase: "weights_uploading" });
  await swarm.event({ ...merge, timeMs: at(89_000), phase: "is_training", merges: 1 });
  await swarm.event({ ...merge, timeMs: at(100), phase: "weights_uploading", merges: 1 });
  await swarm.event({ ...merge, timeMs: at(70), phase: "miners_merging_partitions", merges: 1 });
  await swarm.event({ ...merge, timeMs: at(20), phase: "is_training", merges: 2 });
  const { body } = await ask(swarm, "/orchestrator/metrics/merge_session_timeline");
  assert.nestedPropertyVal(body, "layer_statistics.2.total_sessions", 1);
  assert.nestedPropertyVal(body, "sessions[0].status", "completed");
  assert.nestedPropertyVal(body, "sessions[0].weights_collection_duration", 30);
  assert.nestedPropertyVal(body, "sessions[0].partition_merging_duration", 50);
  assert.nestedPropertyVal(body, "sessions[0].duration", 80);
});

test("a window that is no time is refused", async () => {
  for (const window of ["x", "-1", "0", "Infinity", ""]) {
    const target = `/orchestrator/metrics/merge_session_timeline?time_window_hours=${window}`;
    assert.equal((await ask(new ShownSwarm(), target)).status, 422, window);
  }
});
