/**
 * What every state of an orchestrator must do, wherever it keeps things. Two connections stand for
 * two processes.
 *
 * @module
 */

import { journalCases } from "./state_cases/journals.ts";
import { nameCases } from "./state_cases/names.ts";
import type { RegisterCase } from "./state_cases/place.ts";
import { duplicateCases, leaseCases, queueCases } from "./state_cases/queues.ts";
import { raceCases, recordCases } from "./state_cases/records.ts";
import { signalCases } from "./state_cases/signals.ts";

/** Registers all cases. */
export function stateCases(register: RegisterCase): void {
  recordCases(register);
  raceCases(register);
  queueCases(register);
  leaseCases(register);
  duplicateCases(register);
  journalCases(register);
  signalCases(register);
  nameCases(register);
}
