/**
 * What the chain tells of a subnet: what the hotkey earns there, and who else is there.
 *
 * @module
 */

import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { fixedCoins } from "../../core/chain/amounts.ts";
import type { Earnings, NeuronRow } from "../worker/chain_api.ts";
import { earnings, network, readMetagraph, updateEarnings } from "./chain.ts";
import { count, duration, percent } from "./format.ts";
import { hotkey, netuid, uid } from "./join.ts";
import { reasonOf } from "./node.ts";
import { Tiles } from "./tiles.tsx";

const BLOCK_SECONDS = 12;
const DECIMALS = 4;

/** See the module. */
export function NetworkView(): JSX.Element {
  useSignalEffect(() => {
    const key = hotkey.value;
    earnings.value = undefined;
    // What it earns is shown beside: that it cannot be had is told where the chain is asked.
    if (uid.value !== undefined && key) updateEarnings(netuid.value, key.address).catch(() => {});
  });
  return (
    <section id="network" aria-labelledby="network-title">
      <h2 id="network-title">Subnet {netuid}</h2>
      {earnings.value && <EarningsTiles earned={earnings.value} />}
      <MetagraphTable />
    </section>
  );
}

function EarningsTiles({ earned }: { readonly earned: Earnings }): JSX.Element {
  const { uid, rank, neuronCount, stakeRao, incentive, emissionRao, immunityBlocksLeft } = earned;
  return (
    <Tiles
      label="Your earnings"
      facts={[
        ["your uid", count(uid)],
        ["rank by incentive", `${count(rank)} of ${count(neuronCount)}`],
        ["stake, alpha", fixedCoins(stakeRao, DECIMALS)],
        ["incentive", percent(incentive)],
        ["emission, alpha an epoch", fixedCoins(emissionRao, DECIMALS)],
        [
          "immunity left",
          immunityBlocksLeft === undefined
            ? "the chain does not tell"
            : duration(immunityBlocksLeft * BLOCK_SECONDS),
        ],
      ]}
    />
  );
}

function MetagraphTable(): JSX.Element {
  const neurons = useSignal<readonly NeuronRow[] | undefined>(undefined);
  const isAsking = useSignal(false);
  const fault = useSignal("");
  const ask = async (): Promise<void> => {
    isAsking.value = true;
    fault.value = "";
    try {
      neurons.value = await readMetagraph(netuid.value);
    } catch (error) {
      fault.value = reasonOf(error);
    } finally {
      isAsking.value = false;
    }
  };
  useSignalEffect(() => {
    // Another chain or subnet has other neurons.
    if (network.value !== "" && netuid.value >= 0) neurons.value = undefined;
  });
  return (
    <>
      <p class="buttons">
        <button type="button" onClick={ask} disabled={isAsking.value}>
          {isAsking.value ? "Asking the chain …" : "Show the metagraph"}
        </button>
      </p>
      {fault.value !== "" && <p class="notice bad" role="alert">{fault.value}</p>}
      {neurons.value?.length === 0 && <p class="soft">Nobody is registered here yet.</p>}
      {neurons.value && neurons.value.length > 0 && <NeuronTable neurons={neurons.value} />}
    </>
  );
}

function NeuronTable({ neurons }: { readonly neurons: readonly NeuronRow[] }): JSX.Element {
  const own = hotkey.value?.address;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of neurons">
      <table>
        <thead>
          <tr>
            {["uid", "hotkey", "kind", "stake, alpha", "incentive", "emission, alpha"].map((
              name,
            ) => <th scope="col" key={name}>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {neurons.map(({ uid, hotkey, isValidator, stakeRao, incentive, emissionRao }) => (
            <tr key={uid} class={hotkey === own ? "own" : ""}>
              <td>{uid}</td>
              <td>
                <code>{hotkey}</code>
              </td>
              <td>{isValidator ? "validator" : "miner"}</td>
              <td>{fixedCoins(stakeRao, DECIMALS)}</td>
              <td>{percent(incentive)}</td>
              <td>{fixedCoins(emissionRao, DECIMALS)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
