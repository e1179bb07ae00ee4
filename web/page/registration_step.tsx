/**
 * What a registration costs, and paying it.
 *
 * @module
 */

import type { JSX } from "preact";
import { formatTao } from "../../core/chain/amounts.ts";
import type { RegistrationView } from "../worker/chain_api.ts";
import { count, duration } from "./format.ts";
import { hotkey, limitRao, look, payRegistration, registration, shownColdkey } from "./join.ts";

const BLOCK_SECONDS = 12;
const STAGES = {
  ...{ signing: "waiting for your wallet to sign", submitted: "sent, waiting for a block" },
  ...{ inBlock: "in a block, waiting until it is final", finalized: "final" },
  reconnecting: "the connection broke, looking for it again",
} as const;

/** See the module. */
export function RegistrationStep(): JSX.Element {
  if (!shownColdkey.value || !hotkey.value) {
    return <p class="soft">Choose a coldkey and a hotkey first.</p>;
  }
  const state = registration.value;
  switch (state.kind) {
    case "unknown":
    case "looking":
      return <p role="status">Asking the chain …</p>;
    case "failed":
      return (
        <>
          <p class="notice bad" role="alert">{state.reason}</p>
          <p class="buttons">
            <button type="button" onClick={look}>Look again</button>
          </p>
        </>
      );
    case "sending":
      return <p role="status">{STAGES[state.stage]} …</p>;
    case "known":
      return <Known view={state.view} />;
  }
}

function Known({ view }: { readonly view: RegistrationView }): JSX.Element {
  const { uid, netuid, identity, burnRao, transferableRao, registrationAllowed } = view;
  if (uid !== undefined) {
    return (
      <p class="good" role="status">
        <b>Registered</b> on subnet {netuid} of {identity.network} as uid {uid}.
      </p>
    );
  }
  if (!registrationAllowed) {
    return <p class="notice bad" role="alert">Subnet {netuid} takes no registrations now.</p>;
  }
  const isEnough = transferableRao >= burnRao;
  return (
    <>
      <dl class="facts">
        <Fact label="price" value={formatTao(burnRao)} />
        <Fact label="at most, should it rise" value={formatTao(limitRao(view))} />
        <Fact label="your coldkey can spend" value={formatTao(transferableRao)} />
        <Fact
          label="places taken"
          value={`${count(view.neuronCount)} of ${count(view.maxNeuronCount)}`}
        />
        <Fact label="safe for" value={duration(view.immunityBlocks * BLOCK_SECONDS)} />
      </dl>
      <p class="soft">The price is burned, and not refundable.</p>
      {!isEnough && (
        <p class="notice bad" role="alert">
          Your coldkey has too little: send it {formatTao(burnRao - transferableRao)} or more.
        </p>
      )}
      <p class="buttons">
        <button type="button" class="primary" disabled={!isEnough} onClick={payRegistration}>
          Register for {formatTao(burnRao)}
        </button>
        <button type="button" onClick={look}>Look again</button>
      </p>
    </>
  );
}

function Fact({ label, value }: { readonly label: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
