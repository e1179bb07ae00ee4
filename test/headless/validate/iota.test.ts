/**
 * `validate iota` against an orchestrator on loopback, with a wallet on disk and stages in plain
 * loops.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import type { Weights } from "../../../core/chain/chain.ts";
import { VALIDATOR_ROUTES } from "../../../core/iota/api/routes.ts";
import { modelFields } from "../../../core/iota/orchestrator/overview.ts";
import { processClock, processWallClock } from "../../../headless/deno_host.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { validateIotaCommand } from "../../../headless/validate/iota.ts";
import type { BackendTrainersOptions, ValidateSystem } from "../../../headless/validate/system.ts";
import { BODY, MINER, newTrainer, UID } from "../../iota/gradient_validator/test_swarm.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { EXTRINSIC_HASH, FakeChain, neuron } from "../wallet/fake_chain.ts";
import {
  fakeWalletSystem,
  jsonLines,
  runWallet,
  type WalletRun,
} from "../wallet/fake_wallet_system.ts";
import { ALICE, BOB, makeWallet } from "../wallet/test_wallet.ts";
import { withTempFolder } from "../temp_folder.ts";
import { TestOrchestrator } from "./test_orchestrator.ts";
import { TINY_MODEL_JSON } from "./tiny_model_json.ts";

const TINY = tinyModel();

/** What a test plays with. */
interface Setup {
  readonly orchestrator: TestOrchestrator;
  readonly chain: FakeChain;
  readonly weights: Weights[];
  readonly trainers: BackendTrainersOptions[];
  /** Runs the command with these arguments beside those that every run has. */
  validate(args?: readonly string[], signal?: AbortSignal): Promise<WalletRun>;
  /** The same with no flag that says what is trained. */
  validateBare(args: readonly string[], signal?: AbortSignal): Promise<WalletRun>;
}

async function withSetup(body: (setup: Setup) => Promise<void>): Promise<void> {
  await withTempFolder(async (dir) => {
    const orchestrator = new TestOrchestrator();
    const weights: Weights[] = [];
    const chain = new FakeChain({
      metagraphs: [{
        ...{ netuid: 9, name: "", block: 1 },
        neurons: [neuron(3, { hotkey: BOB }), neuron(UID, { hotkey: MINER })],
      }],
      instead: {
        setWeights: (_, set) => {
          weights.push(set);
          const hash = EXTRINSIC_HASH;
          const receipt = { extrinsicHash: hash, blockHash: hash, blockNumber: 1 };
          return Promise.resolve({ ...receipt, feeRao: undefined, uid: undefined });
        },
      },
    });
    const trainers: BackendTrainersOptions[] = [];
    const wallet = fakeWalletSystem(dir, { chain });
    const system: ValidateSystem = {
      ...wallet,
      ...{ clock: processClock, wallClock: processWallClock },
      ...{ openHttp: nodeHttp, listen: listenHttp },
      openTrainers: (options) => {
        trainers.push(options);
        return { trainerFor: (layer) => Promise.resolve(newTrainer(layer)), close: () => {} };
      },
    };
    await makeWallet(wallet);
    Deno.writeTextFileSync(join(dir, "tiny.json"), JSON.stringify(TINY_MODEL_JSON));
    await orchestrator.open();
    const places = [
      ...["--orchestrator", orchestrator.url, "--orchestrator.key", ALICE, "--port", "0"],
      ...["--host", "127.0.0.1"],
    ];
    const trained = [
      ...["--model", "tiny.json", "--batch", "2", "--seq", "8", "--batches-before-merging", "2"],
    ];
    try {
      const validateBare = (args: readonly string[], signal?: AbortSignal): Promise<WalletRun> =>
        runWallet(() => validateIotaCommand(system), wallet, [...places, ...args], { signal });
      const validate = (args?: readonly string[], signal?: AbortSignal): Promise<WalletRun> =>
        validateBare([...trained, ...args ?? []], signal);
      await body({ orchestrator, chain, weights, trainers, validate, validateBare });
    } finally {
      await orchestrator.close();
    }
  });
}

/** A round of the tracked miner, asked for over HTTP; its upload is honest. */
async function askRound(orchestrator: TestOrchestrator): Promise<string[]> {
  const { swarm } = orchestrator;
  const client = await orchestrator.client();
  const { initialize, forward, validateWeights } = VALIDATOR_ROUTES;
  const body = { layer: BODY, miner_hotkey: MINER, weight_path: null };
  await client.askRoute(initialize, { body });
  const reasons: string[] = [];
  for (const uid of ["a", "b"]) {
    await swarm.run(uid);
    for (const direction of ["forward", "backward"] as const) {
      const query = { activation_uid: uid, direction };
      reasons.push((await client.askRoute(forward, { query })).reason);
    }
  }
  await swarm.step();
  const { weightsUrl, metadataUrl, optimizerStateUrl } = await swarm.upload(BODY);
  const query = {
    weights_path: weightsUrl,
    metadata_path: metadataUrl,
    optimizer_state_path: optimizerStateUrl,
  };
  reasons.push((await client.askRoute(validateWeights, { query })).reason);
  return reasons;
}

