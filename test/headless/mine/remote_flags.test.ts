/**
 * Where the flags and the published `.env` say to mine.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../../core/errors.ts";
import { PUBLISHED_ORCHESTRATOR } from "../../../core/iota/miner/swarm_options.ts";
import { parseFlags } from "../../../headless/flags.ts";
import { type RemotePlace, remotePlace } from "../../../headless/mine/remote_flags.ts";
import { MINE_FLAGS, type MineValues } from "../../../headless/mine_settings.ts";

/** As the guide for miners has it. */
const PUBLISHED_ENV = {
  ...{ wallet_name: "cold", wallet_hotkey: "hot", netuid: "9", network: "finney" },
  ...{ MOCK: "False", BITTENSOR: "True", HF_TOKEN: "hf_secret", LAUNCH_HEALTH: "True" },
  ...{ MINER_HEALTH_HOST: "0.0.0.0", MINER_HEALTH_PORT: "8001", MINER_HEALTH_ENDPOINT: "/health" },
  ...{ ORCHESTRATOR_HOST: "iota.api.macrocosmos.ai", ORCHESTRATOR_PORT: "443" },
  ...{ ORCHESTRATOR_SCHEME: "https", ORCHESTRATOR_KEY: "5D2Z5MYHMHTnbhkf9hSYkCxnZiJfAKL2Y5fhGS" },
};

function values(args: readonly string[], envFile: Record<string, string> = {}): MineValues {
  return parseFlags(MINE_FLAGS, { args, environment: {}, envFile }).values;
}

function place(...args: string[]): RemotePlace | undefined {
  return remotePlace(values(args));
}

test("without a flag it is this machine", () => {
  assert.isUndefined(place());
  assert.isUndefined(place("--network", "local"));
});

for (const network of ["finney", "test"]) {
  test(`--network ${network} is the published orchestrator, and that chain`, () => {
    assert.deepEqual(place("--network", network), {
      url: PUBLISHED_ORCHESTRATOR,
      chain: { subtensorNetwork: network, subtensorChainEndpoint: undefined },
    });
  });
}

test("a published .env is all that finney needs", () => {
  const read = values([], PUBLISHED_ENV);
  assert.deepEqual(remotePlace(read), place("--network", "finney"));
  assert.deepInclude(read, {
    ...{ walletName: "cold", walletHotkey: "hot", netuid: 9, mock: false },
    ...{ health: true, healthHost: "0.0.0.0", healthPort: 8001, healthEndpoint: "/health" },
  });
});

test("--network local beats a published .env, orchestrator and all", () => {
  assert.isUndefined(remotePlace(values(["--network", "local"], PUBLISHED_ENV)));
});

test("--network test beats the network of a published .env, for the chain too", () => {
  const found = remotePlace(values(["--network", "test"], PUBLISHED_ENV));
  assert.equal(found?.chain?.subtensorNetwork, "test");
});

test("an orchestrator alone asks no chain; its address loses the slash at the end", () => {
  const found = place("--orchestrator", "http://10.0.0.3:8000/");
  assert.deepEqual(found, { url: "http://10.0.0.3:8000", chain: undefined });
});

test("an orchestrator goes with the chain of --network, or of --subtensor", () => {
  const at = ["--orchestrator", "http://10.0.0.3:8000"];
  const chain = { subtensorNetwork: "test", subtensorChainEndpoint: undefined };
  assert.deepEqual(place(...at, "--network", "test"), { url: at[1], chain });
  assert.deepEqual(place(...at, "--subtensor.network", "test"), { url: at[1], chain });
  const endpoint = place(...at, "--subtensor.chain_endpoint", "ws://10.0.0.4:9944");
  assert.equal(endpoint?.chain?.subtensorChainEndpoint, "ws://10.0.0.4:9944");
});

test("the parts of an address are one too", () => {
  const parts = ["--orchestrator.host", "10.0.0.3", "--orchestrator.port", "8000"];
  assert.equal(place(...parts, "--orchestrator.scheme", "http")?.url, "http://10.0.0.3:8000");
});

test("--network local and --orchestrator contradict each other", () => {
  const both = ["--network", "local", "--orchestrator", "http://10.0.0.3:8000"];
  assert.throws(() => place(...both), UsageError, "leave it out to join that of --orchestrator");
});

for (const wrong of ["10.0.0.3:8000", "ftp://10.0.0.3", "here"]) {
  test(`${wrong} is no address of an orchestrator`, () => {
    assert.throws(() => place("--orchestrator", wrong), UsageError, "expected an address such as");
  });
}

for (
  const [flag, wrong] of [
    ["--network", "main"],
    ["--health.endpoint", "health"],
    ["--health.endpoint", "/a b"],
    ["--health.port", "65536"],
    ["--dtype", "f16"],
    ["--cache.size", "0"],
  ]
) {
  test(`${flag} "${wrong}" is refused with what is expected`, () => {
    assert.throws(() => values([flag, wrong]), UsageError, `${flag} "${wrong}": expected `);
  });
}
