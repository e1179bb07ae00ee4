/**
 * Registering a hotkey, with money or with work.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { BurnedRegistration, PowRegistration } from "../chain.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import { checkNetuid, checkNewcomer, checkPrice, KnownRefusal } from "./call_checks.ts";
import { type CallMaker, feeRao } from "./call_maker.ts";
import { plainAddress } from "../../wallet/address.ts";
import * as extrinsics from "./extrinsics.ts";

/** Blocks for which work counts, its own among them. */
const WORK_BLOCKS = 3;
/** Bytes of a seal. */
const SEAL_BYTES = 32;

/**
 * Pays a registration. Where the runtime has no `register_limit`, the limit holds for the price as it
 * is just before signing; what it rises by until the call's block is paid.
 */
export async function burnedRegister(
  maker: CallMaker,
  coldkey: Signer,
  registration: BurnedRegistration,
  options?: CallOptions,
): Promise<Receipt> {
  const { netuid, limitRao } = registration;
  const hotkey = plainAddress(registration.hotkey);
  checkNetuid(netuid);
  const signer = coldkey.address;
  return await maker.make(coldkey, options, {
    context: { call: "burnedRegister", signer, netuid, hotkey, limitRao },
    label: `the registration of ${hotkey} on subnet ${netuid}`,
    isPayment: true,
    prepare: async (api) => {
      await checkNewcomer(maker.reads, netuid, hotkey, signer);
      if (await maker.facts.isIntervalFull(netuid)) {
        throw new KnownRefusal("TooManyRegistrationsThisInterval");
      }
      const call = extrinsics.burnedRegister(api, { netuid, hotkey, limitRao });
      await checkPrice(maker.reads, netuid, signer, limitRao, await feeRao(call, signer));
      return call;
    },
  });
}

/** Registers by work. The signer is the hotkey. */
export async function powRegister(
  maker: CallMaker,
  hotkey: Signer,
  registration: PowRegistration,
  options?: CallOptions,
): Promise<Receipt> {
  const { netuid, blockNumber, work } = registration;
  const coldkey = plainAddress(registration.coldkey);
  checkNetuid(netuid);
  if (work.length !== SEAL_BYTES) {
    throw new RangeError(`a seal has ${SEAL_BYTES} bytes, not ${work.length}`);
  }
  return await maker.make(hotkey, options, {
    context: { call: "register", signer: hotkey.address, netuid, hotkey: hotkey.address },
    label: `the registration of ${hotkey.address} on subnet ${netuid}`,
    isPayment: false,
    prepare: async (api) => {
      await checkNewcomer(maker.reads, netuid, hotkey.address, coldkey);
      const task = await maker.reads.powTask(netuid);
      if (task === undefined) {
        throw new UsageError(
          `subnet ${netuid} of this chain takes no registrations by work: pay for one`,
        );
      }
      if (task.blockNumber - blockNumber >= WORK_BLOCKS) {
        throw new KnownRefusal("InvalidWorkBlock");
      }
      return extrinsics.powRegister(api, hotkey.address, { ...registration, coldkey });
    },
  });
}
