/**
 * What the flags of doctor come to.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { chainEndpoint, LEDGER_PREFIX } from "../../core/chain/networks.ts";
import { parseEnvText, type Variables } from "../env_file.ts";
import { type WalletFolder, walletFolder } from "../wallet/wallet_folder.ts";
import type { DoctorValues } from "./flags.ts";
import { ipKind } from "./ip_kind.ts";
import type { DoctorSystem } from "./system.ts";

/** What to look at. */
export interface DoctorSettings {
  readonly values: DoctorValues;
  readonly wallet: WalletFolder;
  /** `.env` where the user stands. */
  readonly envFilePath: string;
  /** Its variables; undefined if it is there and cannot be read. */
  readonly envFile: Variables | undefined;
  /** Where the chain answers, without what may be a key to it: `wss://host`. */
  readonly shownEndpoint: string;
  /** The chain's host and port; undefined for a chain in a file. */
  readonly chainUrl: URL | undefined;
  /** The file of a chain that lives in one. */
  readonly ledgerFile: string | undefined;
  /** Whether the chain is one of this machine or its own network, where private addresses do. */
  readonly isLocalChain: boolean;
  /** Milliseconds that a check has. */
  readonly limitMs: number;
}

/**
 * Reads what the flags say.
 *
 * @throws {UsageError} if they name no chain, or a wallet that cannot be one
 */
export async function readSettings(
  values: DoctorValues,
  system: DoctorSystem,
): Promise<DoctorSettings> {
  const { endpoint } = chainEndpoint(values);
  const isLedger = endpoint.startsWith(LEDGER_PREFIX);
  const chainUrl = isLedger ? undefined : new URL(endpoint);
  const wallet = walletFolder(values, system);
  // Only for what it throws.
  wallet.hotkeyFile(values.walletHotkey);
  const envFilePath = join(system.userFolder(), ".env");
  return {
    ...{ values, wallet, chainUrl, envFilePath },
    envFile: await readEnvFile(envFilePath, system),
    shownEndpoint: chainUrl ? `${chainUrl.protocol}//${chainUrl.host}` : endpoint,
    ledgerFile: isLedger
      ? resolve(system.userFolder(), endpoint.slice(LEDGER_PREFIX.length))
      : undefined,
    isLocalChain: !chainUrl || isLocalHost(chainUrl.hostname),
    limitMs: values.timeoutS * 1000,
  };
}

function isLocalHost(hostname: string): boolean {
  if (/(^|\.)localhost$/.test(hostname)) return true;
  const bare = hostname.replace(/^\[|\]$/g, "");
  const isAddress = bare.includes(":") || /^[\d.]+$/.test(bare);
  return isAddress && ipKind(bare) !== "public";
}

async function readEnvFile(
  path: string,
  system: DoctorSystem,
): Promise<Variables | undefined> {
  if ((await system.stat(path)).kind !== "file") return {};
  try {
    return parseEnvText(new TextDecoder().decode(await system.readFile(path)));
  } catch {
    return undefined;
  }
}
