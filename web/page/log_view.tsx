/**
 * The log, from a level on that one chooses.
 *
 * @module
 */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { LogLevel } from "../worker/browser_host.ts";
import { logLines } from "./node.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** See the module. */
export function LogView(): JSX.Element {
  const least = useSignal<LogLevel>("info");
  const shown = logLines.value.filter(({ level }) =>
    LEVELS.indexOf(level) >= LEVELS.indexOf(least.value)
  );
  return (
    <section aria-labelledby="log-title">
      <div class="title">
        <h2 id="log-title">Log</h2>
        <label>
          from level{" "}
          <select
            value={least.value}
            onChange={({ currentTarget }) => {
              least.value = LEVELS.find((level) => level === currentTarget.value) ?? "info";
            }}
          >
            {LEVELS.map((level) => <option key={level}>{level}</option>)}
          </select>
        </label>
      </div>
      {shown.length === 0
        ? <p class="soft">Nothing to tell.</p>
        : (
          <ol class="log scroll" tabIndex={0} aria-labelledby="log-title">
            {shown.map(({ at, level, message }, index) => (
              <li key={index} class={level}>
                <time dateTime={at.toISOString()}>{TIME.format(at)}</time> <b>{level}</b> {message}
              </li>
            ))}
          </ol>
        )}
    </section>
  );
}
