/**
 * What the library reads from a runtime, as plain values: every answer passes a schema here.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import type { ApiPromise } from "@polkadot/api";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { parseAnswer } from "./answers.ts";

/** The runtime at one block, or at the newest one. */
export type Runtime = Awaited<ReturnType<ApiPromise["at"]>> | ApiPromise;

/** An account as its ss58 address. */
export const ADDRESS = v.string();

/** A value that can be turned into JSON, as all of the library's can. */
interface Encoded {
  toJSON(): unknown;
}

/** Whether the runtime has that storage item. */
export function hasItem(runtime: Runtime, pallet: string, item: string): boolean {
  return runtime.query[pallet]?.[item] !== undefined;
}

/** Whether a storage item is one value, and no map. */
export function isPlainItem(runtime: Runtime, pallet: string, item: string): boolean {
  return runtime.query[pallet]?.[item]?.creator.meta.type.isPlain ?? false;
}

/**
 * A value of storage.
 *
 * @throws {WeftError} if the runtime has no such item, or something else in it
 */
export async function readItem<S extends v.GenericSchema>(
  runtime: Runtime,
  pallet: string,
  item: string,
  keys: readonly unknown[],
  schema: S,
): Promise<v.InferOutput<S>> {
  const entry = runtime.query[pallet]?.[item];
  if (entry === undefined) throw noSuch(runtime, `${pallet}.${item}`);
  return parseAnswer(schema, (await entry(...keys)).toJSON(), `for ${pallet}.${item}`);
}

/** A value of storage; undefined if the runtime has no such item. */
export async function readItemIfAny<S extends v.GenericSchema>(
  runtime: Runtime,
  pallet: string,
  item: string,
  keys: readonly unknown[],
  schema: S,
): Promise<v.InferOutput<S> | undefined> {
  if (!hasItem(runtime, pallet, item)) return undefined;
  return await readItem(runtime, pallet, item, keys, schema);
}

/** All values of a map below some keys, each with its own last key. */
export async function readEntries<K extends v.GenericSchema, S extends v.GenericSchema>(
  runtime: Runtime,
  pallet: string,
  item: string,
  keys: readonly unknown[],
  key: K,
  schema: S,
): Promise<[key: v.InferOutput<K>, value: v.InferOutput<S>][]> {
  const entry = runtime.query[pallet]?.[item];
  if (entry === undefined) throw noSuch(runtime, `${pallet}.${item}`);
  const entries = await entry.entries(...keys);
  return entries.map(([storageKey, value]) => [
    parseAnswer(key, storageKey.args.at(-1)?.toJSON(), `for a key of ${pallet}.${item}`),
    parseAnswer(schema, value.toJSON(), `for ${pallet}.${item}`),
  ]);
}

/** Whether the runtime answers that call. */
export function hasRuntimeCall(runtime: Runtime, api: string, method: string): boolean {
  return runtime.call[api]?.[method] !== undefined;
}

/** A call to the runtime. */
export interface RuntimeCall {
  readonly api: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** One of `OLD_ANSWER_TYPES`, for runtimes that answer in bytes. */
  readonly oldType?: string;
}

/**
 * What the runtime answers to a call.
 *
 * @throws {WeftError} if it has no such call, or answers something else
 */
export async function callRuntime<S extends v.GenericSchema>(
  runtime: Runtime,
  { api, method, args, oldType }: RuntimeCall,
  schema: S,
): Promise<v.InferOutput<S>> {
  const call = runtime.call[api]?.[method];
  if (call === undefined) throw noSuch(runtime, `${api}.${method}`);
  const answer: Encoded = await call(...args);
  const json = answer.toJSON();
  const isBytes = oldType !== undefined && typeof json === "string";
  const decoded = isBytes ? decodeOld(runtime, oldType, json) : json;
  return parseAnswer(schema, decoded, `for ${api}.${method}`);
}

/** The bytes are a list of bytes, in which the value is. */
function decodeOld(runtime: Runtime, type: string, hex: string): unknown {
  const { registry } = runtime;
  const inner = registry.createType("Bytes", hexToBytes(hex.slice(2)));
  return registry.createType(type, inner.toU8a(true)).toJSON();
}

/** A constant of the runtime. */
export function readConstant<S extends v.GenericSchema>(
  runtime: Runtime,
  pallet: string,
  name: string,
  schema: S,
): v.InferOutput<S> {
  const constant: Encoded | undefined = runtime.consts[pallet]?.[name];
  if (constant === undefined) throw noSuch(runtime, `${pallet}.${name}`);
  return parseAnswer(schema, constant.toJSON(), `for ${pallet}.${name}`);
}

function noSuch(runtime: Runtime, what: string): WeftError {
  const { specName, specVersion } = runtime.runtimeVersion;
  return new WeftError(
    `the chain's runtime (${specName} ${specVersion}) has no ${what}: is this a Subtensor chain?`,
  );
}
