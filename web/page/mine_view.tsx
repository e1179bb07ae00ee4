/**
 * Mining with a hotkey of this browser: on subnet 9 in the published swarm or in somebody's own, on
 * subnet 27 through a relay.
 *
 * @module
 */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { hotkey, loadHotkeys, netuid, uid } from "./join.ts";
import { forwards, relayUrl, startComputing, startMining, url } from "./mine.ts";
import { adapter, failure, isRunning, kind, phase, stopRun } from "./node.ts";

const COMPUTE_NETUID = 27;

/** See the module. */
export function MineView(): JSX.Element {
  useEffect(() => void loadHotkeys(), []);
  const isCompute = netuid.value === COMPUTE_NETUID;
  const isMining = kind.value !== "local";
  return (
    <section id="mine" aria-labelledby="mine-title">
      <h2 id="mine-title">Mine</h2>
      <p class="soft">
        {isCompute
          ? "Answers hash challenges of subnet 27. A browser cannot listen: a relay, such as deno task " +
            "serve, listens for this tab, which verifies and signs for itself."
          : "One miner of a swarm on subnet 9: it trains the layer that the orchestrator gives it, and " +
            "merges with others."}{" "}
        Keep this tab open: browsers let its worker go on in the background, but sleep, closing the
        lid and the memory saver stop it.
      </p>
      {isRunning.value && isMining
        ? (
          <p class="buttons">
            <button type="button" onClick={stopRun} disabled={phase.value === "stopping"}>
              Stop
            </button>
          </p>
        )
        : <MineForm isCompute={isCompute} />}
      {!hotkey.value && (
        <p class="soft">There is no hotkey in this browser yet: create or import one above.</p>
      )}
      {phase.value === "failed" && isMining && (
        <p class="notice bad" role="alert">{failure.value}</p>
      )}
    </section>
  );
}

function MineForm({ isCompute }: { readonly isCompute: boolean }): JSX.Element {
  const passphrase = useSignal("");
  const key = hotkey.value;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!key) return;
    const typed = passphrase.value;
    passphrase.value = "";
    if (isCompute) void startComputing(key.address, typed, netuid.value);
    else void startMining(key.address, typed, uid.value);
  };
  const address = isCompute ? relayUrl : url;
  const isReady = isCompute || adapter.value.kind === "ready";
  return (
    <form class="fields" onSubmit={submit}>
      <label>
        {isCompute ? "relay" : "orchestrator"}
        <input
          type="url"
          required
          value={address.value}
          onInput={({ currentTarget }) => address.value = currentTarget.value}
        />
      </label>
      <label>
        passphrase of {key ? `hotkey ${key.name}` : "a hotkey"}
        <input
          type="password"
          required
          autocomplete="current-password"
          disabled={!key}
          value={passphrase.value}
          onInput={({ currentTarget }) => passphrase.value = currentTarget.value}
        />
      </label>
      {!isCompute && <ForwardChoice />}
      <button type="submit" class="primary" disabled={!key || !isReady || isRunning.value}>
        Mine
      </button>
    </form>
  );
}

function ForwardChoice(): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={forwards.value}
        onChange={({ currentTarget }) => forwards.value = currentTarget.checked}
      />
      through this page's server (deno task serve)
    </label>
  );
}
