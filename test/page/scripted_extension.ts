/**
 * A wallet extension as pages see one, whose key really signs: sr25519 of `//Alice` and `//Bob`. What
 * its user does is scripted.
 *
 * @module
 */

import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import type { BrowserContext } from "playwright-core";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";

const WRAPPER = ["<Bytes>", "</Bytes>"].map((text) => new TextEncoder().encode(text));

/** What the extension's user does. */
export interface ScriptedUser {
  /** Whether the page may see accounts: `locked` asks for a password that nobody types. */
  access: "allowed" | "refused" | "locked";
  /** Whether what is asked for is signed. */
  signs: boolean;
}

/** See the module. */
export interface ScriptedExtension {
  readonly user: ScriptedUser;
  readonly addresses: readonly string[];
  /** What it was asked to sign, in hex. */
  readonly asked: readonly string[];
}

/** Puts the extension into every page of a context. */
export async function installExtension(context: BrowserContext): Promise<ScriptedExtension> {
  await readyKeys();
  const keys = new Map(["//Alice", "//Bob"].map((uri) => {
    const key = Keypair.fromUri(uri);
    return [key.address, key] as const;
  }));
  const user: ScriptedUser = { access: "allowed", signs: true };
  const asked: string[] = [];
  await context.exposeFunction("scriptedAccess", () => user.access);
  await context.exposeFunction("scriptedSignature", (address: string, hex: string) => {
    asked.push(hex);
    const key = keys.get(address);
    if (!user.signs || !key) throw new Error("Cancelled");
    const message = concatBytes(WRAPPER[0], hexToBytes(hex.replace(/^0x/, "")), WRAPPER[1]);
    return `0x${bytesToHex(key.signSync(message))}`;
  });
  const addresses = [...keys.keys()];
  await context.addInitScript(inject, addresses);
  return { user, addresses, asked };
}

/** Runs in the page, before its own program: nothing of this module is there. */
function inject(addresses: readonly string[]): void {
  const page = globalThis as unknown as {
    injectedWeb3: Record<string, unknown>;
    scriptedAccess(): Promise<string>;
    scriptedSignature(address: string, hex: string): Promise<string>;
    /** Lets the user's choice of accounts change. */
    showAccounts(count: number): void;
  };
  let shown = addresses;
  const listeners = new Set<(accounts: unknown[]) => void>();
  const accounts = (): unknown[] =>
    shown.map((address, at) => ({ address, name: ["alice", "bob"][at], type: "sr25519" }));
  page.showAccounts = (count) => {
    shown = addresses.slice(0, count);
    for (const listener of listeners) listener(accounts());
  };
  page.injectedWeb3 = {
    "scripted-wallet": {
      version: "1.0.0",
      enable: async (): Promise<unknown> => {
        const access = await page.scriptedAccess();
        if (access === "refused") throw new Error("The user said no");
        if (access === "locked") return await new Promise(() => {});
        return {
          accounts: {
            get: () => Promise.resolve(accounts()),
            subscribe: (listener: (accounts: unknown[]) => void) => {
              listeners.add(listener);
              listener(accounts());
              return () => listeners.delete(listener);
            },
          },
          signer: {
            signRaw: async ({ address, data }: { address: string; data: string }) => ({
              id: 1,
              signature: await page.scriptedSignature(address, data),
            }),
          },
        };
      },
    },
  };
}
