/**
 * Paying for a registration.
 *
 * @module
 */

import { assert } from "chai";
import { burnedRegister } from "../../../core/chain/subtensor/extrinsics.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { NETUID, refusal, type Step } from "./world.ts";

const TAO = 10n ** 9n;
const FUNDS = 100n * TAO;

export const BURNED_STEPS: readonly Step[] = [
  ["a coldkey without money is told the price", async ({ chain, coldkey, hotkey }) => {
    const { burnRao } = await chain.subnet(NETUID);
    const registration = { netuid: NETUID, hotkey: hotkey.address, limitRao: burnRao };
    assert.match(
      await refusal(chain.burnedRegister(coldkey, registration)),
      /^the registration costs 1 TAO, and the coldkey has 0 TAO to spend \[.*NotEnoughBalance/,
    );
  }],

  ["a registration costs its price and gives a uid", async (world) => {
    const { chain, coldkey, hotkey, sudo } = world;
    await sudo.fund(coldkey.address, FUNDS);
    const { burnRao } = await chain.subnet(NETUID);
    const receipt = await chain.burnedRegister(coldkey, {
      netuid: NETUID,
      hotkey: hotkey.address,
      limitRao: burnRao,
    });
    assert.equal(receipt.uid, await chain.uidOf(NETUID, hotkey.address));
    assert.isDefined(receipt.uid);
    const fee = receipt.feeRao ?? 0n;
    assert.equal(await world.freeRao(coldkey.address), FUNDS - burnRao - fee);
  }],

  ["the metagraph has the new neuron", async ({ chain, coldkey, hotkey }) => {
    const uid = await chain.uidOf(NETUID, hotkey.address);
    const { neurons } = await chain.metagraph(NETUID);
    const neuron = neurons.find((neuron) => neuron.uid === uid);
    assert.deepInclude(neuron, {
      hotkey: hotkey.address,
      coldkey: coldkey.address,
      axon: undefined,
    });
  }],

  ["the same hotkey again is refused, by us and by the chain, in the same words", async (world) => {
    const { chain, coldkey, hotkey } = world;
    const before = await world.freeRao(coldkey.address);
    const registration = { netuid: NETUID, hotkey: hotkey.address, limitRao: FUNDS };
    const uid = await chain.uidOf(NETUID, hotkey.address);
    const words = `this hotkey is already registered on subnet 1 as uid ${uid} ` +
      "[SubtensorModule.HotKeyAlreadyRegisteredInSubNet]";
    assert.equal(await refusal(chain.burnedRegister(coldkey, registration)), words);
    const context = { call: "burnedRegister", signer: coldkey.address, ...registration } as const;
    const unchecked = world.unchecked(coldkey, context, (api) => burnedRegister(api, registration));
    assert.equal(await refusal(unchecked), words);
    assert.equal(await world.freeRao(coldkey.address), before);
  }],

  ["a price above the limit is refused before anything is signed", async (world) => {
    const { chain, coldkey } = world;
    const { burnRao } = await chain.subnet(NETUID);
    const hotkey = Keypair.fromUri("//Story//other").address;
    const registration = { netuid: NETUID, hotkey, limitRao: burnRao - 1n };
    assert.match(
      await refusal(chain.burnedRegister(coldkey, registration)),
      /^the registration price rose while you waited: it is now 1 TAO, your limit was 0.999999999 TAO/,
    );
  }],

  ["somebody else's hotkey is refused", async (world) => {
    const { chain, coldkey, sudo } = world;
    const thief = Keypair.fromUri("//Story//thief");
    const hotkey = Keypair.fromUri("//Story//wanted").address;
    await sudo.fund(thief.address, FUNDS);
    await sudo.set({ SubtensorModule: { Owner: [[[hotkey], coldkey.address]] } });
    const registration = { netuid: NETUID, hotkey, limitRao: FUNDS };
    const words = `the hotkey ${hotkey} belongs to the coldkey ${coldkey.address}, not to this ` +
      "one [SubtensorModule.NonAssociatedColdKey]";
    assert.equal(await refusal(chain.burnedRegister(thief, registration)), words);
    const context = { call: "burnedRegister", signer: thief.address, ...registration } as const;
    const unchecked = world.unchecked(thief, context, (api) => burnedRegister(api, registration));
    assert.equal(await refusal(unchecked), words);
  }],

  ["an interval that is full says how long", async ({ chain, coldkey, sudo }) => {
    const full = { SubtensorModule: { RegistrationsThisInterval: [[[NETUID], 12]] } };
    await sudo.set(full);
    const hotkey = Keypair.fromUri("//Story//other").address;
    assert.match(
      await refusal(chain.burnedRegister(coldkey, { netuid: NETUID, hotkey, limitRao: FUNDS })),
      /^registrations on subnet 1 are full for this interval, about \d+ blocks \(\d+ (s|minutes)\) left/,
    );
    await sudo.set({ SubtensorModule: { RegistrationsThisInterval: [[[NETUID], 0]] } });
  }],
];
