/**
 * Payments over a connection that is cut while they are made.
 *
 * @module
 */

import { assert } from "chai";
import { Keypair } from "../../../core/wallet/keypair.ts";
import type { Signer } from "../../../core/wallet/signer.ts";
import { CuttingProxy, type Fate } from "./cutting_proxy.ts";
import type { Step, World } from "./world.ts";

const TAO = 10n ** 9n;

/** Pays one TAO while submissions meet these fates, one after the other. */
async function payThrough(world: World, name: string, fates: readonly Fate[]): Promise<void> {
  const to = Keypair.fromUri(`//Story//paid ${name}`).address;
  const proxy = new CuttingProxy(world.endpoint);
  const chain = await world.open(proxy.endpoint);
  let signatures = 0;
  const signer: Signer = {
    address: world.coldkey.address,
    publicKey: world.coldkey.publicKey,
    sign: (message) => {
      signatures += 1;
      return world.coldkey.sign(message);
    },
  };
  const left = [...fates];
  proxy.fateOf = ({ method }) =>
    method.startsWith("author_submit") ? left.shift() ?? "pass" : "pass";
  const before = await world.freeRao(signer.address);
  const stages: string[] = [];
  const { feeRao = 0n } = await chain.transfer(signer, to, TAO, {
    onProgress: (stage) => stages.push(stage),
  });
  await chain.close();
  await proxy.close();
  assert.equal(signatures, 1, "signatures");
  assert.equal(new Set(proxy.extrinsics).size, 1, "different extrinsics");
  assert.equal(await world.freeRao(to), TAO, "what the recipient has");
  assert.equal(await world.freeRao(signer.address), before - TAO - feeRao, "what the sender has");
  assert.include(stages, "reconnecting");
  assert.isEmpty(left, "cuts that did not happen");
}

export const CUT_STEPS: readonly Step[] = [
  ["a payment whose answer is lost is made once", async (world) => {
    await payThrough(world, "and lost the answer", ["lose the answer"]);
  }],
  ["a payment that is lost is handed in again, and made once", async (world) => {
    await payThrough(world, "and lost", ["lose"]);
  }],
  ["a payment that is lost again and again is made once", async (world) => {
    await payThrough(world, "and lost twice", ["lose", "lose", "lose the answer"]);
  }],
];
