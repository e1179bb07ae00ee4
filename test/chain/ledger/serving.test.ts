import { test } from "#test";
import { assert } from "chai";
import type { AxonAddress } from "../../../core/chain/chain.ts";
import type { Ledger } from "../../../core/chain/ledger/ledger.ts";
import { UsageError } from "../../../core/errors.ts";
import type { Keypair } from "../../../core/wallet/keypair.ts";
import { fundedLedger, keypair, NETUID, rejected, type TestLedger } from "./setup.ts";

const AXON: AxonAddress = { version: 183, ip: "203.0.113.9", port: 8091, ipType: 4, protocol: 4 };

/** A ledger with one registered hotkey. */
async function setUp(): Promise<{ test: TestLedger; ledger: Ledger; hotkey: Keypair }> {
  const hotkey = await keypair("hot");
  const { ledger: test, coldkey } = fundedLedger();
  test.register(coldkey, hotkey);
  return { test, ledger: test.asChain(), hotkey };
}

test("serveAxon() publishes the axon with the block of its change", async () => {
  const { test, ledger, hotkey } = await setUp();
  await test.passBlocks(7);
  const receipt = await ledger.serveAxon(hotkey, NETUID, AXON);
  assert.equal(receipt?.blockNumber, 7);
  assert.deepEqual(await ledger.axonOf(NETUID, hotkey.address), { ...AXON, block: 7 });
  assert.deepEqual((await ledger.metagraph(NETUID)).neurons[0].axon, { ...AXON, block: 7 });
});

test("serveAxon() does nothing where the same is there already", async () => {
  const { ledger, hotkey } = await setUp();
  await ledger.serveAxon(hotkey, NETUID, AXON);
  assert.isUndefined(await ledger.serveAxon(hotkey, NETUID, AXON));
});

test("the same IPv6 address in other words is the same", async () => {
  const { ledger, hotkey } = await setUp();
  const axon: AxonAddress = { ...AXON, ip: "2001:DB8:0:0:0:0:0:1", ipType: 6 };
  await ledger.serveAxon(hotkey, NETUID, axon);
  assert.isUndefined(
    await ledger.serveAxon(hotkey, NETUID, { ...axon, ip: "2001:db8::1" }),
  );
  assert.equal((await ledger.axonOf(NETUID, hotkey.address))?.ip, "2001:db8::1");
});

test("a new address waits until the rate limit is over", async () => {
  const { test, ledger, hotkey } = await setUp();
  await ledger.serveAxon(hotkey, NETUID, AXON);
  await test.passBlocks(4);
  const moved = { ...AXON, port: 8092 };
  const message = await rejected(
    "ServingRateLimitExceeded",
    ledger.serveAxon(hotkey, NETUID, moved),
  );
  assert.include(message, "wait 1 more");
  await test.passBlocks(1);
  assert.isDefined(await ledger.serveAxon(hotkey, NETUID, moved));
});

test("a hotkey that is not registered publishes nothing", async () => {
  const { ledger } = await setUp();
  const stranger = await keypair("stranger");
  await rejected("HotKeyNotRegisteredInNetwork", ledger.serveAxon(stranger, NETUID, AXON));
  const { protocol: _, ...metrics } = AXON;
  await rejected("HotKeyNotRegisteredInNetwork", ledger.servePrometheus(stranger, NETUID, metrics));
});

test("addresses that no one can reach are refused", async () => {
  const { ledger, hotkey } = await setUp();
  for (const [ip, ipType] of [["127.0.0.1", 4], ["255.255.255.255", 4], ["::1", 6]] as const) {
    await rejected("InvalidIpAddress", ledger.serveAxon(hotkey, NETUID, { ...AXON, ip, ipType }));
  }
});

test("zero is an address for an axon and none for metrics", async () => {
  const { ledger, hotkey } = await setUp();
  const zero = { ...AXON, ip: "0.0.0.0" };
  assert.isDefined(await ledger.serveAxon(hotkey, NETUID, zero));
  const { protocol: _, ...metrics } = zero;
  await rejected("InvalidIpAddress", ledger.servePrometheus(hotkey, NETUID, metrics));
});

test("port 0 is refused", async () => {
  const { ledger, hotkey } = await setUp();
  await rejected("InvalidPort", ledger.serveAxon(hotkey, NETUID, { ...AXON, port: 0 }));
});

test("an address of the other type is refused", async () => {
  const { ledger, hotkey } = await setUp();
  await rejected("InvalidIpType", ledger.serveAxon(hotkey, NETUID, { ...AXON, ipType: 6 }));
});

test("numbers that do not fit their fields are wrong use", async () => {
  const { ledger, hotkey } = await setUp();
  for (const wrong of [{ port: 65536 }, { port: 1.5 }, { version: -1 }, { version: 2 ** 32 }]) {
    const failure = await ledger.serveAxon(hotkey, NETUID, { ...AXON, ...wrong })
      .catch((error: unknown) => error);
    assert.instanceOf(failure, UsageError, JSON.stringify(wrong));
  }
});

test("metrics have a rate limit of their own", async () => {
  const { ledger, hotkey } = await setUp();
  await ledger.serveAxon(hotkey, NETUID, AXON);
  const { protocol: _, ...metrics } = AXON;
  assert.isDefined(await ledger.servePrometheus(hotkey, NETUID, metrics));
  assert.isUndefined(await ledger.servePrometheus(hotkey, NETUID, metrics));
  await rejected(
    "ServingRateLimitExceeded",
    ledger.servePrometheus(hotkey, NETUID, { ...metrics, port: 1 }),
  );
});

test("an axon goes with its neuron", async () => {
  const hotkey = await keypair("hot");
  const { ledger: test, coldkey } = fundedLedger({ maxNeuronCount: 1, immunityBlocks: 0 });
  test.register(coldkey, hotkey);
  const ledger = test.asChain();
  await ledger.serveAxon(hotkey, NETUID, AXON);
  test.register(coldkey, await keypair("other"));
  assert.isUndefined(await ledger.axonOf(NETUID, hotkey.address));
  test.register(coldkey, hotkey);
  assert.isUndefined(await ledger.axonOf(NETUID, hotkey.address));
});
