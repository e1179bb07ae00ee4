/**
 * Losses, as the miners of the last layer report them.
 *
 * @module
 */

import * as v from "valibot";
import { LossRecord, type LossReport } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import { type ActivationBook, isAlive } from "./activation_book.ts";
import { shortKey } from "./event_log.ts";
import { LOSSES, type MinerRecord } from "./records.ts";

/** Losses that are told to who asks for all. */
const MAX_TOLD = 2000;

/** See the module. */
export class LossReports {
  readonly #book: ActivationBook;

  constructor(book: ActivationBook) {
    this.#book = book;
  }

  /**
   * Takes a loss, once for each time that the activation was handed out.
   *
   * @throws {Refusal} 409 from anybody but who has the activation in hand on the last layer
   */
  async report({ hotkey, layer }: MinerRecord, report: LossReport): Promise<LossRecord> {
    const { context, phases } = this.#book;
    const { activation_uid: uid, loss_value: loss } = report;
    const record = await this.#book.read(uid);
    const isOurs = record?.holder?.hotkey === hotkey || record?.path[layer]?.hotkey === hotkey;
    const isLast = layer === context.settings.model.splits.length - 1;
    if (!record || !isLast || !isOurs || !isAlive(record, await phases.layer(0))) {
      context.log.warn(
        `refused a loss of ${shortKey(hotkey)}: activation ${uid} is not in its hands`,
      );
      throw new Refusal(409, `Activation ${uid} is not in your hands`);
    }
    const taken = { ...report, hotkey, timestamp: context.wallClock.unixMs() / 1000 };
    if (record.loss !== null) return { ...taken, loss_value: record.loss };
    // First the journal: what is told twice is seen twice, but nothing that was answered is lost.
    await context.state.journals.append(LOSSES, taken);
    await this.#book.change(uid, (now) => now.loss === null ? { ...now, loss } : undefined);
    return taken;
  }

  /** The last losses by hotkey, oldest first. */
  async all(): Promise<Record<string, LossRecord[]>> {
    const entries = await this.#book.context.state.journals.last(LOSSES, MAX_TOLD);
    const losses: Record<string, LossRecord[]> = {};
    for (const { value } of entries) {
      const read = v.safeParse(LossRecord, value);
      if (read.success) (losses[read.output.hotkey] ??= []).push(read.output);
    }
    return losses;
  }
}
