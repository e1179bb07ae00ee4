/**
 * A chain of one block with a made-up runtime, that answers as a node does.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import type {} from "@polkadot/api/augment";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import type { Connection } from "../../../core/chain/subtensor/connection.ts";
import { loadApi } from "../../../core/chain/subtensor/library_api.ts";
import { RpcError } from "../../../core/chain/subtensor/rpc_message.ts";
import { type MadeRuntime, metadataOf } from "./made_runtime.ts";
import { compactLength } from "./made_types.ts";
import { type Answer, Refusal } from "./rpc_server.ts";

/** The genesis of every made-up chain. */
export const GENESIS = `0x${"45".repeat(32)}`;
/** Its one block. */
export const BLOCK_HASH = `0x${"b1".repeat(32)}`;

/** The library's own, of a function of the runtime. */
const DEFINITION = v.object({ params: v.array(v.object({ type: v.string() })), type: v.string() });

/** What a function of the runtime answers, from its values in the library's JSON. */
type Function = (...inputs: unknown[]) => unknown;

/** See the module. */
export class MadeChain {
  /** The block of each question about its state. */
  readonly blocksAsked: unknown[] = [];
  readonly #functions = new Map<string, Function>();
  readonly #stored = new Map<string, string>();
  readonly #metadata: Uint8Array;
  readonly #hasMetadataFunctions: boolean;
  #api: ApiPromise | undefined;

  /** @param metadata of a real runtime in place of the made one's, as `state_getMetadata` has them */
  private constructor(readonly runtime: MadeRuntime, metadata?: Uint8Array) {
    this.#hasMetadataFunctions = metadata === undefined;
    this.#metadata = metadata ?? metadataOf(runtime);
  }

  static async open(runtime: MadeRuntime, metadata?: Uint8Array): Promise<MadeChain> {
    const chain = new MadeChain(runtime, metadata);
    chain.#api = await loadApi((method, params) => chain.ask(method, params), GENESIS);
    chain.set("system.number", [], 7);
    return chain;
  }

  /** Answers about nothing but metadata. */
  static metadataAnswer(runtime: MadeRuntime): (method: string) => unknown {
    const metadata = `0x${bytesToHex(metadataOf(runtime))}`;
    return (method) => {
      if (method === "state_call") throw new Refusal(-32603, "Function to start was not found.");
      return method === "state_getMetadata" ? metadata : undefined;
    };
  }

  /** Answers as a connection would. */
  async ask(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      return await this.answer(method, params);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new RpcError(method, error.code, error.message);
    }
  }

  /** The library on this chain's runtime. */
  get api(): ApiPromise {
    if (this.#api === undefined) throw new Error("the chain is not open");
    return this.#api;
  }

  /** Stores a value; names as the library writes them. */
  set(item: string, keys: readonly unknown[], value: unknown): void {
    const [name, pallet = "subtensorModule"] = item.split(".").reverse();
    const entry = this.api.query[pallet][name];
    const { type } = entry.creator.meta;
    const id = type.isMap ? type.asMap.value : type.asPlain;
    const { registry } = this.api;
    const encoded = registry.createTypeUnsafe(registry.createLookupType(id), [value]).toU8a();
    this.#stored.set(entry.key(...keys), `0x${bytesToHex(encoded)}`);
  }

  /** Stores many values of maps from netuid. */
  setSubnet(netuid: number, values: Readonly<Record<string, unknown>>): void {
    for (const [item, value] of Object.entries(values)) this.set(item, [netuid], value);
  }

  /** Has a function of the runtime answer. @param name `Trait.name` */
  define(name: string, answer: Function): void {
    this.#functions.set(name.replace(".", "_"), answer);
  }

  /** The connection that reads need, without a socket. */
  connection(): Connection {
    return {
      api: this.api,
      genesisHash: GENESIS,
      ready: () => Promise.resolve(),
      request: (method, params) => this.ask(method, params),
      subscribe: () => Promise.reject(new Error("nothing to subscribe to")),
      close: () => Promise.resolve(),
    };
  }

  readonly answer: Answer = (method, params) => {
    switch (method) {
      case "chain_getBlockHash":
        return params[0] === 0 ? GENESIS : BLOCK_HASH;
      case "state_getRuntimeVersion":
        return runtimeVersion(this.runtime.specVersion);
      case "state_getMetadata":
        return `0x${bytesToHex(this.#metadata)}`;
      case "state_subscribeRuntimeVersion":
        return "runtime version";
      case "system_chain":
        return "made up";
      case "system_properties":
        return {};
      case "rpc_methods":
        return { methods: [] };
      case "state_queryStorageAt":
        return this.#query(params);
      case "state_getKeysPaged":
        return this.#page(params);
      case "state_call":
        return this.#call(params);
      default:
        throw new Refusal(-32601, "Method not found");
    }
  };

  #query([keys, at]: readonly unknown[]): unknown {
    this.blocksAsked.push(at);
    if (!Array.isArray(keys)) throw new Refusal(-32602, "no keys");
    return [{ block: at, changes: keys.map((key) => [key, this.#stored.get(key) ?? null]) }];
  }

  #page([prefix, count, after, at]: readonly unknown[]): unknown {
    this.blocksAsked.push(at);
    return [...this.#stored.keys()].sort()
      .filter((key) => key.startsWith(String(prefix)) && (after === null || key > String(after)))
      .slice(0, Number(count));
  }

  #call([name, input, at]: readonly unknown[]): unknown {
    if (name === "Metadata_metadata_at_version" && this.#hasMetadataFunctions) {
      const opaque = [...compactLength(this.#metadata.length), ...this.#metadata];
      return `0x01${bytesToHex(Uint8Array.from(opaque))}`;
    }
    const [trait, method] = String(name).split(/_(.*)/, 2).map(camelCase);
    const answer = this.#functions.get(String(name));
    if (answer === undefined) throw new Refusal(-32603, "Function to start was not found.");
    this.blocksAsked.push(at);
    const { registry, call } = this.api;
    const { params, type } = v.parse(DEFINITION, Reflect.get(call[trait][method], "meta"));
    // A tuple of one would be no tuple to the library; Null takes no bytes.
    const types = `(${[...params.map((param) => param.type), "Null"].join()})`;
    const inputs = registry.createTypeUnsafe(types, [hexToBytes(String(input).slice(2))]);
    const values = v.parse(v.array(v.unknown()), inputs.toJSON());
    return `0x${bytesToHex(registry.createTypeUnsafe(type, [answer(...values)]).toU8a())}`;
  }
}

function camelCase(name: string): string {
  return (name[0].toLowerCase() + name.slice(1))
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function runtimeVersion(specVersion: number): unknown {
  return {
    specName: "node-subtensor",
    implName: "node-subtensor",
    authoringVersion: 1,
    specVersion,
    implVersion: 1,
    apis: [],
    transactionVersion: 1,
    stateVersion: 1,
  };
}
