/**
 * What to measure, and the buttons that start and stop it.
 *
 * @module
 */

import type { JSX } from "preact";
import {
  chosen,
  failure,
  gpu,
  isRunning,
  PARTS,
  parts,
  phase,
  remarks,
  ROUNDS,
  rounds,
  start,
  status,
  stop,
} from "./bench.ts";
import type { BenchPart } from "./bench_api.ts";

/** See the module. */
export function RunForm(): JSX.Element {
  return (
    <section aria-labelledby="run-title">
      <h2 id="run-title">Measure this device</h2>
      {gpu.value === "missing" && (
        <p class="notice" role="status">
          No WebGPU here, or no GPU that it may use: only password search is measured, on the
          processor in WebAssembly. Chrome and Edge 113, Safari 26 and Firefox 141 have WebGPU, and
          later ones.
        </p>
      )}
      <fieldset disabled={isRunning.value}>
        <legend>Parts</legend>
        {PARTS.map(({ part, label }) => <Part key={part} part={part} label={label} />)}
      </fieldset>
      <div class="buttons">
        <label class="rounds">
          Rounds{" "}
          <select
            value={rounds.value}
            disabled={isRunning.value}
            onChange={({ currentTarget }) => rounds.value = Number(currentTarget.value)}
          >
            {ROUNDS.map((count) => <option key={count} value={count}>{count}</option>)}
          </select>
        </label>
        {isRunning.value ? <button type="button" onClick={stop}>Stop</button> : (
          <button
            type="button"
            class="primary"
            disabled={parts.value.length === 0 || gpu.value === "looking"}
            onClick={start}
          >
            {phase.value === "idle" ? "Start" : "Measure again"}
          </button>
        )}
      </div>
      <Progress />
    </section>
  );
}

function Part({ part, label }: { part: BenchPart; label: string }): JSX.Element {
  const isPossible = part === "hash" || gpu.value !== "missing";
  return (
    <label>
      <input
        type="checkbox"
        checked={chosen.value.has(part) && isPossible}
        disabled={!isPossible}
        onChange={({ currentTarget }) => {
          const all = new Set(chosen.value);
          if (currentTarget.checked) all.add(part);
          else all.delete(part);
          chosen.value = all;
        }}
      />
      {label}
    </label>
  );
}

function Progress(): JSX.Element {
  return (
    <>
      <p class="progress" role="status">
        {isRunning.value && `Now: ${status.value} …`}
        {phase.value === "done" && "Done."}
        {phase.value === "stopped" && "Stopped. What was measured is kept."}
      </p>
      {phase.value === "failed" && <p class="notice bad" role="alert">{failure.value}</p>}
      {remarks.value.length > 0 && (
        <ul class="soft">
          {remarks.value.map((remark) => <li key={remark}>Checked: {remark}.</li>)}
        </ul>
      )}
    </>
  );
}
