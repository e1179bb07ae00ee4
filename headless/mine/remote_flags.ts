/**
 * The flags of `deno task mine` for a swarm elsewhere, with the names of the published `.env`.
 *
 * @module
 */

import { COMPUTE_NETUID } from "../../core/compute/compute_miner.ts";
import { UsageError } from "../../core/errors.ts";
import { PUBLISHED_SWARM } from "../../core/iota/orchestrator/settings.ts";
import { type Flag, integer, text, toggle, type Values } from "../flags.ts";
import { orchestratorUrl, VALIDATE_IOTA_FLAGS } from "../validate/flags.ts";
import { subtensorChainEndpoint, subtensorNetwork, WALLET_FLAGS } from "../wallet/flags.ts";
import type { ChainChoice } from "../wallet/system.ts";

const NETWORKS = ["local", "finney", "test"] as const;

/** Where a miner may mine. */
export type Network = (typeof NETWORKS)[number];

const network: Flag<Network | undefined> = {
  name: "network",
  placeholder: NETWORKS.join("|"),
  default: undefined,
  defaultText: "local, or what --orchestrator names",
  publishedNames: ["network"],
  expected: "local, finney or test",
  description:
    "Network to mine on. local is a whole one on this machine, offline; the others are " +
    "Bittensor's, with the published orchestrator.",
  parse: (text) => NETWORKS.find((each) => each === text),
};

const { orchestratorPort, orchestratorScheme, splits, localSteps } = VALIDATE_IOTA_FLAGS;
const PUBLISHED_HOST = VALIDATE_IOTA_FLAGS.orchestratorHost.default;

/** Where the swarm is. */
export const PLACE_FLAGS = {
  network,
  orchestrator: text({
    name: "orchestrator",
    placeholder: "URL",
    default: undefined,
    description: "Joins the swarm of this orchestrator, such as http://192.168.1.7:8000; one " +
      "that deno task orchestrate has started tells all that is trained itself.",
  }),
  orchestratorHost: text({
    name: "orchestrator.host",
    placeholder: "HOST",
    default: undefined,
    defaultText: PUBLISHED_HOST,
    publishedNames: ["ORCHESTRATOR_HOST"],
    description: "The same in three parts, as the published .env has it.",
  }),
  orchestratorPort,
  orchestratorScheme,
} as const;

/** How the swarm trains, and what a miner brings. */
export const REMOTE_FLAGS = {
  mock: toggle({
    name: "mock",
    default: false,
    publishedNames: ["MOCK"],
    description: "The defaults of a published orchestrator that runs with MOCK: model 100M, two " +
      "batches before merging.",
  }),
  splits,
  localSteps,
  weightsDtype: {
    ...VALIDATE_IOTA_FLAGS.weightsDtype,
    name: "weights-dtype",
    description: "Numbers in which a remote swarm merges weights.",
  },
  cacheSize: integer({
    name: "cache.size",
    min: 1,
    default: undefined,
    defaultText: `the orchestrator's, or ${PUBLISHED_SWARM.maxCachedActivations}`,
    description: "Batches that a miner of a remote swarm may have between forward and backward.",
  }),
  tokenizer: text({
    name: "tokenizer",
    placeholder: "NAME",
    default: undefined,
    defaultText: "by the model's vocabulary",
    description: "For layer 0 of a remote swarm: bytes, or a model of the Hugging Face hub whose " +
      "tokenizer is loaded with the token in HF_TOKEN.",
  }),
  dataset: text({
    name: "dataset",
    placeholder: "NAME",
    default: "HuggingFaceFW/fineweb",
    description: "Texts of the hub for layer 0, where --data names none.",
  }),
  health: toggle({
    name: "health",
    default: false,
    publishedNames: ["LAUNCH_HEALTH"],
    description: "Answers at an address of its own how the miner of a remote swarm does.",
  }),
  healthHost: text({
    name: "health.host",
    placeholder: "ADDRESS",
    default: "0.0.0.0",
    publishedNames: ["MINER_HEALTH_HOST"],
    description: "Address of this machine for that; 0.0.0.0 is every one.",
  }),
  healthPort: integer({
    name: "health.port",
    min: 0,
    max: 65535,
    default: 9000,
    publishedNames: ["MINER_HEALTH_PORT"],
    description: "Its port; 0 is any free one.",
  }),
  healthEndpoint: {
    ...text({
      name: "health.endpoint",
      placeholder: "PATH",
      default: "/health",
      publishedNames: ["MINER_HEALTH_ENDPOINT"],
      description: "Its path.",
    }),
    expected: "a path such as /health",
    parse: (text: string): string | undefined => /^\/[^\s?#]*$/.test(text) ? text : undefined,
  },
  ...WALLET_FLAGS,
  netuid: integer({
    name: "netuid",
    min: 0,
    max: 65535,
    default: undefined,
    defaultText: `${PUBLISHED_SWARM.netuid}, or ${COMPUTE_NETUID} for --subnet compute`,
    publishedNames: ["netuid"],
    description: "Number of the subnet on which the hotkey is registered.",
  }),
  subtensorNetwork: {
    ...subtensorNetwork,
    // The published `network` is --network here, which says more than the chain.
    publishedNames: ["BT_SUBTENSOR_NETWORK"],
    defaultText: "that of --network; with --orchestrator alone none is asked",
  },
  subtensorChainEndpoint,
} as const;

/** The chain on which a compute miner is registered; undefined for this machine alone. */
export function computeChain(
  { network, subtensorNetwork, subtensorChainEndpoint }: Pick<PlaceValues, "network"> & ChainValues,
): ChainChoice | undefined {
  const named = subtensorNetwork ?? (network === "local" ? undefined : network);
  if (named === undefined && subtensorChainEndpoint === undefined) return undefined;
  return { subtensorNetwork: named, subtensorChainEndpoint };
}

type PlaceValues = Values<typeof PLACE_FLAGS>;
type ChainValues = Pick<
  Values<typeof REMOTE_FLAGS>,
  "subtensorNetwork" | "subtensorChainEndpoint"
>;

/** A swarm elsewhere. */
export interface RemotePlace {
  /** `http://host:port` of its orchestrator. */
  readonly url: string;
  /** The chain on which its miners are registered; undefined if none is to be asked. */
  readonly chain: ChainChoice | undefined;
}

/**
 * Where the flags say to mine; undefined for this machine.
 *
 * @throws {UsageError} if they contradict each other, or an address is none
 */
export function remotePlace(values: PlaceValues & ChainValues): RemotePlace | undefined {
  const { network, orchestrator, orchestratorPort, orchestratorScheme } = values;
  if (network === "local" && orchestrator !== undefined) {
    throw new UsageError(
      "--network local is a whole swarm on this machine: leave it out to join that of " +
        "--orchestrator",
    );
  }
  const isHere = network === undefined && orchestrator === undefined &&
    values.orchestratorHost === undefined;
  if (network === "local" || isHere) return undefined;
  const orchestratorHost = values.orchestratorHost ?? PUBLISHED_HOST;
  const url = orchestratorUrl({
    ...{ orchestrator, orchestratorHost, orchestratorPort, orchestratorScheme },
  });
  const { subtensorChainEndpoint } = values;
  const chain = values.subtensorNetwork ?? network;
  const hasChain = chain !== undefined || subtensorChainEndpoint !== undefined;
  return {
    url,
    chain: hasChain ? { subtensorNetwork: chain, subtensorChainEndpoint } : undefined,
  };
}
