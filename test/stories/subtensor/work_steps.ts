/**
 * Registering by work: proves the formula of the seal and its byte order on the real runtime.
 *
 * @module
 */

import { assert } from "chai";
import type { PowTask } from "../../../core/chain/chain.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { findWork } from "./work.ts";
import { NETUID, refusal, type Step, type World } from "./world.ts";

const DIFFICULTY = 500;

/** Work of a hotkey that counts in one byte order only, the runtime's or the other one. */
async function workFor(
  { chain, coldkey }: World,
  hotkey: Keypair,
  order: "its own" | "the other",
): Promise<Parameters<World["chain"]["powRegister"]>[1]> {
  const task: PowTask | undefined = await chain.powTask(NETUID);
  if (task === undefined) throw new Error("no work to do");
  const other = task.endianness === "big" ? "little" : "big";
  return {
    netuid: NETUID,
    coldkey: coldkey.address,
    blockNumber: task.blockNumber,
    ...findWork(task, hotkey.publicKey, order === "its own" ? task.endianness : other),
  };
}

export const WORK_STEPS: readonly Step[] = [
  ["work is refused where the subnet does not allow it", async ({ chain, coldkey }) => {
    const hotkey = Keypair.fromUri("//Story//worker");
    assert.isUndefined(await chain.powTask(NETUID));
    const work = {
      netuid: NETUID,
      coldkey: coldkey.address,
      blockNumber: (await chain.head()).number,
      nonce: 0n,
      work: new Uint8Array(32),
    };
    assert.match(
      await refusal(chain.powRegister(hotkey, work)),
      /^subnet 1 of this chain takes no registrations by work/,
    );
  }],

  ["work registers a hotkey that has no money", async (world) => {
    const { chain, coldkey, sudo } = world;
    const hotkey = Keypair.fromUri("//Story//worker");
    await sudo.set({
      SubtensorModule: {
        NetworkPowRegistrationAllowed: [[[NETUID], true]],
        Difficulty: [[[NETUID], DIFFICULTY]],
        MaxRegistrationsPerBlock: [[[NETUID], 10]],
      },
    });
    const receipt = await chain.powRegister(hotkey, await workFor(world, hotkey, "its own"));
    assert.equal(receipt.uid, await chain.uidOf(NETUID, hotkey.address));
    assert.equal(await chain.ownerOf(hotkey.address), coldkey.address);
  }],

  ["work in the other byte order does not count", async (world) => {
    const hotkey = Keypair.fromUri("//Story//late worker");
    assert.match(
      await refusal(world.chain.powRegister(hotkey, await workFor(world, hotkey, "the other"))),
      /^the work does not meet the difficulty of subnet 1 \[SubtensorModule.InvalidDifficulty\]/,
    );
  }],

  ["work that does not fit its nonce does not count", async (world) => {
    const hotkey = Keypair.fromUri("//Story//late worker");
    const work = await workFor(world, hotkey, "its own");
    assert.match(
      await refusal(world.chain.powRegister(hotkey, { ...work, nonce: work.nonce + 1n })),
      /^the work does not fit its block, its nonce and the hotkey \[SubtensorModule.InvalidSeal\]/,
    );
  }],

  ["work that is too old does not count", async (world) => {
    const hotkey = Keypair.fromUri("//Story//late worker");
    const work = await workFor(world, hotkey, "its own");
    await world.sudo.newBlocks(3);
    assert.match(await refusal(world.chain.powRegister(hotkey, work)), /^the work is of a block/);
  }],
];
