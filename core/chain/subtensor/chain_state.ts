/**
 * The chain's state at one block: storage, and what the runtime's own functions tell. All that is
 * read through one of these fits together.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import type {} from "@polkadot/api/augment";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { parseAnswer } from "./answers.ts";
import type { Connection } from "./connection.ts";
import type { OLD_ANSWER_TYPES } from "./old_answers.ts";

/** A storage item of `SubtensorModule` with its keys, or of another pallet by `Pallet.item`. */
export type Entry = readonly [item: string, ...keys: (number | string)[]];

type StorageItem = Pick<ApiPromise["query"][string][string], "creator" | "key" | "keyPrefix">;

interface Codec {
  readonly encodedLength: number;
  toJSON(): unknown;
}

/** Keys asked for in one request. */
const MOST_KEYS = 1000;

const HASH = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/));
const HEX = v.pipe(v.string(), v.regex(/^0x([0-9a-f]{2})*$/));
const CHANGES = v.tuple([v.object({ changes: v.array(v.tuple([HEX, v.nullable(HEX)])) })]);
const KEYS = v.array(HEX);
/** The library's own, of a function of the runtime. */
const DEFINITION = v.object({ params: v.array(v.object({ type: v.string() })), type: v.string() });

/** The state of the newest block. */
export async function newestState(connection: Connection): Promise<ChainState> {
  await connection.ready();
  const hash = await connection.request("chain_getBlockHash", []);
  return new ChainState(connection, parseAnswer(HASH, hash, "for its newest block"));
}

/** See the module. */
export class ChainState {
  readonly #connection: Connection;
  /** The runtime of the block: an upgrade meanwhile concerns later ones. */
  readonly api: ApiPromise;

  /** @param blockHash 0x and 64 digits */
  constructor(connection: Connection, readonly blockHash: string) {
    this.#connection = connection;
    this.api = connection.api;
  }

  /** Whether the runtime keeps an item. */
  has(item: string): boolean {
    return this.#item(item) !== undefined;
  }

  /** Whether an item is a map; undefined if the runtime does not keep it. */
  isMap(item: string): boolean | undefined {
    return this.#item(item)?.creator.meta.type.isMap;
  }

  /**
   * Values in the library's JSON, in the order of the entries. Undefined where the runtime keeps no
   * such item, or has stored nothing there and knows no default.
   */
  async read(entries: readonly Entry[]): Promise<unknown[]> {
    const places = entries.map(([name, ...keys]) => {
      const item = this.#item(name);
      return item && { item, key: guard(() => item.key(...keys)) };
    });
    const stored = await this.#stored(places.flatMap((place) => place?.key ?? []));
    return places.map((place) => place && this.#decode(place.item, stored.get(place.key)));
  }

  /** The same by names. */
  async readNamed<N extends string>(entries: Record<N, Entry>): Promise<Record<N, unknown>>;
  async readNamed(entries: Record<string, Entry>): Promise<Record<string, unknown>> {
    const values = await this.read(Object.values(entries));
    return Object.fromEntries(Object.keys(entries).map((name, i) => [name, values[i]]));
  }

  /** The keys of a map that are kept as they are, in the library's JSON. */
  async keysOf(name: string): Promise<unknown[]> {
    const item = this.#item(name);
    if (item === undefined) return [];
    const prefix = item.keyPrefix();
    const keys: string[] = [];
    for (;;) {
      const params = [prefix, MOST_KEYS, keys.at(-1) ?? null, this.blockHash];
      const page = await this.#connection.request("state_getKeysPaged", params);
      const found = parseAnswer(KEYS, page, `for the keys of ${name}`);
      keys.push(...found);
      if (found.length < MOST_KEYS) break;
    }
    const { registry } = this.api;
    const type = registry.createLookupType(item.creator.meta.type.asMap.key);
    return keys.map((key) =>
      guard(() => registry.createTypeUnsafe(type, [hexToBytes(key.slice(prefix.length))]).toJSON())
    );
  }

  /**
   * What a function of the runtime tells, in the library's JSON. Undefined if the runtime has none of
   * that name, or none that takes so many values, or answers in a form that is not known.
   *
   * @param name as `SubnetInfoRuntimeApi.get_selective_metagraph`
   * @param oldType the elements of the list that older runtimes answer with, in bytes that their
   *   metadata does not explain
   */
  async call(
    name: string,
    args: readonly unknown[],
    oldType?: keyof typeof OLD_ANSWER_TYPES,
  ): Promise<unknown> {
    const [section, method] = name.split(".").map(camelCase);
    const { call, registry } = this.api;
    const known = call[section]?.[method];
    if (known === undefined || !("meta" in known)) return undefined;
    const definition = v.parse(DEFINITION, known.meta);
    if (definition.params.length !== args.length) return undefined;
    const input = guard(() =>
      definition.params.map(({ type }, i) => registry.createTypeUnsafe(type, [args[i]]).toU8a())
    );
    const request = [name.replace(".", "_"), `0x${input.map(bytesToHex).join("")}`, this.blockHash];
    const answer = await this.#connection.request("state_call", request);
    const bytes = hexToBytes(parseAnswer(HEX, answer, `to ${name}`).slice(2));
    return guard(() => {
      if (definition.type !== "Bytes") return this.#make(definition.type, bytes).toJSON();
      if (oldType === undefined) return undefined;
      return this.#decodeOld(oldType, registry.createType("Bytes", bytes).toU8a(true));
    });
  }

  #item(name: string): StorageItem | undefined {
    const [item, section = "SubtensorModule"] = name.split(".").reverse();
    return this.api.query[camelCase(section)]?.[item];
  }

  async #stored(keys: readonly string[]): Promise<Map<string, string | null>> {
    const stored = new Map<string, string | null>();
    for (let from = 0; from < keys.length; from += MOST_KEYS) {
      const params = [keys.slice(from, from + MOST_KEYS), this.blockHash];
      const answer = await this.#connection.request("state_queryStorageAt", params);
      const [{ changes }] = parseAnswer(CHANGES, answer, "for what it stores");
      for (const [key, value] of changes) stored.set(key, value);
    }
    return stored;
  }

  #decode({ creator: { meta } }: StorageItem, stored: string | null | undefined): unknown {
    const isStored = stored !== null && stored !== undefined;
    if (!isStored && meta.modifier.isOptional) return undefined;
    const { isMap } = meta.type;
    return guard(() => {
      const bytes = isStored ? hexToBytes(stored.slice(2)) : meta.fallback.toU8a(true);
      const id = isMap ? meta.type.asMap.value : meta.type.asPlain;
      return this.#make(this.api.registry.createLookupType(id), bytes).toJSON();
    });
  }

  /** @throws {Error} if the bytes are not just one value of the type */
  #make(type: string, bytes: Uint8Array): Codec {
    const value = this.api.registry.createTypeUnsafe(type, [bytes]);
    if (value.encodedLength !== bytes.length) {
      throw new Error(`${bytes.length} bytes for ${value.encodedLength} of ${type}`);
    }
    return value;
  }

  #decodeOld(type: string, bytes: Uint8Array): unknown {
    try {
      return this.#make(`Vec<${type}>`, bytes).toJSON();
    } catch {
      return undefined;
    }
  }
}

/** @throws {WeftError} where the library throws what it likes */
function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const [reason] = String(cause).split("\n");
    throw new WeftError(`an answer of the chain's node does not fit its runtime: ${reason}`, {
      cause,
    });
  }
}

/** `SubtensorModule` and `get_neurons_lite` as the library writes them. */
function camelCase(name: string): string {
  return (name[0].toLowerCase() + name.slice(1))
    .replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
