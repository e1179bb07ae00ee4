/**
 * A submitter over a fake node.
 *
 * @module
 */

import { assert } from "chai";
import type { CallOptions, CallStage, Receipt } from "../../../core/chain/receipt.ts";
import type { CallProblem } from "../../../core/chain/subtensor/submission.ts";
import { type CallRequest, Submitter } from "../../../core/chain/subtensor/submit.ts";
import type { Signer } from "../../../core/wallet/signer.ts";
import { FakeNode } from "./fake_node.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A submitter over a fake node, and how often its one key was used. */
export class Bench {
  readonly node = new FakeNode();
  readonly submitter = new Submitter<string>(this.node, { clock: this.node.clock, log: SILENT });
  readonly stages: CallStage[] = [];
  signatures = 0;
  /** What the request was asked to explain. */
  problem: CallProblem | undefined;
  readonly signer: Signer = {
    address: "5Alice",
    publicKey: new Uint8Array(32),
    sign: () => {
      this.signatures += 1;
      return Promise.resolve(Uint8Array.of(this.signatures));
    },
  };

  request(call = "pay", changes: Partial<CallRequest<string>> = {}): CallRequest<string> {
    return {
      label: `the call ${call}`,
      isHarmless: false,
      prepare: () => Promise.resolve(call),
      explain: (problem) => {
        this.problem = problem;
        return Promise.resolve("explained");
      },
      ...changes,
    };
  }

  submit(request = this.request(), options: CallOptions = {}): Promise<Receipt | undefined> {
    const onProgress = (stage: CallStage): void => void this.stages.push(stage);
    return this.submitter.submit(this.signer, request, { onProgress, ...options });
  }

  /** Submits a call that must succeed. */
  async receipt(options: CallOptions = {}, request = this.request()): Promise<Receipt> {
    const receipt = await this.submit(request, options);
    assert.isDefined(receipt);
    return receipt as Receipt;
  }

  /** Submits a call that must fail, and gives the error. */
  async failure(request = this.request(), options: CallOptions = {}): Promise<Error> {
    const error = await this.submit(request, options).then(() => undefined, (error) => error);
    assert.instanceOf(error, Error);
    return error;
  }

  /** @param executions of the one call */
  assertOnce(executions = 1): void {
    assert.equal(this.signatures, 1, "signatures");
    assert.isAtMost(new Set(this.node.handedIn).size, 1, "different bytes handed in");
    assert.equal(this.node.executions("pay"), executions, "executions");
  }
}
