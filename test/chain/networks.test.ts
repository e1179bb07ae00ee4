/**
 * Tests of the networks' names.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { chainEndpoint } from "../../core/chain/networks.ts";
import { UsageError } from "../../core/errors.ts";

test("chainEndpoint() is finney where nothing was said", () => {
  assert.deepEqual(chainEndpoint({}), {
    network: "finney",
    endpoint: "wss://entrypoint-finney.opentensor.ai:443",
  });
});

test("chainEndpoint() knows the networks of the Python SDK", () => {
  const endpoints = ["test", "archive", "lite", "local"]
    .map((subtensorNetwork) => chainEndpoint({ subtensorNetwork }).endpoint);
  assert.deepEqual(endpoints, [
    "wss://test.finney.opentensor.ai:443",
    "wss://archive.chain.opentensor.ai:443",
    "wss://lite.sub.latent.to:443",
    "ws://127.0.0.1:9944",
  ]);
});

test("chainEndpoint() takes an address in the place of a name", () => {
  const endpoint = "wss://node.example:9944/path";
  assert.deepEqual(chainEndpoint({ subtensorNetwork: endpoint }), { network: endpoint, endpoint });
});

test("chainEndpoint() lets the address go before the network", () => {
  const choice = { subtensorNetwork: "test", subtensorChainEndpoint: "ws://10.0.0.7:9944" };
  assert.equal(chainEndpoint(choice).endpoint, "ws://10.0.0.7:9944");
});

test("chainEndpoint() takes a name in the place of an address", () => {
  assert.equal(chainEndpoint({ subtensorChainEndpoint: "local" }).network, "local");
});

test("chainEndpoint() names the network of an address that it knows, however it is written", () => {
  const addresses = [
    "wss://entrypoint-finney.opentensor.ai:443",
    "wss://entrypoint-finney.opentensor.ai",
    "wss://ENTRYPOINT-finney.opentensor.ai/",
  ];
  for (const subtensorChainEndpoint of addresses) {
    assert.equal(chainEndpoint({ subtensorChainEndpoint }).network, "finney");
  }
});

test("chainEndpoint() does not take another port for the same network", () => {
  const subtensorChainEndpoint = "ws://127.0.0.1:9945";
  assert.equal(chainEndpoint({ subtensorChainEndpoint }).network, subtensorChainEndpoint);
});

test("chainEndpoint() knows a ledger by its prefix, whatever the file is called", () => {
  for (const endpoint of ["ledger:chain.sqlite", "ledger:/a b/c:d", "ledger:finney"]) {
    assert.deepEqual(chainEndpoint({ subtensorNetwork: endpoint }), {
      network: "ledger",
      endpoint,
    });
  }
});

test("chainEndpoint() wants a file of a ledger", () => {
  assert.throws(() => chainEndpoint({ subtensorNetwork: "ledger:" }), UsageError, "names no file");
});

test("chainEndpoint() names what it expects in place of an unknown network", () => {
  assert.throws(
    () => chainEndpoint({ subtensorNetwork: "finey" }),
    UsageError,
    /unknown chain "finey".*finney, test/,
  );
});

test("chainEndpoint() takes no other kind of address", () => {
  for (const address of ["https://node.example", "ws:", "wss://", "127.0.0.1:9944", ""]) {
    assert.throws(
      () => chainEndpoint({ subtensorChainEndpoint: address }),
      UsageError,
      "unknown chain",
    );
  }
});
