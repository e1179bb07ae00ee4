import { assert } from "chai";
import { join } from "node:path";
import { test } from "#test";
import { UsageError } from "../../../core/errors.ts";
import { PUBLISHED_SWARM, type SwarmSettings } from "../../../core/iota/orchestrator/settings.ts";
import { parseFlags } from "../../../headless/flags.ts";
import { ORCHESTRATE_FLAGS } from "../../../headless/orchestrate/flags.ts";
import { swarmSettings, swarmVersion } from "../../../headless/orchestrate/swarm_settings.ts";
import { withTempFolder } from "../temp_folder.ts";

function settingsOf(args: readonly string[], folder = "/"): Promise<SwarmSettings> {
  const { values } = parseFlags(ORCHESTRATE_FLAGS, { args, environment: {}, envFile: {} });
  return swarmSettings(values, folder);
}

async function refusalOf(args: readonly string[], folder?: string): Promise<string> {
  try {
    await settingsOf(args, folder);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return assert.fail(`${args.join(" ")} was taken`);
}

test("without flags the swarm is the published one", async () => {
  const { model, batch, seq, schedule, ...rest } = await settingsOf([]);
  assert.deepEqual(rest, PUBLISHED_SWARM);
  assert.deepEqual([model.name, model.splits.length, batch, seq], ["15B", 5, 1, 800]);
  assert.deepEqual(schedule, {
    ...{ peak: 2e-4, warmupSteps: 1, plateauSteps: 500, totalSteps: 100_000 },
  });
});

test("every setting of a swarm can be given", async () => {
  const settings = await settingsOf([
    ...["--model", "nano", "--batch", "2", "--seq", "16", "--batches-before-merging", "4"],
    ...["--local-optimizer-steps", "2", "--weights-dtype", "float32", "--lr", "3e-3"],
    ...["--lr.warmup", "5", "--lr.plateau", "6", "--lr.total", "70", "--cache.size", "3"],
    ...["--cache.timeout", "100", "--lease", "7.5", "--waiting-per-miner", "4"],
    ...["--batches-per-round", "64", "--phase.timeout", "30", "--share.ready", "0.5"],
    ...["--share.uploaded", "0.6", "--share.merged", "1", "--all-pairs-up-to", "8"],
    ...["--no-inspect", "--gone-after", "9", "--rate-factor", "none", "--open", "--netuid", "3"],
    ...["--share.checked", "0.25", "--score-validity", "50", "--weights.interval", "60"],
    ...["--burn.factor", "2", "--burn.uid", "0", "--steps-before", "70"],
    ...["--seed", "7"],
  ]);
  const { model: _, schedule: __, ...rest } = settings;
  const expected: Omit<SwarmSettings, "model" | "schedule"> = {
    ...{ batch: 2, seq: 16, globalOptimizerSteps: 4, localOptimizerSteps: 2 },
    ...{ weightsDtype: "float32", maxCachedActivations: 3, cacheTimeoutMs: 100_000 },
    ...{ leaseMs: 7500, waitingPerMiner: 4, batchesPerRound: 64, phaseTimeoutMs: 30_000 },
    ...{ readyShare: 0.5, uploadedShare: 0.6, mergedShare: 1, allPairsUpTo: 8 },
    ...{ inspectsActivations: false, goneAfterMs: 9000, rateFactor: Infinity, netuid: 3 },
    ...{ membersOnly: false, spotCheckShare: 0.25, scoreValidityMs: 50_000 },
    ...{ weightsIntervalMs: 60_000, burnFactor: 2, burnUid: 0, stepsBefore: 70 },
    seed: 7,
  };
  assert.deepEqual(rest, expected);
});

test("a miner's own steps are as many as those before a merge, unless said otherwise", async () => {
  const { localOptimizerSteps } = await settingsOf(["--batches-before-merging", "3"]);
  assert.equal(localOptimizerSteps, 3);
});

test("more own steps than before a merge are refused", async () => {
  assert.include(await refusalOf(["--local-optimizer-steps", "11"]), "expected at most");
});

test("elsewhere than on subnet 9 nothing is burnt", async () => {
  assert.equal((await settingsOf(["--netuid", "10"])).burnFactor, 1);
});

test("a model is cut where the user says, in whatever order", async () => {
  const { model } = await settingsOf(["--model", "micro", "--splits", "4,2,1"]);
  assert.deepEqual(model.splits, [[-1, 1], [1, 2], [2, 4], [4, -1]]);
});

test("a cut behind the last block is refused", async () => {
  assert.include(await refusalOf(["--model", "micro", "--splits", "7"]), "does not fit");
});

test("a model may come from a file, relative to where the user stands", () =>
  withTempFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "own.json"), JSON.stringify(OWN));
    const { model, batch, seq } = await settingsOf(["--model", "own.json"], dir);
    assert.deepEqual([model.name, model.C, batch, seq], ["own", 64, 1, 800]);
  }));

test("the cuts of the flags go before those of the file", () =>
  withTempFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "own.json"), JSON.stringify(OWN));
    const { model } = await settingsOf(["--model", "own.json", "--splits", "1"], dir);
    assert.deepEqual(model.splits, [[-1, 1], [1, -1]]);
  }));

test("a file that is not there is named", () =>
  withTempFolder(async (dir) => {
    const refusal = await refusalOf(["--model", "gone.json"], dir);
    assert.include(refusal, `${join(dir, "gone.json")}: there is no such file`);
  }));

test("a schedule without a descent is refused", async () => {
  const args = ["--lr.warmup", "10", "--lr.plateau", "90", "--lr.total", "100"];
  assert.include(await refusalOf(args), "--lr.total");
});

for (
  const [flag, value] of [
    ["--share.ready", "1.1"],
    ["--share.ready", "-1"],
    ["--lease", "0"],
    ["--lease", "1e3"],
    ["--rate-factor", "0"],
    ["--burn.factor", "0"],
  ]
) {
  test(`${flag} ${value} is refused`, async () => {
    assert.include(await refusalOf([`${flag}=${value}`]), "expected");
  });
}

test("the version tells trainings apart, and nothing else", async () => {
  const version = swarmVersion(await settingsOf(["--model", "nano"]));
  const same = swarmVersion(await settingsOf(["--model", "nano", "--lease", "5", "--lr", "1"]));
  const other = swarmVersion(await settingsOf(["--model", "nano", "--weights-dtype", "float32"]));
  assert.match(version, /^4065-[0-9a-f]{8}$/);
  assert.equal(same, version);
  assert.notEqual(other, version);
});

const OWN = {
  ...{ model_name: "own", total_global_params: 1000, vocab_size: 256, context_length: 2048 },
  ...{ orig_context_length: 2048, emb_dim: 64, bottleneck_dim: 16, n_heads: 4, n_layers: 3 },
  ...{ hidden_dim: 176, n_kv_groups: 2, rope_base: 500_000 },
  rope_freq: {
    ...{ factor: 32, low_freq_factor: 1, high_freq_factor: 4 },
    original_context_length: 8192,
  },
};
