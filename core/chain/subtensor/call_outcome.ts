/**
 * What became of a call: read from the events of its block.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import type {} from "@polkadot/api/augment";
import type { CallOutcome, DispatchFailure, Inclusion } from "./submission.ts";

type Registry = Pick<ApiPromise["registry"], "findMetaError">;

/** The parts of the library's event that are read here. */
interface ChainEvent {
  readonly section: string;
  readonly method: string;
  readonly data: ArrayLike<{ toString(): string }>;
}

/** The same of its `DispatchError`, an enum of enums. */
interface DispatchError {
  readonly type: string;
  readonly isModule: boolean;
  readonly asModule: Parameters<Registry["findMetaError"]>[0];
  readonly isToken: boolean;
  readonly asToken: { readonly type: string };
  readonly isArithmetic: boolean;
  readonly asArithmetic: { readonly type: string };
}

/**
 * Reads the events of one extrinsic, as the runtime of its own block writes them.
 *
 * @throws {Error} if the block does not tell whether it succeeded
 */
export async function readOutcome(api: ApiPromise, inclusion: Inclusion): Promise<CallOutcome> {
  const at = await api.at(inclusion.hash);
  const { ExtrinsicFailed, ExtrinsicSuccess } = at.events.system;
  const events = (await at.query.system.events())
    .filter(({ phase }) =>
      phase.isApplyExtrinsic && phase.asApplyExtrinsic.toNumber() === inclusion.index
    )
    .map(({ event }) => event);
  const failed = events.find((event) => ExtrinsicFailed.is(event));
  if (failed === undefined && !events.some((event) => ExtrinsicSuccess.is(event))) {
    throw new Error(`block ${inclusion.number} has no outcome of its extrinsic ${inclusion.index}`);
  }
  const uid = numberIn(events, "subtensorModule", "NeuronRegistered", 1);
  return {
    failure: failed && readFailure(at.registry, failed.data[0]),
    feeRao: numberIn(events, "transactionPayment", "TransactionFeePaid", 1),
    uid: uid === undefined ? undefined : Number(uid),
  };
}

function readFailure(registry: Registry, error: DispatchError): DispatchFailure {
  if (error.isModule) {
    const { section, name, docs } = registry.findMetaError(error.asModule);
    const pallet = `${section[0].toUpperCase()}${section.slice(1)}`;
    return { pallet, name, docs: docs.join(" ").trim() };
  }
  let name = error.type;
  if (error.isToken) name += `.${error.asToken.type}`;
  if (error.isArithmetic) name += `.${error.asArithmetic.type}`;
  return { pallet: undefined, name, docs: "" };
}

/** A field of the last event of a kind. */
function numberIn(
  events: readonly ChainEvent[],
  section: string,
  method: string,
  field: number,
): bigint | undefined {
  const event = events.findLast((event) => event.section === section && event.method === method);
  const value = event?.data[field];
  return value === undefined ? undefined : BigInt(value.toString());
}
