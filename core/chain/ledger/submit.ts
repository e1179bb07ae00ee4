/**
 * A call's way into a ledger: signed, checked, executed, or nothing of it.
 *
 * @module
 */

import { readyKeys } from "../../wallet/ready.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import { nonceOf, raiseNonce } from "./accounts.ts";
import { blockHash } from "./block_time.ts";
import { execute, type LedgerCall } from "./calls.ts";
import { callBytes, callerOf, callHash, checkSignature, type UnsignedCall } from "./signed_call.ts";
import type { LedgerStore } from "./store.ts";
import { type LedgerOrigin, transact } from "./transaction.ts";

/**
 * Has a call signed and executed.
 *
 * @throws {WeftError} if the ledger refuses it; nothing has happened then
 * @throws {UsageError} if the signer cannot sign for a ledger
 */
export async function submit(
  store: LedgerStore,
  origin: LedgerOrigin,
  signer: Signer,
  call: LedgerCall,
  options: CallOptions = {},
): Promise<Receipt> {
  const { waitFor = "finalized", onProgress = () => {} } = options;
  const caller = callerOf(signer);
  await readyKeys();
  onProgress("signing");
  while (true) {
    const unsigned = transact(store, origin, (state): UnsignedCall => ({
      genesisHash: state.genesisHash,
      signer: caller.address,
      nonce: nonceOf(state, caller.address),
      call,
    }));
    const signature = await signer.sign(callBytes(unsigned));
    const receipt = transact(store, origin, (state): Receipt | undefined => {
      if (nonceOf(state, caller.address) !== unsigned.nonce) return undefined;
      checkSignature(unsigned, signature);
      const uid = execute(state, caller, call);
      raiseNonce(state, caller.address);
      return {
        extrinsicHash: callHash(unsigned, signature),
        blockHash: blockHash(state.genesisHash, state.block),
        blockNumber: state.block,
        feeRao: 0n,
        uid,
      };
    });
    // Another call of this signer came in between: this one was not executed, so sign it anew.
    if (!receipt) continue;
    onProgress("submitted");
    onProgress("inBlock");
    if (waitFor === "finalized") onProgress("finalized");
    return receipt;
  }
}
