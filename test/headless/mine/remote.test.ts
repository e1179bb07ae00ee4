/**
 * `mine` in a swarm elsewhere: a real orchestrator on loopback, real stages on the test's device.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { WeftError } from "../../../core/errors.ts";
import { FakeChain, neuron } from "../wallet/fake_chain.ts";
import { jsonLines, type WalletRun } from "../wallet/fake_wallet_system.ts";
import { BOB } from "../wallet/test_wallet.ts";
import {
  BYTE_MODEL_JSON,
  LOOPBACK_SETTINGS,
  type LoopbackSwarm,
  withLoopbackSwarm,
} from "./loopback_swarm.ts";

/** The model is known by its file only. */
function usualFlags({ dir, url }: LoopbackSwarm): string[] {
  Deno.writeTextFileSync(join(dir, "bytes.json"), JSON.stringify(BYTE_MODEL_JSON));
  return ["--model", "bytes.json", "--orchestrator", url];
}

/** Runs one miner until it has printed a line like this. */
async function mineUntil(
  swarm: LoopbackSwarm,
  line: RegExp,
  args: readonly string[] = [],
): Promise<WalletRun> {
  const stop = new AbortController();
  return await swarm.mine([...usualFlags(swarm), ...args], {
    signal: stop.signal,
    onLine: (text) => line.test(text) && stop.abort(),
  });
}

test("three miners with a wallet each train until every layer has merged twice", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    const usual = usualFlags(swarm);
    const stop = new AbortController();
    const merges = new Map<string, number>();
    const mine = (hotkey: string): Promise<WalletRun> =>
      // Alone the others would wait for ever.
      swarm.mine([...usual, "--json", "--wallet.hotkey", hotkey], {
        signal: stop.signal,
        onLine: (line) => {
          if (line.includes('"merged"')) merges.set(hotkey, (merges.get(hotkey) ?? 0) + 1);
          if (merges.size === 3 && [...merges.values()].every((count) => count >= 2)) stop.abort();
        },
      }).finally(() => stop.abort());
    const runs = await Promise.all(["default", "second", "third"].map(mine));
    assert.deepEqual(runs.map(({ code }) => code), [0, 0, 0], runs.map((run) => run.error).join());
    const events = runs.map(({ out }) => jsonLines(out));
    const layers = events.map((each) => each.find(({ kind }) => kind === "registered")?.layer);
    assert.sameMembers(layers, [0, 1, 2]);
    const losses = events.flat().flatMap(({ loss }) => typeof loss === "number" ? [loss] : []);
    // Of tokens below 256 a fresh model knows nothing: ln 256 is 5.55.
    assert.approximately(losses[0], Math.log(256), 0.5);
    for (const each of events) {
      assert.deepEqual([each[0].kind, each[0].isWeft, each.at(-1)?.kind], [
        ...["started", true, "finished"],
      ]);
      assert.isAbove(Number(each.at(-1)?.sentBytes), 1000);
    }
  });
});

test("a person sees what is mined, on which stage, and how it ended", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    const { code, out } = await mineUntil(swarm, /^stage/);
    assert.equal(code, 0);
    const lines = out.split("\n");
    assert.equal(lines[0], `orchestrator  ${swarm.url}`);
    assert.equal(lines[1], `hotkey        ${BOB}`);
    assert.equal(lines[2], "model         bytes in 3 layers, bf16");
    assert.equal(lines[3], "batch         2 samples of 16 tokens, 2 batches before merging");
    assert.match(lines[4], /^stage {9}layer 0, 1 parameters, /);
    assert.match(
      out,
      /\nStopped: 0 forwards, 0 backwards, 0 steps, 0 merges; .* sent, .* received\.$/m,
    );
  });
});

test("an orchestrator that tells nothing is asked at the published pace, for what the flags say", async () => {
  await withLoopbackSwarm({ isPublished: true }, async (swarm) => {
    const args = ["--batch", "2", "--seq", "16", "--batches-before-merging", "2"];
    const { code, out } = await mineUntil(swarm, /^stage/, args);
    assert.equal(code, 0);
    assert.include(out, `orchestrator  ${swarm.url}, at the published pace`);
    assert.deepInclude(swarm.stages[0].training, { batch: 2, seq: 16, globalOptimizerSteps: 2 });
  });
});