test("it registers, judges a round, submits the score and sets weights", async () => {
  await withSetup(async ({ orchestrator, chain, weights, validate }) => {
    orchestrator.swarm.globalScores = { [UID]: 4 };
    const stop = new AbortController();
    const running = validate(["--json"], stop.signal);
    const reasons = await askRound(orchestrator);
    stop.abort();
    const { code, out } = await running;
    assert.equal(code, 0);
    assert.deepEqual(reasons, ["passed", "passed", "passed", "passed", "passed"]);
    assert.deepEqual(orchestrator.swarm.submitted, [{ [UID]: 1 }]);
    // All but a fifth goes to uid 209, the largest weight being 65535.
    const { uids, values, netuid, versionKey } = weights[0];
    assert.deepEqual([netuid, versionKey], [9, 4065n]);
    const shares = new Map(uids.map((uid, i) => [uid, values[i]]));
    assert.deepEqual([shares.get(209), shares.get(UID)], [65535, 16384]);
    const kinds = jsonLines(out).map(({ kind }) => kind);
    assert.includeMembers(kinds, ["registered", "weights set", "tracking", "validation", "scores"]);
    assert.isTrue(chain.isClosed);
  });
});

test("stages are as the flags say, with room for late questions", async () => {
  await withSetup(async ({ orchestrator, trainers, validate }) => {
    const stop = new AbortController();
    const running = validate(["--dtype", "bf16", "--seed", "5"], stop.signal);
    await orchestrator.registered.promise;
    stop.abort();
    await running;
    const [{ training, ...rest }] = trainers;
    assert.deepInclude(rest, { precision: "bf16", seed: 5, slots: 4, backend: "wgpu" });
    assert.deepEqual([training.model.name, training.batch, training.seq], ["tiny", 2, 8]);
  });
});

/** As an orchestrator tells whose operator has chosen everything. */
const OVERVIEW = {
  version: "v",
  model: { name: "tiny", parameters: TINY.totalGlobalParams, layers: 3, batch: 2, seq: 8 },
  training: {
    ...{ localOptimizerSteps: 1, weightsDtype: "float32", maxCachedActivations: 3, seed: 7 },
    model: modelFields(TINY),
  },
  layers: [{ wantedBackwards: 4 }],
};

test("without flags its stages are what the orchestrator tells", async () => {
  await withSetup(async ({ orchestrator, trainers, validateBare }) => {
    orchestrator.overview = OVERVIEW;
    const stop = new AbortController();
    const running = validateBare([], stop.signal);
    await orchestrator.registered.promise;
    stop.abort();
    const { code, error } = await running;
    assert.equal(code, 0);
    assert.notInclude(error, "warn");
    const [{ training, seed, slots }] = trainers;
    assert.deepEqual(training, {
      ...{ model: TINY, batch: 2, seq: 8, globalOptimizerSteps: 4, localOptimizerSteps: 1 },
      ...{ weightsDtype: "float32", maxCachedActivations: 3, cacheTimeoutMs: 1_200_000 },
    });
    assert.deepEqual([seed, slots], [7, 5]);
  });
});

test("its flags win over what the orchestrator tells, with a line of warning each", async () => {
  await withSetup(async ({ orchestrator, trainers, validateBare }) => {
    orchestrator.overview = OVERVIEW;
    const stop = new AbortController();
    const running = validateBare(["--seed", "5", "--weights-dtype", "bfloat16"], stop.signal);
    await orchestrator.registered.promise;
    stop.abort();
    const { error } = await running;
    assert.lengthOf(error.split("\n").filter((line) => line.includes(" is used, though")), 2);
    assert.deepEqual([trainers[0].seed, trainers[0].training.weightsDtype], [5, "bfloat16"]);
  });
});

test("absurd numbers of an orchestrator are refused before the wallet is opened", async () => {
  await withSetup(async ({ orchestrator, trainers, validateBare }) => {
    orchestrator.overview = { ...OVERVIEW, layers: [{ wantedBackwards: 1e300 }] };
    const { code, error } = await validateBare(["--wallet.name", "none"]);
    assert.equal(code, 2);
    assert.include(error, "layers.0.wantedBackwards");
    assert.isEmpty(trainers);
  });
});

test("it tells the orchestrator the address of the flags", async () => {
  await withSetup(async ({ orchestrator, validate }) => {
    const stop = new AbortController();
    const args = ["--external.host", "validator.example", "--external.port", "443"];
    const running = validate([...args, "--external.scheme", "https"], stop.signal);
    const address = await orchestrator.registered.promise;
    stop.abort();
    await running;
    assert.deepEqual(address, { host: "validator.example", port: 443, scheme: "https" });
  });
});

test("without a chain no weights are set, and none is opened", async () => {
  await withSetup(async ({ orchestrator, weights, chain, validate }) => {
    orchestrator.swarm.globalScores = { [UID]: 4 };
    const stop = new AbortController();
    const running = validate(["--no-chain"], stop.signal);
    await askRound(orchestrator);
    stop.abort();
    assert.equal((await running).code, 0);
    assert.deepEqual(weights, []);
    assert.isFalse(chain.isClosed);
  });
});

test("an orchestrator that does not want it ends it with the reason", async () => {
  await withSetup(async ({ orchestrator, validate }) => {
    orchestrator.refuses = true;
    const { code, error } = await validate();
    assert.equal(code, 1);
    assert.include(error, "Hotkey is not a validator");
  });
});

test("a hotkey that is not on the subnet ends before anything listens", async () => {
  await withSetup(async ({ validate }) => {
    const { code, error } = await validate(["--netuid", "13"]);
    assert.equal(code, 1);
    assert.include(error, `hotkey ${BOB} is not registered on subnet 13`);
  });
});

test("wrong flags are told before the wallet is opened", async () => {
  await withSetup(async ({ validate }) => {
    const args = ["--model", "16B", "--wallet.name", "none"];
    const { code, error } = await validate(args);
    assert.equal(code, 2);
    assert.include(error, "16B");
  });
});
