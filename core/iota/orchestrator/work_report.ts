/**
 * Results as miners report them, and what the others are told of them.
 *
 * @module
 */

import type { Direction } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import { noteEvent, shortKey } from "./event_log.ts";
import type { MinerRecord } from "./records.ts";

/** A result as it is reported. */
export interface Report {
  readonly miner: MinerRecord;
  readonly uid: string;
  readonly direction: Direction;
  readonly address: string | null;
}

/** A result that was accepted. */
export interface AcceptedUpload {
  readonly uid: string;
  readonly hotkey: string;
  /** The layer that it is from. */
  readonly layer: number;
  readonly direction: Direction;
}

/** Who is told what was accepted. */
export interface ActivationListeners {
  /** @param miner as it is after the backward was counted */
  backwardDone(miner: MinerRecord): Promise<void>;
  uploaded(upload: AcceptedUpload): Promise<void>;
}

/** A refusal of a report, once its reason is written down in one line. */
export async function refuseReport(
  context: Pick<OrchestratorContext, "state" | "wallClock" | "log">,
  { miner: { hotkey, layer }, uid, direction }: Report,
  status: 403 | 409 | 422,
  reason: string,
): Promise<Refusal> {
  const text = `Activation ${uid} ${reason}`;
  context.log.warn(`refused ${direction} of ${shortKey(hotkey)} on layer ${layer}: ${text}`);
  await noteEvent(context, { kind: "refused", layer, hotkey, text, uid, direction });
  return new Refusal(status, text);
}
