/**
 * One miner with a real stage, and an orchestrator that reads its work from a list.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  bfloat16Tensor,
  float32Tensor,
  int64Tensor,
  tensorToFloat32,
  tensorToInt32,
} from "../../../core/formats/dtype.ts";
import { readTorchTensor, writeTorchTensor } from "../../../core/formats/torch_pt.ts";
import { MemoryStore } from "../../../core/bench/direct_network/memory_store.ts";
import {
  DirectMiner,
  type DirectMinerOptions,
} from "../../../core/bench/direct_network/direct_miner.ts";
import type { Orchestrator, Submission, Work } from "../../../core/bench/direct_network/work.ts";
import { type PrecisionName, PRECISIONS } from "../../../core/model/parameters.ts";
import { Stage } from "../../../core/model/stage.ts";
import type { StepOutcome } from "../../../core/ops/adamw.ts";
import { readValues, TEST_TUNING } from "../../model/device_pipeline.ts";
import { openSharedGpu } from "../../model/shared.ts";
import { learnableTokens, stageShapes, tinyModel } from "../../model/tiny_model.ts";
import { randomArray, seededRandom } from "../../reference/random.ts";

const MODEL = tinyModel();
const [B, T, K] = [2, 8, 4];
const [HEAD, BODY, TAIL] = [0, 1, 2];
const TOKENS = learnableTokens(MODEL.V, B, T, 1);

/** Hands out its works one after another, then stops, and keeps what it is told. */
class ScriptedOrchestrator implements Orchestrator {
  readonly submissions: Submission[] = [];
  readonly losses: [uid: string, loss: number][] = [];
  readonly outcomes: StepOutcome[] = [];
  readonly #works: Work[];
  asksForRate = 0;

  constructor(works: readonly Work[], readonly afterLast: Work | "nothing" = { kind: "stop" }) {
    this.#works = [...works];
  }

  nextWork(): Promise<Work> {
    const work = this.#works.shift();
    if (work) return Promise.resolve(work);
    return this.afterLast === "nothing" ? new Promise(() => {}) : Promise.resolve(this.afterLast);
  }

  submit(submission: Submission): Promise<void> {
    this.submissions.push(submission);
    return Promise.resolve();
  }

  reportLoss(uid: string, loss: number): Promise<void> {
    this.losses.push([uid, loss]);
    return Promise.resolve();
  }

  learningRate(): Promise<number> {
    this.asksForRate += 1;
    return Promise.resolve(1e-2);
  }

  reportMerge(_layer: number, outcome: StepOutcome): Promise<void> {
    this.outcomes.push(outcome);
    return Promise.resolve();
  }
}

interface Workshop {
  stage: Stage;
  store: MemoryStore;
  /** Runs a miner on a list of works until it stops. */
  mine(
    works: readonly Work[],
    changes?: Partial<DirectMinerOptions>,
  ): Promise<ScriptedOrchestrator>;
}

/** Runs a body with a fresh stage of one layer and an empty store. */
async function withStage(
  layer: number,
  body: (workshop: Workshop) => Promise<void>,
  precision: PrecisionName = "f32",
): Promise<void> {
  const gpu = await openSharedGpu();
  const stage = await Stage.create(gpu, stageShapes(MODEL, B, T)[layer], {
    ...{ precision: PRECISIONS[precision], tuning: TEST_TUNING, slots: 2 },
    totalGlobalParams: MODEL.totalGlobalParams,
  });
  await stage.parameters.initialise(3);
  const store = new MemoryStore();
  const mine: Workshop["mine"] = async (works, changes = {}) => {
    const orchestrator = new ScriptedOrchestrator(works);
    const nextBatch = (): { tokens: Int32Array; position: number } => ({
      tokens: TOKENS,
      position: 0,
    });
    const options = { layer, stage, store, nextBatch, trains: true, timer: undefined };
    await new DirectMiner({ ...options, orchestrator, ...changes }).run();
    return orchestrator;
  };
  try {
    await body({ stage, store, mine });
  } finally {
    stage.destroy();
    gpu.close();
  }
}

/** Puts an activation or gradient (B, T, K) and gives its work. */
async function putForward(store: MemoryStore, uid: string, seed = 1): Promise<Work> {
  const path = `${uid}.in`;
  const values = Float32Array.from(randomArray(B * T * K, seededRandom(seed)));
  await store.put(path, writeTorchTensor(float32Tensor([B, T, K], values)));
  await store.put(`${uid}.tokens`, writeTorchTensor(int64Tensor([B, T], TOKENS)));
  return { kind: "forward", uid, path, tokensPath: `${uid}.tokens` };
}

