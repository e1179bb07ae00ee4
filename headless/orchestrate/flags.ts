/**
 * The flags of `deno task orchestrate`: where it runs, what it trains, and every threshold.
 *
 * @module
 */

import { PUBLISHED_SWARM as PUBLISHED } from "../../core/iota/orchestrator/settings.ts";
import { PUBLISHED_SCHEDULE } from "../../core/model/schedule.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { choice, integer, integers, positive, text, toggle, type Values } from "../flags.ts";
import { CHAIN_FLAGS, WALLET_FLAGS } from "../wallet/flags.ts";
import { rateFactor, seconds, share } from "./flag_kinds.ts";

const MAX_PORT = 65535;
const MAX_UID = 65535;

/** Defaults that depend on the model. */
const BY_MODEL = { default: undefined, defaultText: "by model" } as const;

/** Where it listens, and where it keeps what it has. */
const PLACES = {
  host: text({
    name: "host",
    placeholder: "ADDRESS",
    default: "127.0.0.1",
    description: "Address of this machine where it listens; 0.0.0.0 is every one.",
  }),
  port: integer({
    name: "port",
    min: 0,
    max: MAX_PORT,
    default: 8000,
    description: "Port where it listens; 0 takes any free one.",
  }),
  publicUrl: text({
    name: "public.url",
    placeholder: "URL",
    default: undefined,
    defaultText: "where it listens",
    description: "Address under which others reach it; files are put and fetched there too.",
  }),
  store: text({
    name: "store",
    placeholder: "PLACE",
    default: undefined,
    defaultText: "among your programs' data",
    description: "Where activations and weights lie: a folder, which it serves itself, or " +
      "s3://BUCKET?endpoint=URL&region=NAME with the keys in AWS_ACCESS_KEY_ID and " +
      "AWS_SECRET_ACCESS_KEY.",
  }),
  state: text({
    name: "state",
    placeholder: "FILE",
    default: undefined,
    defaultText: "among your programs' data",
    description: "SQLite file of registrations, queues and phases. It goes on from what it finds.",
  }),
  bus: text({
    name: "bus",
    placeholder: "URL",
    default: undefined,
    description: "NATS server with JetStream, such as nats://10.0.0.5:4222, in place of the " +
      "SQLite file: then any number of orchestrators may run behind one address.",
  }),
} as const;

/** What is trained. */
const TRAINING = {
  model: text({
    name: "model",
    placeholder: "MODEL",
    default: "15B",
    description: "A model's name, such as nano or 15B, or a .json file with the published fields.",
  }),
  splits: integers({
    name: "splits",
    min: 1,
    ...BY_MODEL,
    description: "Blocks before which the model is cut into layers, such as 8,19,30,41.",
  }),
  batch: integer({ name: "batch", min: 1, ...BY_MODEL, description: "Samples in a batch." }),
  seq: integer({ name: "seq", min: 2, ...BY_MODEL, description: "Tokens in a sample." }),
  batchesBeforeMerging: integer({
    name: "batches-before-merging",
    min: 1,
    default: PUBLISHED.globalOptimizerSteps,
    publishedNames: ["BATCHES_BEFORE_MERGING"],
    description: "Backwards of a miner from one merge to the next.",
  }),
  localOptimizerSteps: integer({
    name: "local-optimizer-steps",
    min: 1,
    default: undefined,
    defaultText: "that of --batches-before-merging",
    description: "Backwards before a miner's own optimizer step.",
  }),
  weightsDtype: choice({
    name: "weights-dtype",
    words: ["bfloat16", "float32"],
    default: PUBLISHED.weightsDtype,
    description: "Numbers of weights and optimizer state on their way; published miners know " +
      "bfloat16 only.",
  }),
  seed: integer({
    name: "seed",
    min: 0,
    max: 2 ** 32 - 1,
    default: PUBLISHED.seed,
    description: "Decides the fresh weights; members are told.",
  }),
  lr: positive({ name: "lr", ...BY_MODEL, description: "Peak learning rate." }),
  lrWarmup: integer({
    name: "lr.warmup",
    min: 1,
    default: 1,
    description: "Merges until the peak.",
  }),
  lrPlateau: integer({
    name: "lr.plateau",
    min: 0,
    default: PUBLISHED_SCHEDULE.plateauSteps,
    description: "Merges at the peak.",
  }),
  lrTotal: integer({
    name: "lr.total",
    min: 1,
    default: PUBLISHED_SCHEDULE.totalSteps,
    description: "Merges after which the learning rate is 0.",
  }),
  stepsBefore: integer({
    name: "steps-before",
    min: 0,
    default: PUBLISHED.stepsBefore,
    description:
      "Optimizer steps of the run that were taken before: the schedule goes on from there.",
  }),
} as const;

