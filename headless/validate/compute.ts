/**
 * `deno task validate compute`: challenges the miners of the compute network, scores them and sets
 * weights.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Chain } from "../../core/chain/chain.ts";
import { EXPLOITERS } from "../../core/compute/axon/known_hotkeys.ts";
import { COMPUTE_NETUID } from "../../core/compute/compute_miner.ts";
import { Dendrite } from "../../core/compute/dendrite.ts";
import { type ScoreName, SCORES } from "../../core/compute/scores/scores.ts";
import {
  ComputeValidator,
  type ComputeValidatorOptions,
  type ComputeValidatorSettings,
} from "../../core/compute/validator/compute_validator.ts";
import { publishedJudge } from "../../core/compute/validator/published_judge.ts";
import { WeftError } from "../../core/errors.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Command, CommandContext } from "../command.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { COMPUTE_VALIDATOR_FLAGS } from "../compute/flags.ts";
import { createLog } from "../deno_host.ts";
import { choice, integer, text, toggle, type Values } from "../flags.ts";
import { SqliteComputeBook } from "../sqlite_compute_book.ts";
import { CHAIN_FLAGS, WALLET_FLAGS } from "../wallet/flags.ts";
import { hotkeySigner } from "../wallet/unlock.ts";
import { walletFolder } from "../wallet/wallet_folder.ts";
import type { ValidateSystem } from "./system.ts";

const BLOCK_MS = 12_000;
/** As published: 50 to 80 blocks from round to round, and weights every 100. */
const PAUSE_BLOCKS = { least: 50, most: 80 };
const WEIGHTS_BLOCKS = 100;
/** Miners of the last release; older ones are not asked. */
const MINIMAL_VERSION = 150;
const SCORE_NAMES = Object.keys(SCORES) as ScoreName[];

const FLAGS = {
  ...WALLET_FLAGS,
  ...CHAIN_FLAGS,
  netuid: integer({
    name: "netuid",
    min: 0,
    max: 65535,
    default: COMPUTE_NETUID,
    publishedNames: ["netuid"],
    description: "Number of the subnet.",
  }),
  ...COMPUTE_VALIDATOR_FLAGS,
  score: choice({
    name: "score",
    words: SCORE_NAMES,
    default: "1.5.3",
    expected: `one of ${SCORE_NAMES.join(", ")}`,
    description:
      "Formula by which miners are scored, by the version that had it; guide is that of " +
      "the published guide.",
  }),
  rounds: integer({
    name: "rounds",
    min: 1,
    default: undefined,
    defaultText: "until Ctrl-C",
    description: "Rounds after which it ends, one right after the other.",
  }),
  database: text({
    name: "database",
    placeholder: "FILE",
    default: "database.db",
    description: "File with what came of challenges, in the published tables.",
  }),
  weights: toggle({
    name: "weights",
    default: true,
    description: "Sets weights on the chain; without it miners are only scored.",
  }),
  onePerAddress: toggle({
    name: "one-per-address",
    default: true,
    description: "Asks one miner of each address only, as published; off for several on a machine.",
  }),
  json,
  loggingDebug,
};

type Context = CommandContext<typeof FLAGS>;

/** The command, in these surroundings. */
export function validateComputeCommand(system: ValidateSystem): Command<typeof FLAGS> {
  return {
    name: "compute",
    summary: "Gives the miners of the compute network challenges in rounds, each of its own " +
      "difficulty, looks whether the answers are right and how fast they came, scores the miners " +
      "and sets weights on the chain.",
    flags: FLAGS,
    run: (context) => validate(system, context),
  };
}

async function validate(system: ValidateSystem, context: Context): Promise<number> {
  const { values, screen, signal } = context;
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
  const validator = new ComputeValidator({
    ...{
      ...shared,
      book,
      judge: publishedJudge(values.score, wallClock),
      settings: settingsOf(values),
    },
    dendrite: new Dendrite({ ...shared, http }),
    metagraph: () => chain.metagraph(values.netuid),
    chain: values.weights ? chain : undefined,
    onResult: (result) => show(result, context),
  });
  if (values.rounds === undefined) await validator.run(signal);
  for (let round = 0; round < (values.rounds ?? 0) && !signal.aborted; round++) {
    const asked = await validator.round(signal);
    if (asked === 0) log.warn("there is no miner to ask: none serves an axon");
  }
  return 0;
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

function settingsOf(values: Values<typeof FLAGS>): ComputeValidatorSettings {
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

type Result = Parameters<NonNullable<ComputeValidatorOptions["onResult"]>>[0];

function show(result: Result, { values, screen }: Context): void {
  if (values.json) return screen.printJson({ kind: "challenge", ...result });
  const { uid, difficulty, success, elapsedS, score, reason } = result;
  const outcome = success ? `${elapsedS.toFixed(2)} s` : `failed: ${reason}`;
  screen.print(
    `uid ${`${uid}`.padStart(3)}  difficulty ${`${difficulty}`.padStart(2)}  ` +
      `score ${score.toFixed(4)}  ${outcome}`,
  );
}
