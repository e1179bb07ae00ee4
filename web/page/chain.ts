/**
 * The chain as the page sees it. Its thread, with the chain's library, starts when somebody joins.
 *
 * @module
 */

import { signal } from "@preact/signals";
import { proxy, type Remote, wrap } from "comlink";
import type { Metagraph } from "../../core/chain/metagraph.ts";
import type { CallStage, Receipt } from "../../core/chain/receipt.ts";
import {
  type AgreedRegistration,
  type ChainApi,
  type Earnings,
  type NeuronRow,
  PRACTICE,
  type RegistrationView,
} from "../worker/chain_api.ts";
import { signWithWallet, type WalletAccount } from "./extension.ts";

/** Chains that one can choose by name. */
export const NETWORKS = [
  { name: "finney", label: "finney: the real one" },
  { name: "test", label: "test: TAO without worth" },
  { name: PRACTICE, label: "practice: in this tab, costs nothing" },
] as const;

export const network = signal<string>("finney");
/** Earnings of the hotkey that mines; undefined while it is not registered, or nobody has asked. */
export const earnings = signal<Earnings | undefined>(undefined);

let api: Remote<ChainApi> | undefined;
let opened: string | undefined;

/** What one must know before one registers. @throws {Error} if the chain does not answer */
export async function readRegistration(
  netuid: number,
  coldkey: string,
  hotkey: string,
): Promise<RegistrationView> {
  return await (await chain()).registration(netuid, coldkey, hotkey);
}

/** Sends a registration, once. @throws {Error} that says whether it may have been carried out */
export async function register(
  account: WalletAccount,
  registration: AgreedRegistration,
  onProgress: (stage: CallStage) => void,
): Promise<Receipt> {
  return await (await chain()).register(
    account.address,
    proxy((request) => signWithWallet(account, request)),
    registration,
    proxy(onProgress),
  );
}

/** Looks what a hotkey earns. */
export async function updateEarnings(netuid: number, hotkey: string): Promise<void> {
  earnings.value = await (await chain()).earnings(netuid, hotkey);
}

/** Who is registered on a subnet, for the node. */
export async function readRegistered(netuid: number): Promise<Metagraph> {
  return await (await chain()).registered(netuid);
}

/** Tells the chain where the axon of a hotkey is reached. */
export async function serveAxon(
  netuid: number,
  hotkey: string,
  place: { readonly ip: string; readonly port: number },
  sign: (hex: string) => Promise<string>,
): Promise<void> {
  await (await chain()).serveAxon(netuid, hotkey, place, proxy(sign));
}

/** The neurons of a subnet. */
export async function readMetagraph(netuid: number): Promise<readonly NeuronRow[]> {
  return await (await chain()).metagraph(netuid);
}

async function chain(): Promise<Remote<ChainApi>> {
  api ??= wrap<ChainApi>(
    new Worker(new URL("../worker/chain_worker.ts", import.meta.url), {
      type: "module",
      name: "weft chain",
    }),
  );
  const wanted = network.value;
  if (opened !== wanted) {
    opened = undefined;
    await api.open(wanted);
    opened = wanted;
  }
  return api;
}