async function putBackward(store: MemoryStore, uid: string): Promise<Work> {
  const path = `${uid}.gradient`;
  const values = Float32Array.from(randomArray(B * T * K, seededRandom(9), 0.1));
  await store.put(path, writeTorchTensor(float32Tensor([B, T, K], values)));
  return { kind: "backward", uid, path };
}

async function failure(running: Promise<unknown>): Promise<string> {
  return String(await running.then(() => "no error", (error: unknown) => error));
}

test("a head puts its tokens and its activations into the store, in this order", async () => {
  await withStage(HEAD, async ({ stage, store, mine }) => {
    const { submissions } = await mine([{ kind: "initial", uid: "one" }]);
    assert.deepEqual(submissions.map(({ uid, direction }) => [uid, direction]), [
      ["one", "initial"],
      ["one", "forward"],
    ]);
    const [tokens, output] = await Promise.all(
      submissions.map(async ({ path }) => readTorchTensor(await store.get(path ?? ""))),
    );
    assert.deepEqual([tokens.dtype, tokens.shape], ["i64", [B, T]]);
    assert.deepEqual(tensorToInt32(tokens), TOKENS);
    assert.deepEqual([output.dtype, output.shape], ["f32", [B, T, K]]);
    stage.writeTokens(0, TOKENS);
    stage.forward(0);
    assert.deepEqual(tensorToFloat32(output), await stage.readOutput(0));
  });
});

test("a stage in bf16 sends its activations as bf16", async () => {
  await withStage(HEAD, async ({ store, mine }) => {
    const { submissions } = await mine([{ kind: "initial", uid: "one" }]);
    const output = readTorchTensor(await store.get(submissions[1].path ?? ""));
    assert.deepEqual([output.dtype, output.shape], ["bf16", [B, T, K]]);
  }, "bf16");
});

test("a stage in f32 takes activations in bf16", async () => {
  await withStage(TAIL, async ({ store, mine }) => {
    const work = await putForward(store, "one");
    const zeros = bfloat16Tensor([B, T, K], new Float32Array(B * T * K));
    await store.put("one.in", writeTorchTensor(zeros));
    const { losses } = await mine([work]);
    // Of zeros all logits are zero.
    assert.closeTo(losses[0][1], Math.log(MODEL.V), 1e-6);
  });
});

test("a tail reports the loss, sends the gradient and takes what it used out of the store", async () => {
  await withStage(TAIL, async ({ store, mine }) => {
    const { losses, submissions } = await mine([await putForward(store, "one")]);
    assert.equal(losses[0][0], "one");
    assert.isAbove(losses[0][1], 0);
    assert.deepEqual(submissions.map(({ direction }) => direction), ["backward"]);
    assert.equal(store.size, 1);
    const gradient = readTorchTensor(await store.get(submissions[0].path ?? ""));
    assert.deepEqual(gradient.shape, [B, T, K]);
    assert.isTrue(tensorToFloat32(gradient).some((value) => value !== 0));
  });
});

test("a body sends activations on and gradients back", async () => {
  await withStage(BODY, async ({ store, mine }) => {
    const works = [await putForward(store, "one"), await putBackward(store, "one")];
    const { submissions } = await mine(works);
    assert.deepEqual(submissions.map(({ direction }) => direction), ["forward", "backward"]);
    for (const { path } of submissions) {
      assert.deepEqual(readTorchTensor(await store.get(path ?? "")).shape, [B, T, K]);
    }
  });
});

test("a head's backward passes nothing on", async () => {
  await withStage(HEAD, async ({ store, mine }) => {
    const works: Work[] = [{ kind: "initial", uid: "one" }, await putBackward(store, "one")];
    const { submissions } = await mine(works);
    const backward = submissions.find(({ direction }) => direction === "backward");
    assert.deepEqual(backward, { layer: HEAD, uid: "one", direction: "backward", path: null });
  });
});

test("a slot is free again after its backward, in whatever order batches come back", async () => {
  await withStage(BODY, async ({ store, mine }) => {
    const works = [
      await putForward(store, "a"),
      await putForward(store, "b"),
      await putBackward(store, "a"),
      await putForward(store, "c"),
      await putBackward(store, "c"),
      await putForward(store, "d"),
      await putBackward(store, "b"),
      await putBackward(store, "d"),
    ];
    const { submissions } = await mine(works);
    const back = submissions.filter(({ direction }) => direction === "backward");
    assert.deepEqual(back.map(({ uid }) => uid), ["a", "c", "b", "d"]);
  });
});