for (
  const [flag, value, told] of [
    ["--batch", "4", "4 samples are none of this swarm, whose orchestrator trains bytes with 2"],
    ["--seq", "8", "8 tokens"],
    ["--batches-before-merging", "5", "5 batches"],
    ["--splits", "1", "2 layers"],
  ]
) {
  test(`${flag} that is not the orchestrator's is wrong use, told before a wallet is asked for`, async () => {
    await withLoopbackSwarm({}, async (swarm) => {
      const wrong = [...usualFlags(swarm), flag, value, "--wallet.name", "nobody"];
      const { code, error } = await swarm.mine(wrong);
      assert.equal(code, 2);
      assert.include(error, flag);
      assert.include(error, told);
      assert.equal(error.trim().split("\n").length, 1);
    });
  });
}

/** Of an operator who has chosen everything. */
const CHOSEN = {
  globalOptimizerSteps: 4,
  localOptimizerSteps: 1,
  weightsDtype: "float32",
  maxCachedActivations: 3,
  seed: 7,
} as const;

/** Runs one miner without flags until its stage is there. */
async function mineBare(swarm: LoopbackSwarm, ...args: readonly string[]): Promise<WalletRun> {
  const stop = new AbortController();
  return await swarm.mine(["--orchestrator", swarm.url, ...args], {
    signal: stop.signal,
    onLine: (text) => /^stage|"stage"/.test(text) && stop.abort(),
  });
}

test("without flags a miner trains what the operator chose, a model of a file too", async () => {
  await withLoopbackSwarm({ settings: CHOSEN }, async (swarm) => {
    const { code, out, error } = await mineBare(swarm, "--json");
    assert.deepEqual([code, error], [0, "registered for layer 0\n"]);
    const [{ training, seed, slots, precision }] = swarm.stages;
    const { seed: _, ...chosen } = CHOSEN;
    assert.deepEqual(training, {
      ...{ ...chosen, model: LOOPBACK_SETTINGS.model, batch: 2, seq: 16 },
      cacheTimeoutMs: LOOPBACK_SETTINGS.cacheTimeoutMs,
    });
    assert.deepEqual([seed, slots, precision], [7, 3, "f32"]);
    assert.deepInclude(jsonLines(out)[0], {
      ...{ model: "bytes", batchesBeforeMerging: 4, localOptimizerSteps: 1, seed: 7 },
      ...{ weightsDtype: "float32", maxCachedActivations: 3 },
    });
  });
});

test("flags win over what the operator chose, with a line of warning each", async () => {
  await withLoopbackSwarm({ settings: CHOSEN }, async (swarm) => {
    const args = ["--local-steps", "2", "--seed", "8", "--cache.size", "3", "--model", "nano"];
    const { code, error } = await mineBare(swarm, ...args);
    assert.equal(code, 0);
    const [{ training, seed }] = swarm.stages;
    assert.deepEqual([training.model.name, training.localOptimizerSteps, seed], ["nano", 2, 8]);
    const lines = error.trim().split("\n").filter((line) => line.includes(" is used, though"));
    assert.lengthOf(lines, 3);
    for (const flag of ["--model nano", "--local-steps 2", "--seed 8"]) assert.include(error, flag);
  });
});

test("an orchestrator that tells nothing leaves the defaults, and nothing is said of it", async () => {
  await withLoopbackSwarm({ isPublished: true, settings: CHOSEN }, async (swarm) => {
    const { error } = await mineUntil(swarm, /^stage/);
    assert.equal(error, "registered for layer 0\n");
    const [{ training, seed, precision }] = swarm.stages;
    assert.deepInclude(training, {
      ...{ globalOptimizerSteps: 10, localOptimizerSteps: 10, weightsDtype: "bfloat16" },
      maxCachedActivations: 2,
    });
    assert.deepEqual([seed, precision], [42, "bf16"]);
  });
});

test("an orchestrator that tells absurd numbers is refused, before a wallet is asked for", async () => {
  await withLoopbackSwarm({ settings: { maxCachedActivations: 1e9 } }, async (swarm) => {
    const { code, error } = await mineBare(swarm, "--wallet.name", "nobody");
    assert.equal(code, 2);
    assert.include(error, "training.maxCachedActivations");
    assert.isEmpty(swarm.stages);
  });
});

