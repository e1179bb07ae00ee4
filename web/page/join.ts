/**
 * Joining a subnet, step by step: a coldkey of an extension, a hotkey of this browser, and a
 * registration that the one pays for the other.
 *
 * @module
 */

import { batch, computed, signal } from "@preact/signals";
import type { CallStage } from "../../core/chain/receipt.ts";
import type { RegistrationView } from "../worker/chain_api.ts";
import type { HotkeyEntry } from "../worker/node_api.ts";
import { network, readRegistration, register } from "./chain.ts";
import { wallet, type WalletAccount } from "./extension.ts";
import { node, reasonOf } from "./node.ts";

/** The price may rise by a twentieth until it is paid. */
const SLACK_DIVISOR = 20n;

/** Where a registration stands. */
export type RegistrationState =
  | { readonly kind: "unknown" }
  | { readonly kind: "looking" }
  | { readonly kind: "known"; readonly view: RegistrationView }
  | { readonly kind: "sending"; readonly view: RegistrationView; readonly stage: CallStage }
  | { readonly kind: "failed"; readonly reason: string };

/** Subnets that one can join. */
export const SUBNETS = [
  { netuid: 9, label: "iota (9): train a language model" },
  { netuid: 27, label: "compute (27): answer hash challenges" },
] as const;

export const netuid = signal<number>(SUBNETS[0].netuid);
export const coldkey = signal<WalletAccount | undefined>(undefined);
export const hotkeys = signal<readonly HotkeyEntry[]>([]);
export const hotkey = signal<HotkeyEntry | undefined>(undefined);
/** The words of a hotkey that was made now, until their owner has written them down. */
export const newWords = signal<string | undefined>(undefined);
export const registration = signal<RegistrationState>({ kind: "unknown" });

/** The coldkey, as long as its extension shows it. */
export const shownColdkey = computed(() => {
  const chosen = coldkey.value;
  if (wallet.value.kind !== "connected" || !chosen) return undefined;
  return wallet.value.accounts.find(({ address }) => address === chosen.address);
});

/** The uid of the hotkey, once it is registered. */
export const uid = computed(() => {
  const state = registration.value;
  return state.kind === "known" ? state.view.uid : undefined;
});

/** Reads which hotkeys this browser keeps. */
export async function loadHotkeys(): Promise<void> {
  hotkeys.value = await node.listHotkeys();
  hotkey.value = hotkeys.value.find(({ address }) => address === hotkey.value?.address) ??
    hotkeys.value[0];
}

/** Makes a hotkey, whose words are shown once. */
export async function createHotkey(name: string, passphrase: string): Promise<void> {
  const { mnemonic, ...entry } = await node.createHotkey(name, passphrase);
  batch(() => {
    newWords.value = mnemonic;
    take(entry);
  });
}

/** Keeps a hotkey that there was before: its words, or its keyfile's JSON. */
export async function importHotkey(
  name: string,
  secret: string,
  passphrase: string,
): Promise<void> {
  take(await node.importHotkey(name, secret, passphrase));
}

/** The keyfile of the chosen hotkey, for btcli. @throws {Error} for another passphrase */
export async function exportHotkey(passphrase: string): Promise<string> {
  const chosen = hotkey.value;
  if (!chosen) throw new Error("there is no hotkey to export");
  return await node.exportHotkey(chosen.address, passphrase);
}

/** Removes the chosen hotkey from this browser. */
export async function forgetHotkey(): Promise<void> {
  const chosen = hotkey.value;
  if (!chosen) return;
  await node.forgetHotkey(chosen.address);
  hotkey.value = undefined;
  await loadHotkeys();
}

/** Looks what a registration costs, and whether there is one. */
export async function look(): Promise<void> {
  const [payer, key] = [shownColdkey.value, hotkey.value];
  if (!payer || !key) return;
  registration.value = { kind: "looking" };
  try {
    const view = await readRegistration(netuid.value, payer.address, key.address);
    registration.value = { kind: "known", view };
  } catch (error) {
    registration.value = { kind: "failed", reason: reasonOf(error) };
  }
}

/** The most that is paid for what was shown. */
export function limitRao({ burnRao }: RegistrationView): bigint {
  return burnRao + burnRao / SLACK_DIVISOR;
}

/** Has the wallet sign the registration that was shown, and follows it until it is final. */
export async function payRegistration(): Promise<void> {
  const [payer, key, state] = [shownColdkey.value, hotkey.value, registration.value];
  if (!payer || !key || state.kind !== "known" || state.view.uid !== undefined) return;
  const { view } = state;
  const follow = (stage: CallStage): void => {
    registration.value = { kind: "sending", view, stage };
  };
  follow("signing");
  try {
    const agreed = { netuid: view.netuid, hotkey: key.address, limitRao: limitRao(view) };
    await register(payer, agreed, follow);
  } catch (error) {
    registration.value = { kind: "failed", reason: reasonOf(error) };
    return;
  }
  await look();
}

/** Another network, subnet, account or key: what was known of a registration is void. */
export function forgetRegistration(): void {
  registration.value = { kind: "unknown" };
}

/** Chooses a network by name or address. */
export function chooseNetwork(name: string): void {
  network.value = name;
  forgetRegistration();
}

function take(entry: HotkeyEntry): void {
  hotkeys.value = [...hotkeys.value, entry];
  hotkey.value = entry;
  forgetRegistration();
}
