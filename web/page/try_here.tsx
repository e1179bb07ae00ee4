/**
 * The button that starts the whole network in this tab.
 *
 * @module
 */

import type { JSX } from "preact";
import {
  adapter,
  clearLocalRun,
  failure,
  isRunning,
  kind,
  phase,
  startLocalRun,
  stopRun,
} from "./node.ts";

const SETTINGS = { model: "auto", steps: 400, challenges: true };

/** See the module. */
export function TryHere(): JSX.Element {
  const isReady = adapter.value.kind === "ready";
  const hasRun = phase.value !== "idle" && kind.value === "local";
  return (
    <section id="try" aria-labelledby="try-title">
      <h2 id="try-title">Try it here</h2>
      <p class="soft">
        The whole network in this tab, no wallet: an orchestrator, three stages of a small model
        that read Moby Dick, and hash challenges between two slices of training.
      </p>
      <p class="buttons">
        {isRunning.value && kind.value === "local"
          ? (
            <button type="button" onClick={stopRun} disabled={phase.value === "stopping"}>
              {phase.value === "stopping" ? "Saving …" : "Stop"}
            </button>
          )
          : (
            <button
              type="button"
              class="primary"
              disabled={!isReady || isRunning.value}
              onClick={() => startLocalRun(SETTINGS)}
            >
              {hasRun ? "Go on" : "Start"}
            </button>
          )}
        {!isRunning.value && hasRun && (
          <button type="button" onClick={clearLocalRun}>Forget this run</button>
        )}
      </p>
      {phase.value === "failed" && kind.value === "local" && (
        <p class="notice bad" role="alert">{failure.value}</p>
      )}
    </section>
  );
}
