/**
 * The flags of `deno task validate iota`.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";
import { PUBLISHED_SEED } from "../../core/iota/miner/swarm_options.ts";
import { PUBLISHED_SWARM } from "../../core/iota/orchestrator/settings.ts";
import { isAddress } from "../../core/wallet/address.ts";
import { gpuBackend, json, loggingDebug } from "../common_flags.ts";
import { choice, type Flag, integer, integers, text, toggle, type Values } from "../flags.ts";
import { CHAIN_FLAGS, WALLET_FLAGS } from "../wallet/flags.ts";

/** The orchestrator of the subnet on finney. */
const PUBLISHED_ORCHESTRATOR = { host: "iota.api.macrocosmos.ai", port: 443, scheme: "https" };
const PUBLISHED_KEY = "5D2Z5MYHMHTnbhkf9hSYkCxnZiJfAKL2Y5fhGS6ezfRtYieW";
const MAX_PORT = 65535;

/** What the published swarm trains. */
export const PUBLISHED_MODEL = "15B";

const SCHEMES = ["http", "https"] as const;

/** Where the orchestrator is, as an address or as the published `.env` has it. */
const ORCHESTRATOR_FLAGS = {
  orchestrator: text({
    name: "orchestrator",
    placeholder: "URL",
    default: undefined,
    defaultText: `${PUBLISHED_ORCHESTRATOR.scheme}://${PUBLISHED_ORCHESTRATOR.host}`,
    description: "Address of the orchestrator; goes before the three that follow. One that deno " +
      "task orchestrate has started tells all that is trained itself.",
  }),
  orchestratorHost: text({
    name: "orchestrator.host",
    placeholder: "HOST",
    default: PUBLISHED_ORCHESTRATOR.host,
    publishedNames: ["ORCHESTRATOR_HOST"],
    description: "Host of the orchestrator.",
  }),
  orchestratorPort: integer({
    name: "orchestrator.port",
    min: 1,
    max: MAX_PORT,
    default: PUBLISHED_ORCHESTRATOR.port,
    publishedNames: ["ORCHESTRATOR_PORT"],
    description: "Port of the orchestrator.",
  }),
  orchestratorScheme: choice({
    name: "orchestrator.scheme",
    words: SCHEMES,
    default: "https",
    publishedNames: ["ORCHESTRATOR_SCHEME"],
    description: "How the orchestrator is asked.",
  }),
  orchestratorKey: hotkeyAddress({
    name: "orchestrator.key",
    default: PUBLISHED_KEY,
    publishedNames: ["ORCHESTRATOR_KEY"],
    description: "Hotkey of the orchestrator, the only one whose questions are answered.",
  }),
} as const;

/** Where the validator answers. */
const ADDRESS_FLAGS = {
  host: text({
    name: "host",
    placeholder: "ADDRESS",
    default: "0.0.0.0",
    description: "Address of this machine where the validator listens; 0.0.0.0 is every one.",
  }),
  port: integer({
    name: "port",
    min: 0,
    max: MAX_PORT,
    default: 8081,
    publishedNames: ["VALIDATOR_INTERNAL_PORT"],
    description: "Port where the validator listens; 0 is any free one.",
  }),
  externalHost: text({
    name: "external.host",
    placeholder: "HOST",
    default: undefined,
    defaultText: "127.0.0.1 for an orchestrator on this machine",
    publishedNames: ["RUNPOD_PUBLIC_IP"],
    description: "Name or address at which the orchestrator reaches the validator.",
  }),
  externalPort: integer({
    name: "external.port",
    min: 1,
    max: MAX_PORT,
    default: undefined,
    defaultText: "that of --port",
    publishedNames: ["VALIDATOR_EXTERNAL_PORT"],
    description: "Port at which the orchestrator reaches the validator.",
  }),
  externalScheme: choice({
    name: "external.scheme",
    words: SCHEMES,
    default: "http",
    publishedNames: ["VALIDATOR_SCHEME"],
    description: "How the orchestrator asks; https where a proxy stands before the validator.",
  }),
} as const;

/** Defaults that an orchestrator of Weft's tells; of another one they depend on the model. */
const TOLD = { default: undefined, defaultText: "the orchestrator's, or by model" } as const;

