/**
 * The steps of joining a subnet. Each shows itself when the one before it is done.
 *
 * @module
 */

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { network, NETWORKS } from "./chain.ts";
import { connectWallet, disconnectWallet, wallet } from "./extension.ts";
import { HotkeyStep } from "./hotkey_step.tsx";
import {
  chooseNetwork,
  coldkey,
  forgetRegistration,
  hotkey,
  loadHotkeys,
  look,
  netuid,
  registration,
  shownColdkey,
  SUBNETS,
} from "./join.ts";
import { RegistrationStep } from "./registration_step.tsx";

/** See the module. */
export function JoinView(): JSX.Element {
  useEffect(() => void loadHotkeys(), []);
  useSignalEffect(() => {
    const isReady = shownColdkey.value !== undefined && hotkey.value !== undefined;
    if (isReady && registration.value.kind === "unknown") void look();
  });
  return (
    <section id="join" aria-labelledby="join-title">
      <h2 id="join-title">Join</h2>
      <p class="soft">
        Registering binds a hotkey of this browser to a place in a subnet. Your coldkey pays for it,
        stays in your wallet extension, and signs there.
      </p>
      <ol class="steps">
        <li>
          <h3>Network</h3>
          <NetworkChoice />
        </li>
        <li>
          <h3>Coldkey</h3>
          <ColdkeyStep />
        </li>
        <li>
          <h3>Hotkey</h3>
          <HotkeyStep />
        </li>
        <li>
          <h3>Registration</h3>
          <RegistrationStep />
        </li>
      </ol>
    </section>
  );
}

function NetworkChoice(): JSX.Element {
  return (
    <p class="fields">
      <label>
        chain
        <select
          value={network.value}
          onChange={({ currentTarget }) => chooseNetwork(currentTarget.value)}
        >
          {NETWORKS.map(({ name, label }) => <option value={name} key={name}>{label}</option>)}
        </select>
      </label>
      <label>
        subnet
        <select
          value={netuid.value}
          onChange={({ currentTarget }) => {
            netuid.value = Number(currentTarget.value);
            forgetRegistration();
          }}
        >
          {SUBNETS.map(({ netuid, label }) => <option value={netuid} key={netuid}>{label}</option>)}
        </select>
      </label>
    </p>
  );
}

function ColdkeyStep(): JSX.Element {
  const state = wallet.value;
  switch (state.kind) {
    case "unknown":
      return (
        <p class="buttons">
          <button type="button" onClick={connectWallet}>Connect a wallet extension</button>
        </p>
      );
    case "asking":
      return <p role="status">Your wallet asks whether this page may see your accounts …</p>;
    case "none":
      return (
        <>
          <p class="notice bad" role="alert">{state.reason}</p>
          <p class="buttons">
            <button type="button" onClick={connectWallet}>Try again</button>
          </p>
        </>
      );
    case "connected":
      return <ColdkeyChoice />;
  }
}

function ColdkeyChoice(): JSX.Element {
  const state = wallet.value;
  const accounts = state.kind === "connected" ? state.accounts : [];
  if (accounts.length === 0) {
    return (
      <p class="notice bad" role="alert">
        Your wallet shows no sr25519 account to this page: create one there, or allow this page to
        see it.
      </p>
    );
  }
  return (
    <p class="fields">
      <label>
        account
        <select
          value={shownColdkey.value?.address ?? ""}
          onChange={({ currentTarget }) => {
            coldkey.value = accounts.find(({ address }) => address === currentTarget.value);
            forgetRegistration();
          }}
        >
          <option value="" disabled>choose one</option>
          {accounts.map(({ address, name, source }) => (
            <option value={address} key={`${source} ${address}`}>
              {`${name || "unnamed"} · ${address.slice(0, 8)}…${address.slice(-6)} · ${source}`}
            </option>
          ))}
        </select>
      </label>
      <button type="button" onClick={disconnectWallet}>Disconnect</button>
    </p>
  );
}
