/**
 * The routes of dashboards, open to all: Weft's own overview, and those of the published
 * orchestrator under `/orchestrator/metrics` for miners, layers and merges. Their times are in
 * seconds, as there. `/orchestrator/losses` is among the main routes.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/api.py`, `orchestrator/orchestrator.py`.
 *
 * @module
 */

import * as v from "valibot";
import type { Route } from "../api/routes.ts";
import type { Handlers } from "../api/service.ts";
import type { Dashboards } from "./dashboards.ts";
import { Overview } from "./overview.ts";
import {
  layerPerformance,
  mergeTimeline,
  minerPerformance,
  nowOnDashboard,
  type Sight,
} from "./performance.ts";
import * as p from "./performance_schemas.ts";

/** A page asks every two seconds; several of them may stand behind one address. */
const LIMIT = { requests: 10, perSeconds: 1 };
const DEFAULT_SECONDS = 3600;
const DEFAULT_HOURS = 24;

function positiveText(fallback: number): v.GenericSchema<unknown, number> {
  const above = v.pipe(v.string(), v.transform(Number), v.finite(), v.gtValue(0));
  return v.optional(above, `${fallback}`);
}

/** See the module. */
export const DASHBOARD_ROUTES = {
  overview: {
    method: "GET",
    path: "/orchestrator/overview",
    access: "public",
    answer: Overview,
    limit: LIMIT,
  },
  minerPerformance: {
    method: "GET",
    path: "/orchestrator/metrics/miner_performance/{miner_hotkey}",
    access: "public",
    query: v.object({
      miner_hotkey: v.string(),
      time_window_seconds: positiveText(DEFAULT_SECONDS),
    }),
    answer: p.MinerPerformance,
    limit: LIMIT,
  },
  layerPerformance: {
    method: "GET",
    path: "/orchestrator/metrics/layer_performance/{layer}",
    access: "public",
    query: v.object({
      layer: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)),
      time_window_seconds: positiveText(DEFAULT_SECONDS),
    }),
    answer: p.LayerPerformance,
    limit: LIMIT,
  },
  dashboard: {
    method: "GET",
    path: "/orchestrator/metrics/dashboard",
    access: "public",
    answer: p.DashboardNow,
    limit: LIMIT,
  },
  mergeTimeline: {
    method: "GET",
    path: "/orchestrator/metrics/merge_session_timeline",
    access: "public",
    query: v.object({ time_window_hours: positiveText(DEFAULT_HOURS) }),
    answer: p.MergeSessionTimeline,
    limit: LIMIT,
  },
} as const satisfies Record<string, Route>;

/** Answers {@linkcode DASHBOARD_ROUTES}. */
export function dashboardRoutes(dashboards: Dashboards): Handlers<typeof DASHBOARD_ROUTES> {
  const sight = async (): Promise<Sight> => {
    const overview = await dashboards.overview();
    return { overview, pathways: dashboards.history.pathways };
  };
  return {
    overview: () => dashboards.overview(),
    minerPerformance: async ({ query }) =>
      minerPerformance(await sight(), query.miner_hotkey, query.time_window_seconds),
    layerPerformance: async ({ query }) =>
      layerPerformance(await sight(), query.layer, query.time_window_seconds),
    dashboard: async () => nowOnDashboard(await sight()),
    mergeTimeline: async ({ query }) => mergeTimeline(await sight(), query.time_window_hours),
  };
}
