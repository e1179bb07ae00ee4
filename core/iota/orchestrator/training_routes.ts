/**
 * The routes of training: registration, work, losses, and where files go.
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/api.py`, `storage/api.py`.
 *
 * @module
 */

import { learningRateAt } from "../../model/schedule.ts";
import { NO_BATCH_HEADER, type ROUTES } from "../api/routes.ts";
import { type Handlers, Refusal } from "../api/service.ts";
import type { LayerPhases } from "./activations.ts";
import { stepNumber } from "./settings.ts";
import { type StorageParts, type StorageRouteName, storageRoutes } from "./storage_routes.ts";

/** Names of these routes. */
export type TrainingRouteName =
  | StorageRouteName
  | "registerMiner"
  | "health"
  | "isRegistered"
  | "updateStatus"
  | "learningRate"
  | "reportLoss"
  | "randomActivation"
  | "isActive"
  | "downloadActivation"
  | "uploadActivation"
  | "losses";

/** What these routes work with. */
export interface TrainingParts extends StorageParts {
  readonly phases: LayerPhases;
}

/** Handlers of these routes. */
export function trainingRoutes(
  parts: TrainingParts,
): Handlers<Pick<typeof ROUTES, TrainingRouteName>> {
  return { ...memberRoutes(parts), ...workRoutes(parts), ...storageRoutes(parts) };
}

type MemberRouteName = "registerMiner" | "health" | "isRegistered" | "learningRate" | "losses";

function memberRoutes(
  { context, registry, activations, phases }: TrainingParts,
): Handlers<Pick<typeof ROUTES, MemberRouteName>> {
  return {
    registerMiner: async ({ hotkey }) => {
      const { layer } = await registry.register(hotkey);
      return { hotkey, layer, message: "Successfully registered", version: context.version };
    },
    health: () => Promise.resolve({ status: "healthy" }),
    isRegistered: async ({ hotkey }) => ({
      is_registered: await registry.get(hotkey) !== undefined,
    }),
    learningRate: async ({ hotkey }) => {
      // A validator has no layer of its own; all layers merge about as often.
      const miner = await registry.get(hotkey);
      const { merges } = await phases.layer(miner?.layer ?? 0);
      const step = stepNumber(context.settings, merges, miner?.backwards ?? 0);
      return learningRateAt(step, context.settings.schedule);
    },
    losses: async () => ({ losses: await activations.losses() }),
  };
}

type WorkRouteName =
  | "updateStatus"
  | "reportLoss"
  | "randomActivation"
  | "isActive"
  | "downloadActivation"
  | "uploadActivation";

function workRoutes(
  { registry, activations }: TrainingParts,
): Handlers<Pick<typeof ROUTES, WorkRouteName>> {
  return {
    randomActivation: ({ hotkey, waitMs, request: { signal, headers } }) => {
      const beginsNone = headers.get(NO_BATCH_HEADER.toLowerCase()) !== null;
      return activations.random(hotkey, { waitMs, beginsNone, signal });
    },
    updateStatus: async ({ hotkey, body }) => {
      await activations.submit(hotkey, body);
      return { message: "Status updated successfully" };
    },
    reportLoss: async ({ hotkey, body }) => {
      const taken = await activations.reportLoss(hotkey, body);
      return { ...taken, message: "Loss reported successfully" };
    },
    isActive: async ({ hotkey, query: { activation_uid } }) => ({
      is_active: await activations.isActive(hotkey, activation_uid),
    }),
    downloadActivation: async ({ body: { activation_uid: uid, direction, layer } }) => {
      const path = await activations.download({ uid, direction, layer });
      return path === undefined
        ? { message: "Error downloading activation", data: { path: null } }
        : { message: "Activation downloaded successfully", data: { path } };
    },
    uploadActivation: async ({ hotkey, body }) => {
      const { activation_uid, layer, direction, activation_path } = body;
      const miner = await registry.find(hotkey);
      if (layer !== miner.layer) throw new Refusal(403, `You work for layer ${miner.layer}`);
      await activations.submit(hotkey, { status: direction, activation_uid, activation_path });
      return { message: "Activation uploaded successfully", data: { path: activation_path } };
    },
  };
}
