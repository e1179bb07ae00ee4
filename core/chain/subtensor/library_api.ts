/**
 * Makes `@polkadot/api`'s object for a chain's runtime: codecs, storage keys and calls, all from the
 * chain's metadata. It is given requests only and no subscriptions, so that it keeps no timers, does
 * not connect on its own, and follows no upgrade behind our back.
 *
 * @module
 */

import { ApiPromise } from "@polkadot/api";
import type {} from "@polkadot/api/augment";
import type { ApiOptions } from "@polkadot/api/types";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { parseAnswer } from "./answers.ts";
import { OLD_ANSWER_TYPES } from "./old_answers.ts";
import { RpcError } from "./rpc_message.ts";

/** One request to the node. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** A runtime as its chain names it. */
export interface RuntimeVersion {
  readonly specName: string;
  readonly specVersion: number;
}

type Provider = NonNullable<ApiOptions["provider"]>;
type Definitions = NonNullable<ApiOptions["rpc"]>[string];
type DefinitionRpc = Definitions[string];

const HEX = v.pipe(v.string(), v.regex(/^0x([0-9a-f]{2})*$/));
const HASH = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/));
const RUNTIME_VERSION = v.object({
  specName: v.string(),
  specVersion: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** The newest version of metadata that the library reads and that tells runtime APIs: 15. */
const METADATA_VERSION = "0x0f000000";
/** `Some`, a length in one to five bytes, then metadata, which begins with "meta". */
const SOME_METADATA = /^0x01(?:[0-9a-f]{2}){1,5}?(6d657461(?:[0-9a-f]{2})+)$/;

/** The prefix of every Subtensor chain, whatever its specification says. */
const SS58_FORMAT = 42;

/**
 * A tip that is part of each extrinsic since 2025-08. The library does not know the extension's name
 * and would leave it out, which makes every signature a bad one.
 */
const SIGNED_EXTENSIONS = {
  ChargeTransactionPaymentWrapper: { extrinsic: { tip: "Compact<Balance>" }, payload: {} },
};

/** The hash of block 0. */
export async function askGenesisHash(ask: Ask): Promise<string> {
  return parseAnswer(HASH, await ask("chain_getBlockHash", [0]), "for block 0");
}

/** The runtime of the newest block. */
export async function askRuntimeVersion(ask: Ask): Promise<RuntimeVersion> {
  return readRuntimeVersion(await ask("state_getRuntimeVersion", []));
}

/** Checks what a node tells about its runtime. */
export function readRuntimeVersion(version: unknown): RuntimeVersion {
  return parseAnswer(RUNTIME_VERSION, version, "for its runtime's version");
}

/**
 * The library's object for the chain's present runtime.
 *
 * @throws {WeftError} if the chain cannot be asked, or is no Subtensor chain
 */
export async function loadApi(ask: Ask, genesisHash: string): Promise<ApiPromise> {
  const { specName, specVersion } = await askRuntimeVersion(ask);
  const key: `0x${string}` = `0x${genesisHash.slice(2)}-${specVersion}`;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const provider = new OneShotProvider(ask, failed.reject);
  const api = new ApiPromise({
    provider,
    metadata: { [key]: await askMetadata(ask) },
    rpc: silentDefinitions(),
    signedExtensions: SIGNED_EXTENSIONS,
    types: OLD_ANSWER_TYPES,
    noInitWarn: true,
  });
  try {
    await Promise.race([api.isReadyOrError, failed.promise]);
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw new WeftError(`the metadata of runtime ${specName} ${specVersion} cannot be read`, {
      cause,
    });
  }
  provider.endInit();
  if (api.query.subtensorModule === undefined) {
    throw new WeftError(
      `the chain is no Subtensor chain: it runs ${specName} ${specVersion}, which has no pallet ` +
        "SubtensorModule",
    );
  }
  const properties = { ss58Format: SS58_FORMAT, tokenDecimals: [9], tokenSymbol: ["TAO"] };
  api.registry.setChainProperties(api.registry.createType("ChainProperties", properties));
  return api;
}

/** Asks for metadata with runtime APIs, then for any. */
async function askMetadata(ask: Ask): Promise<`0x${string}`> {
  const call = ["Metadata_metadata_at_version", METADATA_VERSION];
  const some = await ask("state_call", call).catch((error) => {
    if (error instanceof RpcError) return undefined;
    throw error;
  });
  const [, metadata] = typeof some === "string" ? SOME_METADATA.exec(some) ?? [] : [];
  if (metadata !== undefined) return `0x${metadata}`;
  const plain = parseAnswer(HEX, await ask("state_getMetadata", []), "for its metadata");
  return `0x${plain.slice(2)}`;
}

/**
 * The library's own definitions of requests, with its habit taken away to print each refused one on
 * the console.
 */
function silentDefinitions(): NonNullable<ApiOptions["rpc"]> {
  const { rpc } = new ApiPromise({ provider: new OneShotProvider(), noInitWarn: true });
  const silent = (methods: Readonly<Record<string, { meta: DefinitionRpc }>>): Definitions =>
    Object.fromEntries(
      Object.entries(methods).map(([name, { meta }]) => [name, { ...meta, noErrorLog: true }]),
    );
  return Object.fromEntries(
    Object.entries(rpc).map(([section, methods]) => [section, silent(methods)]),
  );
}

/** What the library sends through. Without `ask` it is one that never connects. */
class OneShotProvider implements Provider {
  readonly hasSubscriptions = false;
  readonly isClonable = false;
  readonly isConnected: boolean;
  #isInitializing = true;

  constructor(readonly ask?: Ask, readonly onInitFailure?: (error: unknown) => void) {
    this.isConnected = ask !== undefined;
  }

  /** From now on requests may fail. */
  endInit(): void {
    this.#isInitializing = false;
  }

  async send<T>(method: string, params: unknown[]): Promise<T>;
  async send(method: string, params: unknown[]): Promise<unknown> {
    try {
      return await this.ask?.(method, params);
    } catch (error) {
      if (!this.#isInitializing) throw error;
      // The library would print it, so it never learns; its object is thrown away.
      this.onInitFailure?.(error);
      return new Promise(() => {});
    }
  }

  on(): () => void {
    return () => {};
  }

  subscribe(): Promise<never> {
    return Promise.reject(new Error("the library's object subscribes to nothing"));
  }

  unsubscribe(): Promise<boolean> {
    return Promise.resolve(true);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    return Promise.resolve();
  }

  clone(): Provider {
    return this;
  }
}
