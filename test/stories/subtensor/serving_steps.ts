/**
 * Publishing an axon.
 *
 * @module
 */

import { assert } from "chai";
import type { AxonAddress } from "../../../core/chain/chain.ts";
import { serveAxon } from "../../../core/chain/subtensor/extrinsics.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { NETUID, refusal, type Step } from "./world.ts";

const AXON: AxonAddress = {
  version: 183,
  ip: "203.0.113.9",
  port: 8091,
  ipType: 4,
  protocol: 4,
};
const METRICS = { version: 183, ip: "2001:db8::1", port: 7091, ipType: 6 } as const;

export const SERVING_STEPS: readonly Step[] = [
  ["127.0.0.1 is refused, by us and by the chain, in the same words", async (world) => {
    const { chain, hotkey } = world;
    const axon = { ...AXON, ip: "127.0.0.1" };
    const words = "the chain does not take 127.0.0.1 as an address to serve: give the one that " +
      "others reach you at [SubtensorModule.InvalidIpAddress]";
    assert.equal(await refusal(chain.serveAxon(hotkey, NETUID, axon)), words);
    const { address } = hotkey;
    const context = {
      call: "serveAxon",
      signer: address,
      netuid: NETUID,
      hotkey: address,
      ip: axon.ip,
    } as const;
    const unchecked = world.unchecked(hotkey, context, (api) => serveAxon(api, NETUID, axon));
    assert.equal(await refusal(unchecked), words);
    assert.isUndefined(await chain.axonOf(NETUID, address));
  }],

  ["a served axon is in the chain and in the metagraph", async ({ chain, hotkey }) => {
    const receipt = await chain.serveAxon(hotkey, NETUID, AXON);
    const axon = { ...AXON, block: receipt?.blockNumber };
    assert.deepEqual(await chain.axonOf(NETUID, hotkey.address), axon as typeof AXON & typeof axon);
    const { neurons } = await chain.metagraph(NETUID);
    const neuron = neurons.find((neuron) => neuron.hotkey === hotkey.address);
    assert.deepEqual(neuron?.axon, await chain.axonOf(NETUID, hotkey.address));
  }],

  ["the same axon again makes no call", async ({ chain, hotkey }) => {
    const before = (await chain.head()).number;
    assert.isUndefined(await chain.serveAxon(hotkey, NETUID, AXON));
    assert.equal((await chain.head()).number, before);
  }],

  ["another axon too soon is told how long to wait", async ({ chain, hotkey }) => {
    assert.match(
      await refusal(chain.serveAxon(hotkey, NETUID, { ...AXON, port: 8092 })),
      /^this hotkey has changed its address on subnet 1 a short while ago: try again in about \d+ /,
    );
    assert.equal((await chain.axonOf(NETUID, hotkey.address))?.port, AXON.port);
  }],

  ["a hotkey that is not registered cannot serve", async ({ chain }) => {
    const stranger = Keypair.fromUri("//Story//stranger");
    assert.match(
      await refusal(chain.serveAxon(stranger, NETUID, AXON)),
      /is not registered on subnet 1: register it first \[SubtensorModule.HotKeyNotRegistered/,
    );
  }],

  ["metrics are served once, over IPv6", async ({ chain, hotkey }) => {
    assert.isDefined(await chain.servePrometheus(hotkey, NETUID, METRICS));
    assert.isUndefined(await chain.servePrometheus(hotkey, NETUID, METRICS));
  }],
];
