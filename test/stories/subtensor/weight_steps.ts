/**
 * Weights, open and committed.
 *
 * @module
 */

import { assert } from "chai";
import { NETUID, refusal, type Step, type World } from "./world.ts";

const COMMIT = { netuid: NETUID, uids: [0, 1], values: [1, 2], salt: [7, 8, 9], versionKey: 0n };
const TEMPO = 10;

function setWeights({ chain, hotkey }: World, uids: number[], values: number[]): Promise<unknown> {
  return chain.setWeights(hotkey, { netuid: NETUID, uids, values, versionKey: 0n });
}

/** The epoch of the head, as the runtime counts. */
async function epoch({ chain }: World): Promise<number> {
  return Math.floor(((await chain.head()).number + NETUID + 1) / (TEMPO + 1));
}

async function weightsOf({ connection }: World, uid: number): Promise<unknown> {
  return (await connection.api.query.subtensorModule.weights(NETUID, uid)).toJSON();
}

async function own(world: World): Promise<number> {
  const uid = await world.chain.uidOf(NETUID, world.hotkey.address);
  if (uid === undefined) throw new Error("the hotkey is not registered");
  return uid;
}

export const WEIGHT_STEPS: readonly Step[] = [
  ["a hotkey that was just registered has to wait", async (world) => {
    assert.match(
      await refusal(setWeights(world, [0], [1])),
      /^this hotkey has set weights on subnet 1 a short while ago: try again in about \d+ blocks/,
    );
    await world.sudo.set({ SubtensorModule: { WeightsSetRateLimit: [[[NETUID], 1]] } });
  }],

  ["too little stake is told with what is asked for", async (world) => {
    await world.sudo.set({ SubtensorModule: { WeightsMinStake: 1_000_000_000_000 } });
    assert.match(
      await refusal(setWeights(world, [0], [1])),
      /^this hotkey has too little stake to set weights on subnet 1: 1000 TAO is the least/,
    );
    await world.sudo.set({ SubtensorModule: { WeightsMinStake: 0 } });
  }],

  // A validator's permit cannot be taken away here: this runtime gives it to all in each block.
  ["a hotkey may give itself a weight", async (world) => {
    const uid = await own(world);
    await setWeights(world, [uid], [1]);
    assert.deepEqual(await weightsOf(world, uid), [[uid, 65535]]);
  }],

  ["weights are scaled so that the largest is 65535", async (world) => {
    await setWeights(world, [0, 1], [1, 2]);
    assert.deepEqual(await weightsOf(world, await own(world)), [[0, 32768], [1, 65535]]);
  }],

  ["a uid that is none, and one that comes twice, are refused", async (world) => {
    assert.match(
      await refusal(setWeights(world, [200], [1])),
      /^there are weights for a uid that subnet 1 does not have/,
    );
    assert.match(await refusal(setWeights(world, [0, 0], [1, 2])), /^a uid has two weights/);
  }],

  ["an old version of the validator is told the one that is asked for", async (world) => {
    await world.sudo.set({ SubtensorModule: { WeightsVersionKey: [[[NETUID], 200]] } });
    const old = { netuid: NETUID, uids: [0], values: [1], versionKey: 199n };
    assert.match(
      await refusal(world.chain.setWeights(world.hotkey, old)),
      /^subnet 1 takes weights of version 200 on: the validator is older/,
    );
    await world.sudo.set({ SubtensorModule: { WeightsVersionKey: [[[NETUID], 0]] } });
  }],

  ["a subnet with open weights takes no commits, and the other way round", async (world) => {
    const { chain, hotkey, sudo } = world;
    assert.match(
      await refusal(chain.commitWeights(hotkey, COMMIT)),
      /^subnet 1 takes weights directly: set them instead of committing/,
    );
    await sudo.set({
      SubtensorModule: {
        CommitRevealWeightsEnabled: [[[NETUID], true]],
        Tempo: [[[NETUID], TEMPO]],
      },
    });
    assert.match(
      await refusal(setWeights(world, [0], [1])),
      /^subnet 1 hides weights at first: commit to them, and reveal them later/,
    );
  }],

  ["committed weights are revealed in the next epoch, not before", async (world) => {
    const { chain, hotkey, sudo } = world;
    const first = await epoch(world);
    while (await epoch(world) === first) await sudo.newBlocks(1);
    await chain.commitWeights(hotkey, COMMIT);
    const committed = await epoch(world);
    assert.equal(committed, first + 1);
    assert.match(
      await refusal(chain.revealWeights(hotkey, COMMIT)),
      /^these weights are to be revealed in another epoch, not now \[SubtensorModule.RevealTooEarly/,
    );
    while (await epoch(world) === committed) await sudo.newBlocks(1);
    assert.match(
      await refusal(chain.revealWeights(hotkey, { ...COMMIT, salt: [7, 8, 10] })),
      /^these are not the weights of a commit: .*InvalidRevealCommitHashNotMatch\]/,
    );
    await chain.revealWeights(hotkey, COMMIT);
    assert.deepEqual(await weightsOf(world, await own(world)), [[0, 32768], [1, 65535]]);
  }],
];
