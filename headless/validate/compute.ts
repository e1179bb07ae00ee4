/**
 * `deno task validate compute`: challenges the miners of the compute network, scores them and sets
 * weights.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Chain } from "../../core/chain/chain.ts";
import { parseIp } from "../../core/chain/ip_address.ts";
import { EXPLOITERS } from "../../core/compute/axon/known_hotkeys.ts";
import { COMPUTE_VERSION } from "../../core/compute/compute_miner.ts";
import { Dendrite } from "../../core/compute/dendrite.ts";
import { GPU_SCORES, type GpuScoreName } from "../../core/compute/scores/gpu_scores.ts";
import { type ScoreName, SCORES } from "../../core/compute/scores/scores.ts";
import type { GpuProver } from "../../core/compute/validator/gpu_rounds.ts";
import {
  ComputeValidator,
  type ComputeValidatorSettings,
  type Judge,
} from "../../core/compute/validator/compute_validator.ts";
import { gpuJudge, publishedJudge } from "../../core/compute/validator/published_judge.ts";
import { WeftError } from "../../core/errors.ts";
import type { Log, WallClock } from "../../core/host.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { Command, CommandContext } from "../command.ts";
import { IGNORED_VALIDATOR_FLAGS, ignoredLines } from "../compute/flags.ts";
import { createLog } from "../deno_host.ts";
import { SqliteComputeBook } from "../sqlite_compute_book.ts";
import { hotkeySigner } from "../wallet/unlock.ts";
import { walletFolder } from "../wallet/wallet_folder.ts";
import { BLOCK_MS, ComputeDuties } from "./compute_duties.ts";
import { VALIDATE_COMPUTE_FLAGS, type ValidateComputeValues } from "./compute_flags.ts";
import { ComputeReport } from "./compute_report.ts";
import { PenaltyFiles } from "./penalty_files.ts";
import type { ValidateSystem } from "./system.ts";

/** As published: 50 to 80 blocks from round to round, and weights every 100. */
const PAUSE_BLOCKS = { least: 50, most: 80 };
const WEIGHTS_BLOCKS = 100;
/** Miners of the last release; older ones are not asked. */
const MINIMAL_VERSION = 150;

const NO_PROVER = "nothing proves GPUs here: scores go by the proofs in the database";

type Context = CommandContext<typeof VALIDATE_COMPUTE_FLAGS>;

/** Makes what proves GPUs. */
export type GpuProverMaker = (dendrite: Pick<Dendrite, "call">, log: Log) => GpuProver;

/** What the command can do beside what it always does. */
export interface ValidateComputeParts {
  /** @default none: scores go by what the database has */
  readonly gpuProver?: GpuProverMaker;
}

/** The command, in these surroundings. */
export function validateComputeCommand(
  system: ValidateSystem,
  parts: ValidateComputeParts = {},
): Command<typeof VALIDATE_COMPUTE_FLAGS> {
  return {
    name: "compute",
    summary: "Gives the miners of the compute network challenges in rounds, each of its own " +
      "difficulty, looks whether the answers are right and how fast they came, asks what the " +
      "machines have, scores the miners and sets weights on the chain.",
    flags: VALIDATE_COMPUTE_FLAGS,
    run: (context) => validate(system, parts, context),
  };
}