/** Work, merges and their limits. */
const THRESHOLDS = {
  cacheSize: integer({
    name: "cache.size",
    min: 1,
    default: PUBLISHED.maxCachedActivations,
    description: "Batches that a miner may have between forward and backward.",
  }),
  cacheTimeout: seconds(
    "cache.timeout",
    PUBLISHED.cacheTimeoutMs,
    "Seconds after which such a batch is given up.",
  ),
  lease: seconds(
    "lease",
    PUBLISHED.leaseMs,
    "Seconds without an upload, after which work is handed out anew.",
  ),
  waitingPerMiner: integer({
    name: "waiting-per-miner",
    min: 1,
    default: PUBLISHED.waitingPerMiner,
    description: "Activations that may wait for each miner of a layer before no new batch begins.",
  }),
  batchesPerRound: integer({
    name: "batches-per-round",
    min: 1,
    default: undefined,
    defaultText: "no bound",
    description: "Batches that are begun from one merge to the next.",
  }),
  phaseTimeout: seconds(
    "phase.timeout",
    PUBLISHED.phaseTimeoutMs,
    "Seconds after which a layer that does not merge goes back to training.",
  ),
  readyShare: share(
    "share.ready",
    PUBLISHED.readyShare,
    "Share of all miners that must have their backwards before a merge.",
  ),
  uploadedShare: share(
    "share.uploaded",
    PUBLISHED.uploadedShare,
    "Share of a layer's ready miners that must upload before it merges.",
  ),
  mergedShare: share(
    "share.merged",
    PUBLISHED.mergedShare,
    "Share of a layer's partitions above which its merge is accepted.",
  ),
  allPairsUpTo: integer({
    name: "all-pairs-up-to",
    min: 1,
    default: PUBLISHED.allPairsUpTo,
    description: "Miners of a layer up to which every two share a chunk; above, neighbours do.",
  }),
  inspect: toggle({
    name: "inspect",
    default: PUBLISHED.inspectsActivations,
    description: "Looks into activations (shape, dtype, NaN) before others get them.",
  }),
  goneAfter: seconds(
    "gone-after",
    PUBLISHED.goneAfterMs,
    "Seconds without a request, after which a miner counts as gone.",
  ),
  rateFactor: rateFactor({
    name: "rate-factor",
    default: PUBLISHED.rateFactor,
    description: "Multiplies how often a miner may ask; none lifts all limits.",
  }),
} as const;

/** Scores and the chain. */
const REWARDS = {
  open: toggle({
    name: "open",
    default: !PUBLISHED.membersOnly,
    description: "Takes every hotkey. Without a --subtensor flag no chain is asked at all.",
  }),
  netuid: integer({
    name: "netuid",
    min: 0,
    max: MAX_UID,
    default: PUBLISHED.netuid,
    publishedNames: ["netuid"],
    description: "Number of the subnet.",
  }),
  checkShare: share(
    "share.checked",
    PUBLISHED.spotCheckShare,
    "Share of a tracked miner's activations that its validator runs again.",
  ),
  scoreValidity: seconds(
    "score-validity",
    PUBLISHED.scoreValidityMs,
    "Seconds for which a validator's score counts.",
  ),
  weightsInterval: seconds(
    "weights.interval",
    PUBLISHED.weightsIntervalMs,
    "Seconds between two settings of weights on the chain.",
  ),
  burnFactor: integer({
    name: "burn.factor",
    min: 1,
    default: undefined,
    defaultText: `${PUBLISHED.burnFactor} on subnet ${PUBLISHED.netuid}, else 1`,
    publishedNames: ["BURN_FACTOR"],
    description: "With N, all but 1/N of the weights goes to the burn uid; 1 burns nothing.",
  }),
  burnUid: integer({
    name: "burn.uid",
    min: 0,
    max: MAX_UID,
    default: PUBLISHED.burnUid,
    description: "The uid that gets what is burnt: the subnet's owner.",
  }),
} as const;

/** All of them. */
export const ORCHESTRATE_FLAGS = {
  ...PLACES,
  ...TRAINING,
  ...THRESHOLDS,
  ...WALLET_FLAGS,
  ...REWARDS,
  ...CHAIN_FLAGS,
  reportEvery: seconds(
    "report.every",
    10_000,
    "Seconds between two lines of --json that show the swarm.",
  ),
  json,
  loggingDebug,
};

/** The values of {@linkcode ORCHESTRATE_FLAGS}. */
export type OrchestrateValues = Values<typeof ORCHESTRATE_FLAGS>;
