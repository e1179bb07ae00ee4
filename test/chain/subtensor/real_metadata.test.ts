/**
 * Tests of reads with the metadata of a real runtime, spec 218, and values made by hand. The metadata
 * lie outside the repository, and not on every machine.
 *
 * @module
 */

import { testWhere } from "#test";
import { assert } from "chai";
import { readBalance, readOwner } from "../../../core/chain/subtensor/accounts.ts";
import { type ChainState, newestState } from "../../../core/chain/subtensor/chain_state.ts";
import { readMetagraph } from "../../../core/chain/subtensor/metagraph.ts";
import { readPowTask } from "../../../core/chain/subtensor/pow_task.ts";
import { readSubnet } from "../../../core/chain/subtensor/subnets.ts";
import { MadeChain } from "./made_chain.ts";
import { PLAIN_RUNTIME } from "./made_runtime.ts";
import { noMetadata } from "./metadata_api.ts";
import { account } from "./metagraph_runtime.ts";

const FILE = new URL(
  "../../../../shared/chain/subtensor-218.metadata.scale",
  import.meta.url,
);
const NETUID = 1;
const HOTKEY = account(1, 1);
const COLDKEY = account(2, 1);
const HALF_OF_U64 = 1n << 63n;

/** A chain of spec 218 with one neuron. */
async function withNeuron(): Promise<{ chain: MadeChain; state: ChainState }> {
  const runtime = { ...PLAIN_RUNTIME, specVersion: 218 };
  const chain = await MadeChain.open(runtime, Deno.readFileSync(FILE));
  chain.setSubnet(NETUID, {
    networksAdded: true,
    subnetworkN: 1,
    networkPowRegistrationAllowed: true,
    burn: 5n,
    active: [true],
    validatorPermit: [true],
    lastUpdate: [12],
    emission: [10n ** 18n],
    incentive: [65535],
    validatorTrust: [13107],
    taoWeight: HALF_OF_U64,
  });
  chain.set("keys", [NETUID, 0], HOTKEY);
  chain.set("owner", [HOTKEY], COLDKEY);
  chain.set("totalHotkeyAlpha", [HOTKEY, NETUID], 1000n);
  chain.set("totalHotkeyAlpha", [HOTKEY, 0], 600n);
  chain.set("childKeys", [HOTKEY, NETUID], [[HALF_OF_U64, account(1, 2)]]);
  const axon = { block: 4, version: 183, ip: 3405803785, port: 8091, ipType: 4, protocol: 4 };
  chain.set("axons", [NETUID, HOTKEY], axon);
  chain.set("subnetIdentities", [NETUID], { subnetName: "apex" });
  return { chain, state: await newestState(chain.connection()) };
}

testWhere(noMetadata, "spec 218: a neuron is read from the storage that there is", async () => {
  const { name, neurons: [neuron] } = await readMetagraph((await withNeuron()).state, NETUID);
  assert.equal(name, "apex");
  assert.deepInclude(neuron, {
    hotkey: HOTKEY,
    coldkey: COLDKEY,
    axon: { block: 4, version: 183, ip: "203.0.113.9", port: 8091, ipType: 4, protocol: 4 },
    incentive: 1,
    validatorTrust: 0.2,
    emissionRao: 10n ** 18n,
    lastUpdate: 12,
    registeredAt: 0,
  });
});

testWhere(noMetadata, "spec 218: alpha goes to child hotkeys, TAO does not", async () => {
  const { neurons: [neuron] } = await readMetagraph((await withNeuron()).state, NETUID);
  // The runtime's own `get_subnet_state` weighs the same.
  assert.deepInclude(neuron, { alphaStakeRao: 500n, taoStakeRao: 600n, totalStakeRao: 800n });
});

testWhere(noMetadata, "spec 218: what is not stored has the runtime's own defaults", async () => {
  assert.deepInclude(await readSubnet((await withNeuron()).state, NETUID), {
    burnRao: 5n,
    minBurnRao: 1_000_000_000n,
    difficulty: 10_000_000n,
    maxNeuronCount: 4096,
    tempoBlocks: 30,
    registrationAllowed: false,
    maxRegistrationsPerBlock: 4,
  });
});

testWhere(noMetadata, "spec 218: work is checked, and its seal is big-endian", async () => {
  const task = await readPowTask((await withNeuron()).state, NETUID);
  assert.deepInclude(task, { blockNumber: 7, difficulty: 10_000_000n, endianness: "big" });
});

testWhere(noMetadata, "spec 218: accounts are read, and hotkeys without an owner", async () => {
  const { chain, state } = await withNeuron();
  chain.set("system.account", [COLDKEY], { data: { free: 10n ** 18n, frozen: 700n } });
  assert.deepEqual(await readBalance(state, COLDKEY, 500n), {
    freeRao: 10n ** 18n,
    transferableRao: 10n ** 18n - 700n,
  });
  assert.isUndefined(await readOwner(state, account(1, 9)));
});
