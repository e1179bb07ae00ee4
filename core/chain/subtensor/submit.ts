/**
 * Submits calls: checks, one signature, then following until the outcome is certain.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Clock, Log } from "../../host.ts";
import type { Signer } from "../../wallet/signer.ts";
import { type CallOptions, type Receipt, UnknownOutcomeError } from "../receipt.ts";
import { AccountQueue } from "./account_queue.ts";
import { CallRefused, followCall } from "./follow.ts";
import { signDraft } from "./sign_draft.ts";
import type {
  CallOutcome,
  CallProblem,
  Draft,
  Inclusion,
  SignedCall,
  SubmissionNode,
} from "./submission.ts";

/** A call that somebody wants. */
export interface CallRequest<Call> {
  /** What it is, for messages: `the transfer of 1.5 TAO to 5F…`. Tells it from all others. */
  readonly label: string;
  /** Whether doing it again later does no harm, as with all that costs nothing. */
  readonly isHarmless: boolean;
  /**
   * Makes the call when the account's turn has come, after all checks that can be made before.
   * Undefined if there is nothing to do.
   */
  prepare(): Promise<Call | undefined>;
  /** What went wrong, in words that a miner knows. */
  explain(problem: CallProblem): Promise<string>;
}

/** A node with what only it can do to a call before it is signed. */
export interface DraftingNode<Call> extends SubmissionNode {
  /** Chooses nonce and mortality. */
  draft(call: Call, address: string): Promise<Draft>;
}

/** What the submitter needs of its host. */
export interface SubmitSettings {
  readonly clock: Clock;
  readonly log: Log;
}

/** Attempts to read what became of a call that is in a block. */
const OUTCOME_ATTEMPTS = 5;

/** Submits calls, one after the other for each account. */
export class Submitter<Call> {
  readonly #node: DraftingNode<Call>;
  readonly #settings: SubmitSettings;
  readonly #queue = new AccountQueue();

  constructor(node: DraftingNode<Call>, settings: SubmitSettings) {
    this.#node = node;
    this.#settings = settings;
  }

  /**
   * Submits a call, signed once. Undefined if there was nothing to do.
   *
   * @throws {WeftError} if it was not executed
   * @throws {UnknownOutcomeError} if it may have been, and the chain cannot be asked
   */
  async submit(
    signer: Signer,
    request: CallRequest<Call>,
    options: CallOptions = {},
  ): Promise<Receipt | undefined> {
    const unique = request.isHarmless ? undefined : request.label;
    return await this.#queue.run(signer.address, unique, async () => {
      const call = await request.prepare();
      if (call === undefined) return undefined;
      const draft = await this.#node.draft(call, signer.address);
      options.onProgress?.("signing");
      return await this.#deliver(await signDraft(draft, signer), request, options);
    });
  }

  async #deliver(
    call: SignedCall,
    request: CallRequest<Call>,
    options: CallOptions,
  ): Promise<Receipt> {
    const { label, isHarmless } = request;
    const settings = { ...this.#settings, ...options, label, isHarmless };
    const inclusion = await followCall(call, this.#node, settings).catch(async (error) => {
      if (!(error instanceof CallRefused)) throw error;
      const { refusal } = error;
      throw new WeftError(await request.explain({ refusal }), { cause: error });
    });
    const { failure, feeRao, uid } = await this.#outcome(call, label, inclusion);
    if (failure !== undefined) throw new WeftError(await request.explain({ failure }));
    const { hash: blockHash, number: blockNumber } = inclusion;
    return { extrinsicHash: call.hash, blockHash, blockNumber, feeRao, uid };
  }

  async #outcome(call: SignedCall, label: string, inclusion: Inclusion): Promise<CallOutcome> {
    let cause: unknown;
    for (let attempt = 1; attempt <= OUTCOME_ATTEMPTS; attempt++) {
      try {
        await this.#node.ready();
        return await this.#node.outcomeOf(inclusion);
      } catch (error) {
        cause = error;
      }
      await this.#settings.clock.sleep(1000);
    }
    throw new UnknownOutcomeError(
      `${label} is in block ${inclusion.number}, but whether it succeeded could not be read ` +
        `(${
          cause instanceof Error ? cause.message : String(cause)
        }): look for ${call.hash} there ` +
        "before repeating it",
      call.hash,
      call.birthBlock,
      { cause },
    );
  }
}
