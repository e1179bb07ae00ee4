/**
 * What a request for work costs an orchestrator that knows of many activations.
 *
 * @module
 */

import { Activations } from "../../../core/iota/orchestrator/activations.ts";
import { Phases } from "../../../core/iota/orchestrator/phases.ts";
import {
  type ActivationRecord,
  ACTIVATIONS,
  changeRecord,
} from "../../../core/iota/orchestrator/records.ts";
import { Registry } from "../../../core/iota/orchestrator/registry.ts";
import { processClock, processWallClock } from "../../../headless/deno_host.ts";
import { SqliteState } from "../../../headless/sqlite_state.ts";
import { testContext } from "../../iota/orchestrator/context.ts";
import { median } from "../../../core/bench/timing.ts";

const ROUNDS = 9;
const REQUESTS = 500;

/** The cost with so many activations under way. */
export interface CostRow {
  readonly kind: "cost";
  readonly known: number;
  /** Of a request, the median of some rounds. */
  readonly microseconds: number;
}

/**
 * Measures on one growing state.
 * @param file where the state is kept; it is not there before
 */
export async function measureCosts(
  file: string,
  known: readonly number[],
  onStatus: (text: string) => void,
): Promise<CostRow[]> {
  const state = new SqliteState(file, { clock: processClock, wallClock: processWallClock });
  const context = await testContext({ state });
  const registry = new Registry(context);
  const phases = new Phases(context, registry);
  const nothing = (): Promise<void> => Promise.resolve();
  const listeners = { backwardDone: nothing, uploaded: nothing };
  const activations = new Activations(context, registry, phases, listeners);
  // The layers are filled in order, so that the second has no batch of its own to begin.
  for (const hotkey of ["head", "body"]) await registry.register(hotkey);
  const { phaseSinceMs: round } = await phases.layer(0);
  const rows: CostRow[] = [];
  let there = 0;
  for (const count of known) {
    onStatus(`writing down ${count} activations`);
    for (; there < count; there++) await write(`known-${there}`, round);
    rows.push({ kind: "cost", known: count, microseconds: await timeRequests() });
  }
  await state.close();
  return rows;

  async function write(uid: string, round: number): Promise<void> {
    const record: ActivationRecord = {
      ...{ uid, createdMs: round, round, initialKey: "tokens", layer: 1, direction: "forward" },
      holder: { hotkey: "other", untilMs: Number.MAX_SAFE_INTEGER, sinceMs: round, token: uid },
      ...{ path: [], loss: null },
    };
    await changeRecord(state.records, ACTIVATIONS, uid, () => record);
  }

  async function timeRequests(): Promise<number> {
    const { signal } = new AbortController();
    const times: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      const start = performance.now();
      for (let request = 0; request < REQUESTS; request++) {
        const wish = { waitMs: 0, beginsNone: false, signal };
        const { reason } = await activations.random("body", wish);
        if (reason !== "no_activation_found") throw new Error(`there was work, or ${reason}`);
      }
      times.push(1000 * (performance.now() - start) / REQUESTS);
    }
    return median(times);
  }
}