async function validate(
  system: ValidateSystem,
  { gpuProver }: ValidateComputeParts,
  context: Context,
): Promise<number> {
  const { values, screen, signal } = context;
  for (const line of ignoredLines(values, IGNORED_VALIDATOR_FLAGS)) screen.message(line);
  const log = createLog(values.loggingDebug ? "debug" : "info", (line) => screen.message(line));
  await readyKeys();
  await using open = new AsyncDisposableStack();
  const signer = await hotkeySigner(walletFolder(values, system), values.walletHotkey, system);
  const chain = await system.openChain(values, log);
  open.defer(() => chain.close().catch((error) => log.debug(`the chain did not close: ${error}`)));
  await checkRegistered(chain, values.netuid, signer.address);
  const book = new SqliteComputeBook(resolve(system.userFolder(), values.database));
  open.defer(() => book.close());
  const http = system.openHttp();
  open.defer(() => http.close());
  const { clock, wallClock, randomBytes } = system;
  const shared = { signer, clock, wallClock, randomBytes, log };
  const dendrite = new Dendrite({ ...shared, http });
  const report = new ComputeReport(screen, values.json);
  const penalties = new PenaltyFiles(system.userFolder(), values.penalizedHotkeys, values.checker);
  const needsProofs = !isChallengeScore(values.score);
  if (needsProofs && !gpuProver) log.warn(NO_PROVER);
  const prove = needsProofs ? gpuProver?.(dendrite, log) : undefined;
  const duties = new ComputeDuties({ ...shared, values, dendrite, book, penalties, report, prove });
  // A wrong list is told now, not in the first round.
  await penalties.read();
  await announce(chain, values, signer, log);
  const validator = new ComputeValidator({
    ...{ ...shared, dendrite, book, ...duties.hooks },
    ...{ judge: judgeOf(values.score, wallClock), settings: settingsOf(values) },
    metagraph: () => chain.metagraph(values.netuid),
    chain: values.weights ? chain : undefined,
  });
  if (values.rounds !== undefined) return await rounds(validator, values.rounds, log, signal);
  await Promise.all([validator.run(signal), duties.prove(() => validator.targets(), signal)]);
  return 0;
}

/** Some rounds, with weights after each when it is time; 1 if the chain has refused some. */
async function rounds(
  validator: ComputeValidator,
  count: number,
  log: Log,
  signal: AbortSignal,
): Promise<number> {
  let code = 0;
  for (let round = 0; round < count && !signal.aborted; round++) {
    const asked = await validator.round(signal);
    if (asked === 0) log.warn("there is no miner to ask: none serves an axon");
    if (signal.aborted) break;
    try {
      await validator.setWeights();
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      log.warn(`no weights are set: ${error.message}`);
      code = 1;
    }
  }
  return code;
}

async function checkRegistered(
  chain: Pick<Chain, "uidOf">,
  netuid: number,
  hotkey: string,
): Promise<void> {
  if (await chain.uidOf(netuid, hotkey) !== undefined) return;
  throw new WeftError(
    `hotkey ${hotkey} is not registered on subnet ${netuid}: register it with deno task wallet ` +
      `register --netuid ${netuid}`,
  );
}

/** As the published validator does, so that others see its version. A refusal changes nothing. */
async function announce(
  chain: Pick<Chain, "servePrometheus">,
  { axonExternalIp: ip, axonExternalPort, axonPort, netuid }: ValidateComputeValues,
  signer: Signer,
  log: Log,
): Promise<void> {
  if (ip === undefined) return;
  const { ipType } = parseIp(ip);
  const port = axonExternalPort ?? axonPort;
  const address = { version: COMPUTE_VERSION, ip, port, ipType };
  try {
    const receipt = await chain.servePrometheus(signer, netuid, address);
    if (receipt) log.info(`version ${COMPUTE_VERSION} is announced at ${ip}:${port}`);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    log.warn(`the validator's version is not announced: ${error.message}`);
  }
}

function judgeOf(name: ScoreName | GpuScoreName, wallClock: WallClock): Judge {
  return isChallengeScore(name) ? publishedJudge(name, wallClock) : gpuJudge(name);
}

function isChallengeScore(name: ScoreName | GpuScoreName): name is ScoreName {
  return name in SCORES && !(name in GPU_SCORES);
}

function settingsOf(values: ValidateComputeValues): ComputeValidatorSettings {
  const { netuid, batchSize, updatedThreshold, onePerAddress, blacklistColdkeys } = values;
  const exploiters = values.blacklistExploiters ? EXPLOITERS : [];
  return {
    ...{ netuid, batchSize, updatedThreshold, onePerAddress, blacklistColdkeys },
    blacklistHotkeys: [...values.blacklistHotkeys, ...exploiters],
    minimalVersion: MINIMAL_VERSION,
    pauseMs: { least: PAUSE_BLOCKS.least * BLOCK_MS, most: PAUSE_BLOCKS.most * BLOCK_MS },
    mostShare: 1,
    weightsIntervalMs: WEIGHTS_BLOCKS * BLOCK_MS,
  };
}