test("a gradient goes through the activations of its own batch", async () => {
  await withStage(BODY, async ({ store, mine }) => {
    const gradientOf = async (works: Work[]): Promise<Float32Array> => {
      const { submissions } = await mine(works);
      const sent = submissions.find(({ uid, direction }) =>
        uid === "a" && direction === "backward"
      );
      return tensorToFloat32(readTorchTensor(await store.get(sent?.path ?? "")));
    };
    const alone = await gradientOf([await putForward(store, "a"), await putBackward(store, "a")]);
    const between = await gradientOf([
      await putForward(store, "a"),
      await putForward(store, "b", 2),
      await putBackward(store, "a"),
    ]);
    assert.deepEqual(between, alone);
  });
});

test("a merge takes the step at the orchestrator's rate, and is told before the miner ends", async () => {
  await withStage(TAIL, async ({ stage, store, mine }) => {
    const before = await readValues(stage.parameters);
    const orchestrator = await mine([await putForward(store, "one"), { kind: "merge" }]);
    assert.deepInclude(orchestrator.outcomes[0], { step: 1, applied: true });
    assert.equal(orchestrator.asksForRate, 1);
    assert.notDeepEqual(await readValues(stage.parameters), before);
  });
});

test("a miner that does not train merges without changing a weight", async () => {
  await withStage(TAIL, async ({ stage, store, mine }) => {
    const before = await readValues(stage.parameters);
    const works: Work[] = [await putForward(store, "one"), { kind: "merge" }];
    const { asksForRate, outcomes } = await mine(works, { trains: false });
    assert.equal(asksForRate, 0);
    assert.isAbove(outcomes[0].norm, 0);
    assert.deepEqual(await readValues(stage.parameters), before);
    for (const values of (await readValues(stage.parameters, "gradient")).values()) {
      assert.isTrue(values.every((value) => value === 0));
    }
  });
});

test("an activation that is not in the store ends the miner with its path", async () => {
  await withStage(BODY, async ({ mine }) => {
    const work: Work = { kind: "forward", uid: "one", path: "gone.pt", tokensPath: "" };
    assert.match(await failure(mine([work])), /nothing is stored under gone\.pt/);
  });
});

test("a gradient of a batch that is not in flight ends the miner with its uid", async () => {
  await withStage(BODY, async ({ store, mine }) => {
    assert.match(await failure(mine([await putBackward(store, "one")])), /one is not in flight/);
  });
});

test("one batch more than there are slots ends the miner", async () => {
  await withStage(BODY, async ({ store, mine }) => {
    const works = await Promise.all(["a", "b", "c"].map((uid) => putForward(store, uid)));
    assert.match(await failure(mine(works)), /no slot is free for c/);
  });
});

test("a first layer without a corpus ends with what it needs", async () => {
  await withStage(HEAD, async ({ mine }) => {
    const running = mine([{ kind: "initial", uid: "one" }], { nextBatch: undefined });
    assert.match(await failure(running), /needs a corpus/);
  });
});

test("an activation that is no torch file ends the miner", async () => {
  await withStage(BODY, async ({ store, mine }) => {
    const work = await putForward(store, "one");
    await store.put("one.in", new Uint8Array(100));
    assert.match(await failure(mine([work])), /^WeftError: /);
  });
});

test("an activation of another width ends the miner with both sizes", async () => {
  await withStage(BODY, async ({ store, mine }) => {
    const work = await putForward(store, "one");
    const wide = float32Tensor([B, T, K + 1], new Float32Array(B * T * (K + 1)));
    await store.put("one.in", writeTorchTensor(wide));
    assert.match(await failure(mine([work])), /16 x 4 values, got 80/);
  });
});

test("a store that fails late ends a miner that waits for work", async () => {
  await withStage(HEAD, async ({ mine }) => {
    class FullStore extends MemoryStore {
      override put(path: string, bytes: Uint8Array): Promise<void> {
        if (path.endsWith("forward.pt")) return Promise.reject(new Error("the store is full"));
        return super.put(path, bytes);
      }
    }
    const orchestrator = new ScriptedOrchestrator([{ kind: "initial", uid: "one" }], "nothing");
    const running = mine([], { store: new FullStore(), orchestrator });
    assert.match(await failure(running), /the store is full/);
  });
});
