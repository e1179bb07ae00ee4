/**
 * Finds where hotkeys are registered.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";

/** A hotkey on disk. */
export interface NamedHotkey {
  readonly name: string;
  readonly address: string;
}

/** The hotkeys of a wallet that are registered in a subnet, with their uids. */
export interface SubnetHotkeys {
  readonly netuid: number;
  readonly registered: readonly { readonly hotkey: NamedHotkey; readonly uid: number }[];
}

/** Questions that wait for an answer at the same time; a public node cuts off who asks more. */
const QUESTIONS_AT_ONCE = 32;

/** The subnets in which at least one of the hotkeys is registered, in the order given. */
export async function findRegistered(
  chain: Chain,
  netuids: readonly number[],
  hotkeys: readonly NamedHotkey[],
  signal: AbortSignal,
): Promise<SubnetHotkeys[]> {
  const found = new Map<number, { hotkey: NamedHotkey; uid: number }[]>();
  const questions = netuids.flatMap((netuid) => hotkeys.map((hotkey) => ({ netuid, hotkey })))
    .values();
  const ask = async (): Promise<void> => {
    for (const { netuid, hotkey } of questions) {
      if (signal.aborted) return;
      const uid = await chain.uidOf(netuid, hotkey.address);
      if (uid !== undefined) found.set(netuid, [...found.get(netuid) ?? [], { hotkey, uid }]);
    }
  };
  await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, ask));
  return netuids.flatMap((netuid) => {
    const registered = found.get(netuid)?.toSorted((x, y) => x.uid - y.uid);
    return registered ? [{ netuid, registered }] : [];
  });
}
