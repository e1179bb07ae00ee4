/**
 * The library with a runtime's metadata and no chain: enough to build and sign calls. The metadata
 * lie outside the repository, and not on every machine.
 *
 * @module
 */

import { ApiPromise } from "@polkadot/api";
import { bytesToHex } from "@noble/hashes/utils.js";

const FOLDER = new URL("../../../../shared/chain/", import.meta.url);
const METADATA = new URL("subtensor-218.metadata.scale", FOLDER);
const VERSION = new URL("subtensor-218.version.json", FOLDER);

/** The genesis block of the made-up chain. */
export const GENESIS = `0x${"45".repeat(32)}`;

/** What is missing on this machine, for `testWhere`. */
export const noMetadata = exists(METADATA) ? undefined : "no runtime metadata";

/** How the runtime's extensions are called. */
export interface MetadataChanges {
  /** Renames the extension with the tip, as newer runtimes have it. */
  readonly hasWrappedPayment?: boolean;
  /** Leaves out what tells the library of that name. */
  readonly isUntold?: boolean;
}

/** Opens the library on the metadata. */
export async function openMetadata(changes: MetadataChanges = {}): Promise<ApiPromise> {
  let metadata = Deno.readFileSync(METADATA);
  if (changes.hasWrappedPayment) {
    metadata = renamed(metadata, "ChargeTransactionPayment", "ChargeTransactionPaymentWrapper");
  }
  const wrapper = { extrinsic: { tip: "Compact<Balance>" }, payload: {} };
  return await ApiPromise.create({
    provider: silentProvider(JSON.parse(Deno.readTextFileSync(VERSION))),
    metadata: { [`${GENESIS}-218`]: `0x${bytesToHex(metadata)}` },
    noInitWarn: true,
    signedExtensions: changes.isUntold ? {} : { ChargeTransactionPaymentWrapper: wrapper },
  });
}

type Provider = NonNullable<
  Exclude<ConstructorParameters<typeof ApiPromise>[0], undefined>["provider"]
>;

/** A provider of one chain that knows its name and version, and nothing else. */
function silentProvider(version: unknown): Provider {
  const answers: Record<string, unknown> = {
    chain_getBlockHash: GENESIS,
    state_getRuntimeVersion: version,
    system_chain: "test",
    system_properties: { ss58Format: 42 },
    rpc_methods: { methods: [] },
  };
  const provider = {
    hasSubscriptions: false,
    isClonable: false,
    isConnected: true,
    clone: () => provider,
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    on: (event: string, listener: () => void) => {
      if (event === "connected") queueMicrotask(listener);
      return () => {};
    },
    send: <T>(method: string): Promise<T> =>
      method in answers
        ? Promise.resolve(answers[method] as T)
        : Promise.reject(new Error(`no answer to ${method}`)),
    subscribe: () => Promise.resolve(0),
    unsubscribe: () => Promise.resolve(true),
  };
  return provider;
}

/** The metadata with each text of a name replaced; SCALE writes a text's length before it. */
function renamed(metadata: Uint8Array, from: string, to: string): Uint8Array<ArrayBuffer> {
  const text = (name: string): number[] => [name.length << 2, ...new TextEncoder().encode(name)];
  const [old, replacement] = [text(from), text(to)];
  const bytes: number[] = [];
  for (let at = 0; at < metadata.length;) {
    if (old.every((byte, i) => metadata[at + i] === byte)) {
      bytes.push(...replacement);
      at += old.length;
    } else {
      bytes.push(metadata[at++]);
    }
  }
  return Uint8Array.from(bytes);
}

function exists(file: URL): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch {
    return false;
  }
}
