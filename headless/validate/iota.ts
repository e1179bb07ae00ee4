/**
 * `deno task validate iota`: a gradient validator of IOTA.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import { WeftError } from "../../core/errors.ts";
import type { Http, Log } from "../../core/host.ts";
import { ValidatorNode } from "../../core/iota/gradient_validator/validator_node.ts";
import { PUBLISHED_ORCHESTRATOR, PUBLISHED_SEED } from "../../core/iota/miner/swarm_options.ts";
import { PUBLISHED_SWARM, type TrainingSettings } from "../../core/iota/orchestrator/settings.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { Command, CommandContext } from "../command.ts";
import { createLog } from "../deno_host.ts";
import { hotkeySigner } from "../wallet/unlock.ts";
import { walletFolder } from "../wallet/wallet_folder.ts";
import { externalHost, orchestratorUrl, VALIDATE_IOTA_FLAGS } from "./flags.ts";
import type { ValidateIotaValues } from "./flags.ts";
import { ValidateReport } from "./report.ts";
import { askFacts, type SwarmFacts } from "../../core/node/swarm_facts.ts";
import type { ValidateSystem } from "./system.ts";
import { warnOfOtherFlags } from "./told_flags.ts";
import { trainingSettings } from "./training.ts";

/** Batches that a stage holds more than a miner does: questions may come late. */
const SPARE_SLOTS = 2;

type Context = CommandContext<typeof VALIDATE_IOTA_FLAGS>;

/** The command, in these surroundings. */
export function validateIotaCommand(system: ValidateSystem): Command<typeof VALIDATE_IOTA_FLAGS> {
  return {
    name: "iota",
    summary: "Runs the work of one of IOTA's miners again, tells the orchestrator whether it was " +
      "right, scores the miner and sets weights on the chain. The orchestrator chooses the miner. " +
      "Ctrl-C submits the score and ends it.",
    flags: VALIDATE_IOTA_FLAGS,
    run: (context) => validate(system, context),
  };
}

async function validate(system: ValidateSystem, context: Context): Promise<number> {
  const { values, screen } = context;
  const places = { host: externalHost(values), url: orchestratorUrl(values) };
  const log = createLog(values.loggingDebug ? "debug" : "info", (line) => screen.message(line));
  await using open = new AsyncDisposableStack();
  const http = system.openHttp();
  open.defer(() => http.close());
  // What is wrong with the flags is told before a password is asked for.
  const told = await toldTraining(system, context, { url: places.url, http, log });
  if (!told) return 0;
  const { training, seed } = told;
  const hotkey = await hotkeySigner(walletFolder(values, system), values.walletHotkey, system);
  const chain = values.chain ? await system.openChain(values, log) : undefined;
  open.defer(() => chain?.close().catch((error) => log.debug(`the chain did not close: ${error}`)));
  const slots = training.maxCachedActivations + SPARE_SLOTS;
  const { dtype: precision, gpuBackend: backend } = values;
  const trainers = system.openTrainers({ training, precision, seed, slots, backend, log });
  open.defer(() => trainers.close());
  if (chain) await checkRegistered(chain, values.netuid, hotkey);
  const report = new ValidateReport(screen, values.json);
  const node = new ValidatorNode({
    ...{ orchestratorUrl: places.url, orchestratorKey: values.orchestratorKey, signer: hotkey },
    ...{ http, clock: system.clock, wallClock: system.wallClock, log, training, chain },
    randomBytes: system.randomBytes,
    trainerFor: (layer) => trainers.trainerFor(layer),
    maxInFlight: slots,
    weights: weightSettings(values),
    onEvent: (event) => report.show(event),
  });
  await serve(system, context, node, places.host);
  return 0;
}

/** What is trained, asked of the orchestrator first; undefined if the user stops meanwhile. */
async function toldTraining(
  system: ValidateSystem,
  { values, signal }: Context,
  { url, http, log }: { readonly url: string; readonly http: Http; readonly log: Log },
): Promise<{ readonly training: TrainingSettings; readonly seed: number } | undefined> {
  const { clock } = system;
  let facts: SwarmFacts | undefined;
  try {
    const isPublished = url === PUBLISHED_ORCHESTRATOR;
    facts = isPublished ? undefined : await askFacts(url, { http, clock }, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  const training = await trainingSettings(values, system.userFolder(), facts);
  if (facts) warnOfOtherFlags(values, training.model, facts, log);
  return { training, seed: values.seed ?? facts?.seed ?? PUBLISHED_SEED };
}

/** Listens, and works until the user says stop. */
async function serve(
  system: ValidateSystem,
  { values, screen, signal }: Context,
  node: ValidatorNode,
  host: string,
): Promise<void> {
  const { log } = node.options;
  const listener = await system.listen(node.handler, {
    ...{ hostname: values.host, port: values.port, log },
  });
  try {
    const port = values.externalPort ?? listener.port;
    const address = { host, port, scheme: values.externalScheme };
    screen.message(`listening at ${listener.url}, reached at ${address.scheme}://${host}:${port}`);
    await node.run(address, signal);
  } finally {
    await listener.close();
  }
}

async function checkRegistered(chain: Chain, netuid: number, { address }: Signer): Promise<void> {
  if (await chain.uidOf(netuid, address) !== undefined) return;
  throw new WeftError(
    `hotkey ${address} is not registered on subnet ${netuid}: register it with deno task wallet ` +
      "register, or give --no-chain for a swarm without one",
  );
}

function weightSettings(values: ValidateIotaValues): ValidatorNode["options"]["weights"] {
  const { netuid, burnUid } = values;
  const published = netuid === PUBLISHED_SWARM.netuid ? PUBLISHED_SWARM.burnFactor : 1;
  const { weightsIntervalMs } = PUBLISHED_SWARM;
  return { netuid, burnUid, burnFactor: values.burnFactor ?? published, weightsIntervalMs };
}