const ONE_MINER = new FakeChain({
  metagraphs: [{ netuid: 9, name: "", block: 1, neurons: [neuron(7, { hotkey: BOB })] }],
});
const CHAIN = ["--subtensor.network", "test"];

test("with a chain the uid is looked up, and told by the health endpoint", async () => {
  await withLoopbackSwarm({ chain: ONE_MINER }, async (swarm) => {
    const stop = new AbortController();
    const answer = Promise.withResolvers<unknown>();
    let health: unknown;
    const args = ["--health", "--health.host", "127.0.0.1", "--health.port", "0", "--json"];
    const running = swarm.mine([...usualFlags(swarm), ...CHAIN, ...args], {
      signal: stop.signal,
      onLine: (line) => {
        const event: Record<string, unknown> = JSON.parse(line);
        if (event.kind === "started") health = event.health;
        if (event.kind === "registered") answer.resolve(fetch(`${health}`).then((a) => a.json()));
      },
    });
    assert.deepInclude(await answer.promise, { status: "healthy", hotkey: BOB, layer: 0, uid: 7 });
    stop.abort();
    assert.equal((await running).code, 0);
    assert.isTrue(ONE_MINER.isClosed);
  });
});

test("a hotkey that the chain does not know ends it before the GPU is opened", async () => {
  await withLoopbackSwarm({ chain: ONE_MINER }, async (swarm) => {
    const args = [...usualFlags(swarm), ...CHAIN, "--wallet.hotkey", "second"];
    const { code, error } = await swarm.mine(args);
    assert.equal(code, 1);
    assert.match(
      error,
      /^error: hotkey \w+ is not registered on subnet 9 of test: .* wallet register/,
    );
    assert.isEmpty(swarm.stages);
  });
});

test("an orchestrator that takes members only says so, and what to do is said", async () => {
  const settings = { membersOnly: true };
  await withLoopbackSwarm({ settings, members: ONE_MINER }, async (swarm) => {
    const { code, error } = await swarm.mine([...usualFlags(swarm), "--wallet.hotkey", "second"]);
    assert.equal(code, 1);
    assert.match(error, /does not take this miner: .*not registered.*deno task doctor --netuid 9/);
  });
});

test("texts that cannot be had end the run with the reason, whatever layer 0 is doing", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    const args = [...usualFlags(swarm), "--data", "gone.txt", "--logging.debug"];
    const { code, error } = await swarm.mine(args);
    assert.equal(code, 2);
    assert.match(error, /error: --data .*gone\.txt: there is no such file or folder/);
  });
});

test("where nobody answers it says so in a line", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    const { code, error } = await swarm.mine(["--orchestrator", "http://127.0.0.1:1"]);
    assert.equal(code, 1);
    assert.match(error, /^error: No answer from http:\/\/127\.0\.0\.1:1 .*\n$/);
  });
});

test("without the wallet it says how to make one", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    const { code, error } = await swarm.mine([...usualFlags(swarm), "--wallet.hotkey", "none"]);
    assert.equal(code, 1);
    assert.include(error, "deno task wallet new_hotkey --wallet.name default --wallet.hotkey none");
  });
});

test("a flag of the local network is wrong use in a swarm elsewhere", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    const { code, error } = await swarm.mine([...usualFlags(swarm), "--steps", "5"]);
    assert.equal(code, 2);
    assert.match(error, /^error: --steps is for the local network/);
  });
});

test("a GPU that fails for good ends it with the reason", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    swarm.failStages(new WeftError("no memory for layer 0: choose another GPU"));
    const { code, error } = await swarm.mine(usualFlags(swarm));
    assert.equal(code, 1);
    assert.include(error, "error: no memory for layer 0: choose another GPU");
  });
});

test("a lost GPU is opened again, and the miner registers again", async () => {
  await withLoopbackSwarm({}, async (swarm) => {
    const stop = new AbortController();
    let registered = 0;
    const { code, out } = await swarm.mine([...usualFlags(swarm), "--json"], {
      signal: stop.signal,
      onLine: (line) => {
        if (line.includes('"registered"') && ++registered === 2) stop.abort();
        if (line.includes('"stage"')) swarm.stages[0].onLost("unplugged");
      },
    });
    assert.equal(code, 0);
    const kinds = jsonLines(out).map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(1, 5), ["registered", "stage", "device lost", "registered"]);
  });
});
