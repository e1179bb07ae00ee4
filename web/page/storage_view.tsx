/**
 * What this browser keeps for the page, and what one may do about it.
 *
 * @module
 */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { stopsOnBattery } from "./awake.ts";
import { bytes } from "./format.ts";
import { keepStorage, reasonOf, storage, updateStorage } from "./node.ts";

/** See the module. */
export function StorageView(): JSX.Element {
  const fault = useSignal("");
  useEffect(() => {
    updateStorage().catch((error: unknown) => fault.value = reasonOf(error));
  }, []);
  const kept = storage.value;
  return (
    <section aria-labelledby="storage-title">
      <h2 id="storage-title">This browser</h2>
      {fault.value !== "" && <p class="notice bad" role="alert">{fault.value}</p>}
      {kept && (
        <dl class="facts">
          <div>
            <dt>kept by this page</dt>
            <dd>{bytes(kept.usedBytes)}</dd>
          </div>
          <div>
            <dt>it may keep</dt>
            <dd>{bytes(kept.quotaBytes)}</dd>
          </div>
          <div>
            <dt>kept when the disk is full</dt>
            <dd>{kept.isPersistent ? "yes" : "the browser may remove it"}</dd>
          </div>
        </dl>
      )}
      {kept && !kept.isPersistent && (
        <p class="buttons">
          <button type="button" onClick={keepStorage}>Ask the browser to keep it</button>
        </p>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={stopsOnBattery.value}
          onChange={({ currentTarget }) => stopsOnBattery.value = currentTarget.checked}
        />
        save and stop when this machine goes on battery
      </label>
    </section>
  );
}
