/**
 * Wallet extensions: which there are, their accounts, and asking them to sign. The library is loaded
 * when somebody joins.
 *
 * @module
 */

import { signal } from "@preact/signals";
import * as v from "valibot";
import type { SigningRequest } from "../worker/chain_api.ts";

const APP_NAME = "Weft";

const Hex = v.custom<`0x${string}`>((value) => typeof value === "string" && /^0x/.test(value));

/** `SignerPayloadJSON` of the library. */
const Payload = v.object({
  ...{ address: v.string(), method: v.string(), version: v.number() },
  ...{ blockHash: Hex, blockNumber: Hex, era: Hex, genesisHash: Hex, nonce: Hex, tip: Hex },
  ...{ specVersion: Hex, transactionVersion: Hex, signedExtensions: v.array(v.string()) },
  ...{ assetId: v.optional(Hex), metadataHash: v.optional(Hex), mode: v.optional(v.number()) },
  withSignedTransaction: v.optional(v.boolean()),
});

/** An account of an extension. */
export interface WalletAccount {
  /** With prefix 42. */
  readonly address: string;
  readonly name: string;
  /** The extension's name. */
  readonly source: string;
}

/** What is known of extensions. */
export type WalletState =
  | { readonly kind: "unknown" }
  | { readonly kind: "asking" }
  | { readonly kind: "none"; readonly reason: string }
  | { readonly kind: "connected"; readonly accounts: readonly WalletAccount[] };

export const wallet = signal<WalletState>({ kind: "unknown" });

let unsubscribe: (() => void) | undefined;

/** Asks all extensions for their accounts; each asks its user. */
export async function connectWallet(): Promise<void> {
  wallet.value = { kind: "asking" };
  try {
    const { web3AccountsSubscribe, web3Enable } = await import("@polkadot/extension-dapp");
    const { plainAddress } = await import("../../core/wallet/address.ts");
    const extensions = await web3Enable(APP_NAME);
    if (extensions.length === 0) {
      wallet.value = { kind: "none", reason: absence() };
      return;
    }
    unsubscribe?.();
    unsubscribe = await web3AccountsSubscribe((accounts) => {
      wallet.value = {
        kind: "connected",
        accounts: accounts.filter(({ type }) => type === undefined || type === "sr25519")
          .map(({ address, meta: { name, source } }) => ({
            address: plainAddress(address),
            name: name ?? "",
            source,
          })),
      };
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`;
    wallet.value = { kind: "none", reason: `the extension did not answer: ${reason}` };
  }
}

/** Forgets the accounts; the extension goes on trusting this page until its user says otherwise. */
export function disconnectWallet(): void {
  unsubscribe?.();
  unsubscribe = undefined;
  wallet.value = { kind: "unknown" };
}

/** Asks an account's extension for a signature in hex. @throws {Error} if its user says no */
export async function signWithWallet(
  { address, source }: WalletAccount,
  request: SigningRequest,
): Promise<string> {
  const { web3FromSource } = await import("@polkadot/extension-dapp");
  const { signer } = await web3FromSource(source);
  if (request.kind === "bytes") {
    if (!signer.signRaw) throw new Error(`${source} signs no messages: use another wallet`);
    return (await signer.signRaw({ address, type: "bytes", data: request.hex })).signature;
  }
  if (!signer.signPayload) throw new Error(`${source} signs no transactions: use another wallet`);
  const { assetId, metadataHash, mode, withSignedTransaction, ...payload } = v.parse(
    Payload,
    request.payload,
  );
  const asked = {
    ...payload,
    ...assetId !== undefined && { assetId },
    ...metadataHash !== undefined && { metadataHash },
    ...mode !== undefined && { mode },
    ...withSignedTransaction !== undefined && { withSignedTransaction },
  };
  return (await signer.signPayload(asked)).signature;
}

/** Why no extension has shown itself. */
function absence(): string {
  const there = Object.keys(injected());
  return there.length === 0
    ? "this browser has no wallet extension: install polkadot-js, Talisman or SubWallet, then reload"
    : `${there.join(", ")} did not let this page see its accounts: allow it there, then try again`;
}

/** What extensions put where pages see it. */
function injected(): Readonly<Record<string, unknown>> {
  const found: unknown = Reflect.get(globalThis, "injectedWeb3");
  return typeof found === "object" && found !== null ? { ...found } : {};
}
