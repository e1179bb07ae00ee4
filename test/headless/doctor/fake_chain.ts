/**
 * A chain that answers what a test wants; unless told otherwise, all is well on it.
 *
 * @module
 */

import { assert } from "chai";
import type { Block, Chain, SubnetParameters } from "../../../core/chain/chain.ts";
import type { AxonInfo, Metagraph, Neuron } from "../../../core/chain/metagraph.ts";
import { ALICE, DEV } from "../../wallet/fixtures.ts";

/** The wallet's coldkey and hotkey. */
export const COLDKEY = ALICE.address;
export const HOTKEY = DEV.address;
/** Anyone else. */
export const STRANGER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

/** The time of day in these tests. */
export const NOW_MS = Date.UTC(2026, 10, 5, 12);
/** The subnet where the hotkey is registered, and its uid there. */
export const NETUID = 27;
export const UID = 12;
export const TAO = 1_000_000_000n;

/** The newest block, 4 s old. */
export const HEAD: Block = { number: 5000, hash: `0x${"1".repeat(64)}`, unixMs: NOW_MS - 4000 };

/** The rules of {@linkcode NETUID}. */
export const SUBNET: SubnetParameters = {
  netuid: NETUID,
  registrationAllowed: true,
  powRegistrationAllowed: false,
  burnRao: TAO / 2n,
  minBurnRao: 500_000n,
  maxBurnRao: 100n * TAO,
  difficulty: 10_000_000n,
  neuronCount: 2,
  maxNeuronCount: 256,
  immunityBlocks: 4096,
  tempoBlocks: 360,
  servingRateLimitBlocks: 50,
  weightsRateLimitBlocks: 100,
  weightsVersionKey: 0n,
  minAllowedWeights: 1,
  commitRevealEnabled: false,
  revealPeriodEpochs: undefined,
  maxRegistrationsPerBlock: undefined,
  targetRegistrationsPerInterval: undefined,
  adjustmentIntervalBlocks: undefined,
};

/** Where the hotkey's axon is. */
export const AXON: AxonInfo = {
  block: 4000,
  version: 183,
  ip: "203.0.113.9",
  port: 8091,
  ipType: 4,
  protocol: 4,
};

/** The neuron of the hotkey: 1000 blocks there, with emission. */
export const NEURON: Neuron = {
  uid: UID,
  hotkey: HOTKEY,
  coldkey: COLDKEY,
  axon: AXON,
  active: true,
  validatorPermit: false,
  totalStakeRao: 0n,
  alphaStakeRao: 0n,
  taoStakeRao: 0n,
  emissionRao: 1_500_000_000n,
  incentive: 0.01,
  consensus: 0.01,
  trust: 0.5,
  validatorTrust: 0,
  dividends: 0,
  rank: 0.01,
  lastUpdate: 4000,
  registeredAt: 4000,
};

/** The neurons of {@linkcode NETUID}. */
export const METAGRAPH: Metagraph = {
  netuid: NETUID,
  name: "NI Compute",
  block: 5000,
  neurons: [
    { ...NEURON, uid: 3, hotkey: STRANGER, coldkey: STRANGER, registeredAt: 10, axon: undefined },
    NEURON,
  ],
};

/** A chain that differs from a healthy one in these answers. */
export function fakeChain(differences: Partial<Chain> = {}): Chain {
  return { ...HEALTHY, ...differences };
}

const refuse = (): never => assert.fail("doctor changes nothing on a chain");

const HEALTHY: Chain = {
  identity: () =>
    Promise.resolve({
      network: "finney",
      endpoint: "wss://entrypoint-finney.opentensor.ai:443",
      genesisHash: `0x2f0555${"0".repeat(52)}79c45d`,
      specName: "node-subtensor",
      specVersion: 425,
    }),
  head: () => Promise.resolve(HEAD),
  watchHead: () => Promise.resolve(() => {}),
  balance: () => Promise.resolve({ freeRao: 2n * TAO + 500n, transferableRao: 2n * TAO }),
  existentialDepositRao: () => Promise.resolve(500n),
  netuids: () => Promise.resolve([0, 9, NETUID]),
  subnet: (netuid) => Promise.resolve({ ...SUBNET, netuid }),
  metagraph: (netuid) => Promise.resolve({ ...METAGRAPH, netuid }),
  uidOf: (netuid, hotkey) =>
    Promise.resolve(netuid === NETUID && hotkey === HOTKEY ? UID : undefined),
  axonOf: (netuid) => Promise.resolve(netuid === NETUID ? AXON : undefined),
  ownerOf: (hotkey) => Promise.resolve(hotkey === HOTKEY ? COLDKEY : undefined),
  stakesOf: () => Promise.resolve([]),
  powTask: () => Promise.resolve(undefined),
  transferFeeRao: () => Promise.resolve(120_000n),
  close: () => Promise.resolve(),
  burnedRegister: refuse,
  powRegister: refuse,
  serveAxon: refuse,
  servePrometheus: refuse,
  setWeights: refuse,
  commitWeights: refuse,
  revealWeights: refuse,
  transfer: refuse,
  addStake: refuse,
  removeStake: refuse,
};
