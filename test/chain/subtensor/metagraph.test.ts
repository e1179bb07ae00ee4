/**
 * Tests of the three ways to read a metagraph.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { newestState } from "../../../core/chain/subtensor/chain_state.ts";
import {
  METAGRAPH_ROUTES,
  readMetagraph,
  readUidOf,
} from "../../../core/chain/subtensor/metagraph.ts";
import type { Metagraph } from "../../../core/chain/metagraph.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { BLOCK_HASH, MadeChain } from "./made_chain.ts";
import {
  account,
  LITE,
  liteNeurons,
  METAGRAPH_RUNTIME,
  NAME,
  NETUID,
  openMetagraphChain,
  runtimeWithout,
  SELECTIVE,
} from "./metagraph_runtime.ts";
import { rejection } from "./rejection.ts";
import { sequence, U8 } from "./made_types.ts";

async function metagraphOf(chain: MadeChain, netuid = NETUID): Promise<Metagraph> {
  return await readMetagraph(await newestState(chain.connection()), netuid);
}

for (const route of METAGRAPH_ROUTES.keys()) {
  test(`a neuron by ${route} has all that the chain knows of it`, async () => {
    const state = await newestState((await openMetagraphChain()).connection());
    const found = await METAGRAPH_ROUTES.get(route)?.(state, NETUID);
    assert.deepEqual(found?.neurons[3], {
      uid: 3,
      hotkey: account(1, 3),
      coldkey: account(2, 3),
      axon: { block: 5, version: 184, ip: "2001:db8::1", port: 65535, ipType: 6, protocol: 0 },
      active: false,
      validatorPermit: true,
      totalStakeRao: 3n * 1_000_000_007n + 2n * 900_000_001n,
      alphaStakeRao: 3n * 1_000_000_007n,
      taoStakeRao: 2n * 900_000_001n,
      emissionRao: 3n * 10n ** 18n + 1n,
      incentive: 0.6,
      consensus: 33 / 65535,
      trust: 36 / 65535,
      validatorTrust: 42 / 65535,
      dividends: 65532 / 65535,
      rank: 39 / 65535,
      lastUpdate: 1003,
      registeredAt: 103,
    });
  });
}

test("all ways agree on every neuron, and on the subnet's name", async () => {
  const state = await newestState((await openMetagraphChain()).connection());
  const [first, ...others] = await Promise.all(
    [...METAGRAPH_ROUTES.values()].map((route) => route(state, NETUID)),
  );
  assert.lengthOf(first?.neurons ?? [], 5);
  for (const other of others) assert.deepEqual(other, first);
});

test("everything is read at the block that the metagraph names", async () => {
  for (
    const runtime of [METAGRAPH_RUNTIME, runtimeWithout(SELECTIVE), runtimeWithout(SELECTIVE, LITE)]
  ) {
    const chain = await openMetagraphChain(runtime);
    const { block } = await metagraphOf(chain);
    assert.equal(block, 7);
    assert.deepEqual([...new Set(chain.blocksAsked)], [BLOCK_HASH]);
  }
});

test("a runtime with a selective metagraph weighs the stakes itself", async () => {
  const chain = await openMetagraphChain();
  chain.set("totalHotkeyAlpha", [account(1, 3), NETUID], 1);
  assert.equal((await metagraphOf(chain)).neurons[3].alphaStakeRao, 3_000_000_021n);
});

test("a selective metagraph is asked for by the runtime's numbers of its fields", async () => {
  const chain = await openMetagraphChain();
  const asked: unknown[] = [];
  chain.define(SELECTIVE, (...inputs) => {
    asked.push(inputs.slice(0, 2));
    return null;
  });
  await metagraphOf(chain);
  const fields = [1, 52, 53, 55, 56, 57, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69];
  assert.deepEqual(asked, [[NETUID, fields]]);
});

test("a runtime without a selective metagraph is asked for its short list", async () => {
  const chain = await openMetagraphChain(runtimeWithout(SELECTIVE));
  chain.setSubnet(NETUID, { lastUpdate: [] });
  assert.equal((await metagraphOf(chain)).neurons[3].lastUpdate, 1003);
});

test("a runtime without functions is read from storage", async () => {
  const chain = await openMetagraphChain(runtimeWithout(SELECTIVE, LITE));
  assert.deepEqual(await metagraphOf(chain), await metagraphOf(await openMetagraphChain()));
});

test("a name is text, whatever its script", async () => {
  assert.equal((await metagraphOf(await openMetagraphChain())).name, NAME);
});

test("bytes of older runtimes are read as the list that they are", async () => {
  const chain = await openMetagraphChain(oldRuntime());
  chain.define(LITE, () => oldNeurons(chain));
  chain.setSubnet(NETUID, { lastUpdate: [] });
  const { neurons } = await metagraphOf(chain);
  assert.equal(neurons[3].lastUpdate, 1003, "from the list, not from storage");
  assert.equal(neurons[1].axon?.ip, "203.0.113.9");
});

test("bytes that are not such a list are not believed: storage is read", async () => {
  for (const broken of ["00", "ff", ""]) {
    const chain = await openMetagraphChain(oldRuntime());
    chain.define(LITE, () => `${oldNeurons(chain)}${broken || "0102"}`);
    chain.setSubnet(NETUID, { lastUpdate: [1, 2, 3, 4, 5] });
    assert.equal((await metagraphOf(chain)).neurons[3].lastUpdate, 4);
  }
});

test("what a runtime no longer works out is nothing", async () => {
  const chain = await openMetagraphChain(runtimeWithout(SELECTIVE, LITE));
  chain.setSubnet(NETUID, { rank: [], trust: [7], validatorPermit: [true] });
  const { neurons } = await metagraphOf(chain);
  assert.deepEqual(neurons.map(({ rank }) => rank), [0, 0, 0, 0, 0]);
  assert.equal(neurons[1].trust, 0);
  assert.isFalse(neurons[1].validatorPermit);
});

test("an axon with a type of address that there is not is none", async () => {
  const chain = await openMetagraphChain(runtimeWithout(SELECTIVE, LITE));
  const axon = { block: 3, version: 1, ip: 16909060, port: 1, protocol: 4 };
  chain.set("axons", [NETUID, account(1, 1)], { ...axon, ipType: 5 });
  chain.set("axons", [NETUID, account(1, 3)], { ...axon, ip: 1n << 40n, ipType: 4 });
  const { neurons } = await metagraphOf(chain);
  assert.isUndefined(neurons[1].axon);
  assert.isUndefined(neurons[3].axon, "a number too large for IPv4");
});

test("a subnet nobody is in has no neurons", async () => {
  for (const runtime of [runtimeWithout(SELECTIVE), runtimeWithout(SELECTIVE, LITE)]) {
    const chain = await openMetagraphChain(runtime);
    chain.setSubnet(2, { networksAdded: true });
    chain.define(LITE, () => []);
    assert.deepEqual(await metagraphOf(chain, 2), { netuid: 2, name: "", block: 7, neurons: [] });
  }
});

test("a subnet that is not there is a wrong use, however neurons are read", async () => {
  for (const runtime of [METAGRAPH_RUNTIME, runtimeWithout(SELECTIVE, LITE)]) {
    const chain = await openMetagraphChain(runtime);
    chain.define(SELECTIVE, () => null);
    const error = await rejection(metagraphOf(chain, 40));
    assert.instanceOf(error, UsageError);
    assert.include(error.message, "no subnet 40");
  }
});

test("what cannot be a subnet's number is not asked for", async () => {
  const chain = await openMetagraphChain();
  for (const netuid of [-1, 65536, 1.5, NaN]) {
    assert.instanceOf(await rejection(metagraphOf(chain, netuid)), UsageError);
  }
  assert.isEmpty(chain.blocksAsked);
});

test("a metagraph without its keys is not believed", async () => {
  const chain = await openMetagraphChain();
  chain.define(SELECTIVE, () => ({ name: [65] }));
  const error = await rejection(metagraphOf(chain));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /for the metagraph of subnet 9 .*hotkeys/);
});

test("a hotkey's uid is found by any writing of its address", async () => {
  const state = await newestState((await openMetagraphChain()).connection());
  assert.equal(await readUidOf(state, NETUID, account(1, 4)), 4);
  assert.isUndefined(await readUidOf(state, NETUID, account(3, 4)));
  assert.isUndefined(await readUidOf(state, 1, account(1, 4)));
  assert.instanceOf(await rejection(readUidOf(state, NETUID, "5nonsense")), UsageError);
});

/** Tells neurons as bytes, as runtimes before 2025-03 do. */
function oldRuntime(): typeof METAGRAPH_RUNTIME {
  const runtime = runtimeWithout(SELECTIVE);
  const lite = { ...runtime.functions[LITE], output: sequence(U8) };
  return { ...runtime, functions: { [LITE]: lite } };
}

function oldNeurons(chain: MadeChain): string {
  return chain.api.registry.createType("Vec<WeftNeuronLite>", liteNeurons()).toHex();
}
