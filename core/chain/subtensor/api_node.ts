/**
 * A Subtensor node as submitting needs it. Calls are handed in, and blocks read, as plain JSON-RPC:
 * the library would decode every extrinsic of a block, and does not follow a call past a cut.
 *
 * @module
 */

import * as v from "valibot";
import type {} from "@polkadot/api/augment";
import { WeftError } from "../../errors.ts";
import { readOutcome } from "./call_outcome.ts";
import type { Connection } from "./connection.ts";
import { draftCall } from "./draft.ts";
import type { Extrinsic } from "./extrinsics.ts";
import { readRefusal } from "./pool_refusal.ts";
import { RpcError } from "./rpc_message.ts";
import type {
  BlockRef,
  CallOutcome,
  CallStatus,
  Draft,
  HandedIn,
  Inclusion,
} from "./submission.ts";
import type { DraftingNode } from "./submit.ts";

/** A final block that is further back than this leaves a call too little of its mortality. */
const MAX_FINALITY_LAG = 32;

const HEX = v.pipe(v.string(), v.regex(/^0x([0-9a-f]{2})*$/));
const HASH = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/));
const HEADER = v.object({
  number: v.pipe(v.string(), v.regex(/^0x[0-9a-f]{1,8}$/), v.transform(Number)),
});
const BLOCK = v.object({ block: v.object({ extrinsics: v.array(HEX) }) });
const NONCE = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A word, or an object with one field of that name. */
const STATUS = v.union([v.string(), v.record(v.string(), v.unknown())]);

const STATUSES: readonly CallStatus[] = [
  "inBlock",
  "retracted",
  "finalized",
  "finalityTimeout",
  "usurped",
  "dropped",
  "invalid",
];

/** See the module. */
export class ApiNode implements DraftingNode<Extrinsic> {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  ready(): Promise<void> {
    return this.#connection.ready();
  }

  async draft(call: Extrinsic, address: string): Promise<Draft> {
    const [nonce, final, head] = await Promise.all([
      this.#ask(NONCE, "system_accountNextIndex", address),
      this.finalizedHead(),
      this.head(),
    ]);
    const birth = head.number - final.number > MAX_FINALITY_LAG ? head : final;
    const { api } = this.#connection;
    // The call's numbers are those of the runtime it was made for.
    if (call.registry !== api.registry) {
      throw new WeftError("the chain's runtime was upgraded just now: nothing was sent, try again");
    }
    return draftCall(api, call, address, nonce, birth);
  }

  async handIn(bytes: string, onStatus: (status: CallStatus) => void): Promise<HandedIn> {
    try {
      const stop = await this.#connection.subscribe({
        method: "author_submitAndWatchExtrinsic",
        unsubscribe: "author_unwatchExtrinsic",
        params: [bytes],
        onItem: (item) => onStatus(readStatus(item)),
        onLost: () => onStatus("lost"),
      });
      return { stop };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { refusal: readRefusal(error.code, error.text) };
    }
  }

  async head(): Promise<BlockRef> {
    return await this.#block(await this.#ask(HASH, "chain_getBlockHash"));
  }

  async finalizedHead(): Promise<BlockRef> {
    return await this.#block(await this.#ask(HASH, "chain_getFinalizedHead"));
  }

  blockHashAt(blockNumber: number): Promise<string> {
    return this.#ask(HASH, "chain_getBlockHash", blockNumber);
  }

  async extrinsicsOf(blockHash: string): Promise<readonly string[]> {
    return (await this.#ask(BLOCK, "chain_getBlock", blockHash)).block.extrinsics;
  }

  async nonceAt(blockHash: string, address: string): Promise<number> {
    const at = await this.#connection.api.at(blockHash);
    return (await at.query.system.account(address)).nonce.toNumber();
  }

  outcomeOf(inclusion: Inclusion): Promise<CallOutcome> {
    return readOutcome(this.#connection.api, inclusion);
  }

  async #block(hash: string): Promise<BlockRef> {
    return { hash, number: (await this.#ask(HEADER, "chain_getHeader", hash)).number };
  }

  async #ask<S extends v.GenericSchema>(
    schema: S,
    method: string,
    ...params: readonly unknown[]
  ): Promise<v.InferOutput<S>> {
    return v.parse(schema, await this.#connection.request(method, params));
  }
}

/** What is none of the statuses that matter says only that the call waits. */
function readStatus(item: unknown): CallStatus {
  const status = v.safeParse(STATUS, item);
  if (!status.success) return "waiting";
  const name = typeof status.output === "string" ? status.output : Object.keys(status.output)[0];
  return STATUSES.find((known) => known === name) ?? "waiting";
}