/** What the swarm trains; every member must go by the same. */
const TRAINING_FLAGS = {
  model: text({
    name: "model",
    placeholder: "MODEL",
    default: undefined,
    defaultText: `the orchestrator's, or ${PUBLISHED_MODEL}`,
    description: "A model's name, or a .json file with the published fields.",
  }),
  batch: integer({ name: "batch", min: 1, ...TOLD, description: "Samples in a batch." }),
  seq: integer({ name: "seq", min: 2, ...TOLD, description: "Tokens in a sample." }),
  splits: integers({
    name: "splits",
    min: 1,
    ...TOLD,
    description: "Blocks before which the model is cut into layers, such as 8,19,30,41.",
  }),
  batchesBeforeMerging: integer({
    name: "batches-before-merging",
    min: 1,
    ...TOLD,
    publishedNames: ["BATCHES_BEFORE_MERGING"],
    description: "Backwards of a miner from one merge to the next.",
  }),
  localSteps: integer({
    name: "local-steps",
    min: 1,
    default: undefined,
    defaultText: "the orchestrator's, or as many as before merging",
    description: "Backwards before a miner's own optimizer step.",
  }),
  weightsDtype: {
    ...choice({
      name: "weights.dtype",
      words: ["bfloat16", "float32"],
      default: PUBLISHED_SWARM.weightsDtype,
      description: "Numbers in which weights are uploaded.",
    }),
    default: undefined,
    defaultText: `the orchestrator's, or ${PUBLISHED_SWARM.weightsDtype}`,
  },
  seed: integer({
    name: "seed",
    min: 0,
    max: 2 ** 32 - 1,
    default: undefined,
    defaultText: `the orchestrator's, or ${PUBLISHED_SEED}`,
    description: "Decides the weights before the first merge.",
  }),
  dtype: choice({
    name: "dtype",
    words: ["f32", "bf16", "pure-bf16"],
    default: "f32",
    description: "Numbers of the validator's own stage; bf16 keeps masters in f32.",
  }),
} as const;

/** The flags. */
export const VALIDATE_IOTA_FLAGS = {
  ...ORCHESTRATOR_FLAGS,
  ...ADDRESS_FLAGS,
  ...TRAINING_FLAGS,
  ...WALLET_FLAGS,
  netuid: integer({
    name: "netuid",
    min: 0,
    max: 65535,
    default: PUBLISHED_SWARM.netuid,
    publishedNames: ["netuid"],
    description: "Number of the subnet.",
  }),
  ...CHAIN_FLAGS,
  chain: toggle({
    name: "chain",
    default: true,
    description: "Whether there is a chain; without one no weights are set.",
  }),
  burnFactor: integer({
    name: "burn.factor",
    min: 1,
    default: undefined,
    defaultText: `${PUBLISHED_SWARM.burnFactor} on subnet ${PUBLISHED_SWARM.netuid}, else 1`,
    publishedNames: ["BURN_FACTOR"],
    description: "With N, all but 1/N of the weights goes to the burn uid.",
  }),
  burnUid: integer({
    name: "burn.uid",
    min: 0,
    max: 65535,
    default: PUBLISHED_SWARM.burnUid,
    description: "The uid that gets what is burnt: the subnet's owner.",
  }),
  gpuBackend,
  json,
  loggingDebug,
} as const;

/** The values of {@linkcode VALIDATE_IOTA_FLAGS}. */
export type ValidateIotaValues = Values<typeof VALIDATE_IOTA_FLAGS>;

/** Where the orchestrator is, as {@linkcode orchestratorUrl} reads it. */
export type OrchestratorPlace = Pick<
  ValidateIotaValues,
  "orchestrator" | "orchestratorHost" | "orchestratorPort" | "orchestratorScheme"
>;

/**
 * Where the orchestrator is.
 * @throws {UsageError} if the flag holds no address
 */
export function orchestratorUrl(values: OrchestratorPlace): string {
  const { orchestrator, orchestratorHost, orchestratorPort, orchestratorScheme } = values;
  if (orchestrator === undefined) {
    return `${orchestratorScheme}://${orchestratorHost}:${orchestratorPort}`;
  }
  const isUrl = URL.canParse(orchestrator) && /^https?:$/.test(new URL(orchestrator).protocol);
  if (isUrl) return orchestrator.replace(/\/+$/, "");
  throw new UsageError(
    `--orchestrator "${orchestrator}": expected an address such as http://192.168.1.7:8000`,
  );
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Where the orchestrator reaches the validator.
 * @throws {UsageError} if that was not told and the orchestrator is elsewhere
 */
export function externalHost(
  values: OrchestratorPlace & Pick<ValidateIotaValues, "externalHost">,
): string {
  if (values.externalHost !== undefined) return values.externalHost;
  const url = orchestratorUrl(values);
  if (LOOPBACK.test(new URL(url).hostname)) return "127.0.0.1";
  throw new UsageError(
    `--external.host is missing: name the public address of this machine, at which ${url} ` +
      "reaches it",
  );
}

function hotkeyAddress(
  settings: Pick<Flag<string>, "name" | "default" | "publishedNames" | "description">,
): Flag<string> {
  return {
    ...settings,
    placeholder: "ADDRESS",
    expected: "an ss58 address",
    parse: (text) => isAddress(text) ? text : undefined,
  };
}
