/**
 * Makes calls: asks for the checks, has the call signed and followed, explains what went wrong.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import { WeftError } from "../../errors.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import { ApiNode } from "./api_node.ts";
import { type ChainReads, KnownRefusal } from "./call_checks.ts";
import type { CallContext } from "./call_context.ts";
import { CallFacts } from "./call_facts.ts";
import type { Connection } from "./connection.ts";
import { explainProblem } from "./dispatch_errors.ts";
import type { Extrinsic } from "./extrinsics.ts";
import type { CallProblem } from "./submission.ts";
import { type CallRequest, type SubmitSettings, Submitter } from "./submit.ts";

/** A call before it is made. */
export interface Wish {
  readonly context: CallContext;
  /** What it is, for messages; tells it from all others. */
  readonly label: string;
  /** Whether it costs money, and may not be made twice for that. */
  readonly isPayment: boolean;
  /** Makes the call after its checks; undefined if there is nothing to do. */
  prepare(api: ApiPromise): Promise<Extrinsic | undefined>;
}

/** A wish that always has something to do. */
export interface FirmWish extends Wish {
  prepare(api: ApiPromise): Promise<Extrinsic>;
}

/** See the module. */
export class CallMaker {
  readonly reads: ChainReads;
  readonly facts: CallFacts;
  readonly #connection: Connection;
  readonly #submitter: Submitter<Extrinsic>;

  constructor(connection: Connection, reads: ChainReads, settings: SubmitSettings) {
    this.reads = reads;
    this.facts = new CallFacts(() => connection.api, reads);
    this.#connection = connection;
    this.#submitter = new Submitter(new ApiNode(connection), settings);
  }

  /** The library's current object, when the chain can be asked. */
  async api(): Promise<ApiPromise> {
    await this.#connection.ready();
    return this.#connection.api;
  }

  /** Makes a call. */
  async make(signer: Signer, options: CallOptions | undefined, wish: FirmWish): Promise<Receipt> {
    const receipt = await this.request(signer, options, wish);
    if (receipt === undefined) throw new Error(`${wish.label} was not made`);
    return receipt;
  }

  /** Makes a call if there is something to do. */
  async request(
    signer: Signer,
    options: CallOptions | undefined,
    { context, label, isPayment, prepare }: Wish,
  ): Promise<Receipt | undefined> {
    const explain = (problem: CallProblem): Promise<string> => this.#explain(problem, context);
    const request: CallRequest<Extrinsic> = {
      label,
      isHarmless: !isPayment,
      explain,
      prepare: async () => {
        try {
          return await prepare(await this.api());
        } catch (error) {
          if (!(error instanceof KnownRefusal)) throw error;
          const failure = { pallet: error.pallet, name: error.error, docs: "" };
          throw new WeftError(await explain({ failure }), { cause: error });
        }
      },
    };
    return await this.#submitter.submit(signer, request, options);
  }

  #explain(problem: CallProblem, context: CallContext): Promise<string> {
    const errors = this.#connection.api.errors.subtensorModule ?? {};
    return explainProblem(problem, context, this.facts, { areOld: !("AmountTooLow" in errors) });
  }
}

/** What the chain takes for making a call, in rao. */
export async function feeRao(call: Extrinsic, signer: string): Promise<bigint> {
  return (await call.paymentInfo(signer)).partialFee.toBigInt();
}
