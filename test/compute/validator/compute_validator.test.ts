import { test } from "#test";
import { assert } from "chai";
import type { Neuron } from "../../../core/chain/metagraph.ts";
import { isSolved } from "../../../core/compute/challenge/challenge_generation.ts";
import type { AxonTarget, Dendrite } from "../../../core/compute/dendrite.ts";
import type { Synapse, SynapseKind } from "../../../core/compute/synapse/synapse.ts";
import type { CHALLENGE } from "../../../core/compute/synapse/synapses.ts";
import {
  ComputeValidator,
  type ComputeValidatorOptions,
} from "../../../core/compute/validator/compute_validator.ts";
import type { RoundResult } from "../../../core/compute/validator/challenge_round.ts";
import type { Weights } from "../../../core/chain/chain.ts";
import { seededRandom } from "../../../core/data/random.ts";
import { WeftError } from "../../../core/errors.ts";
import { failureOf, KeptLog } from "../../harness/kept_log.ts";
import { ALICE, TestTime } from "../../iota/api/api_setup.ts";
import { neuronOf } from "../axon/neurons.ts";
import { MemoryBook } from "./memory_book.ts";

const MINERS = ["5A", "5B", "5C"].map((hotkey, uid) =>
  neuronOf({ hotkey, uid, axon: { ip: `192.0.2.${uid}`, port: 8091 } })
);

type Challenged = Synapse<typeof CHALLENGE>;

/** The password of a challenge of one letter. */
function solve({ fields }: Challenged): string {
  const found = [...fields.challenge_chars].find((letter) =>
    isSolved(fields, { password: letter })
  );
  return found ?? assert.fail("no letter is the password");
}

/** How a miner answers, in a test. */
type Answer = (asked: Challenged, target: AxonTarget) => Challenged | Promise<Challenged>;

function success(asked: Challenged, password: unknown = solve(asked)): Challenged {
  const output = { password: password as string };
  return {
    ...asked,
    dendrite: { ...asked.dendrite, statusCode: 200, statusMessage: "Success" },
    fields: { ...asked.fields, output },
  };
}

class Setup {
  readonly time = new TestTime();
  readonly book = new MemoryBook();
  readonly log = new KeptLog();
  readonly results: (RoundResult & { score: number })[] = [];
  readonly weights: Weights[] = [];
  neurons: readonly Neuron[] = MINERS;
  answer: Answer = (asked) => success(asked);

  validator(changes: Partial<ComputeValidatorOptions> = {}): ComputeValidator {
    const random = seededRandom(1);
    const { time } = this;
    const call = async <Kind extends SynapseKind>(
      target: AxonTarget,
      synapse: Synapse<Kind>,
    ): Promise<Synapse<Kind>> =>
      await this.answer(synapse as unknown as Challenged, target) as unknown as Synapse<Kind>;
    const dendrite: Pick<Dendrite, "call"> = { call };
    return new ComputeValidator({
      ...{ signer: ALICE, dendrite, book: this.book, log: this.log, clock: time, wallClock: time },
      metagraph: () => Promise.resolve({ neurons: this.neurons }),
      chain: {
        setWeights: (_hotkey, weights) => {
          this.weights.push(weights);
          return Promise.resolve({
            ...{ blockHash: "", blockNumber: 1, extrinsicHash: "" },
            feeRao: 0n,
            uid: undefined,
          });
        },
      },
      randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
      judge: {
        difficulty: () => 1,
        score: (rows) => rows.filter(({ success }) => success).length,
      },
      settings: {
        ...{ netuid: 27, batchSize: 2, pauseMs: { least: 1000, most: 2000 } },
        mostShare: 1,
        ...{ blacklistHotkeys: [], blacklistColdkeys: [], minimalVersion: undefined },
        ...{ updatedThreshold: 60, onePerAddress: true, weightsIntervalMs: 5_000 },
      },
      onResult: (result) => void this.results.push(result),
      ...changes,
    });
  }
}

const forever = new AbortController().signal;

test("a round asks each miner once, and keeps what came of it", async () => {
  const setup = new Setup();
  assert.equal(await setup.validator().round(forever), 3);
  assert.sameMembers(setup.book.rows.map(({ hotkey }) => hotkey), ["5A", "5B", "5C"]);
  assert.isTrue(setup.book.rows.every(({ success }) => success));
});

test("what a result comes with is the score after it", async () => {
  const setup = new Setup();
  const validator = setup.validator();
  await validator.round(forever);
  await validator.round(forever);
  assert.deepEqual(setup.results.map(({ score }) => score), [1, 1, 1, 2, 2, 2]);
});

test("time is measured here, whatever a miner says", async () => {
  const setup = new Setup();
  setup.answer = (asked) => {
    setup.time.advance(1500);
    return success(asked);
  };
  setup.neurons = MINERS.slice(0, 1);
  await setup.validator().round(forever);
  assert.equal(setup.book.rows[0].elapsedS, 1.5);
});

for (const password of ["wrong", "", null, 7, ["a"], { a: "a" }]) {
  test(`a password of ${JSON.stringify(password)} is no success`, async () => {
    const setup = new Setup();
    setup.answer = (asked) => success(asked, password);
    await setup.validator().round(forever);
    assert.isFalse(setup.book.rows.some(({ success }) => success));
    assert.equal(setup.results[0].reason, "the password is none");
  });
}

test("a miner that sends another hash back does not answer ours", async () => {
  const setup = new Setup();
  const easy =
    "$BLAKE2$786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee" +
    "585313896444934eb04b903a685b1448b755d56f701afe9be2ce";
  setup.answer = (asked) => {
    const { fields, ...rest } = success(asked, "x");
    return { ...rest, fields: { ...fields, challenge_hash: easy, challenge_salt: "" } };
  };
  await setup.validator().round(forever);
  assert.isFalse(setup.book.rows.some(({ success }) => success));
});

test("a miner that does not answer has failed, and the reason is kept from no one", async () => {
  const setup = new Setup();
  setup.answer = (asked) => ({
    ...asked,
    dendrite: { ...asked.dendrite, statusCode: 503, statusMessage: "Service unavailable at x" },
  });
  await setup.validator().round(forever);
  assert.deepEqual(setup.results.map(({ success }) => success), [false, false, false]);
  assert.equal(setup.results[0].reason, "Service unavailable at x");
});

test("a slow miner does not hold up the results of the others of its batch", async () => {
  const setup = new Setup();
  const slow = Promise.withResolvers<void>();
  setup.answer = async (asked, { hotkey }) => {
    if (hotkey === "5A") await slow.promise;
    return success(asked);
  };
  const round = setup.validator().round(forever);
  while (setup.results.length < 1) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(setup.results[0].hotkey, "5B");
  slow.resolve();
  await round;
  assert.lengthOf(setup.results, 3);
});

test("no more miners are asked at once than a batch has", async () => {
  const setup = new Setup();
  let [open, most] = [0, 0];
  setup.answer = async (asked) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 0));
    open -= 1;
    return success(asked);
  };
  await setup.validator().round(forever);
  assert.equal(most, 2);
});

test("hotkeys that are gone are forgotten before a round", async () => {
  const setup = new Setup();
  const validator = setup.validator();
  await validator.round(forever);
  setup.neurons = MINERS.slice(1);
  await validator.round(forever);
  assert.notInclude(setup.book.rows.map(({ hotkey }) => hotkey), "5A");
});

test("weights are the scores' shares, the best has the largest", async () => {
  const setup = new Setup();
  setup.answer = (asked, { hotkey }) => success(asked, hotkey === "5B" ? "wrong" : undefined);
  const stop = new AbortController();
  const running = setup.validator().run(stop.signal);
  while (setup.weights.length < 1) await new Promise((resolve) => setTimeout(resolve, 0));
  stop.abort();
  await running;
  const [{ uids, values, netuid, versionKey }] = setup.weights;
  assert.deepEqual([uids, values, netuid, versionKey], [[0, 2], [65535, 65535], 27, 183n]);
});

test("weights are not set again within their interval", async () => {
  const setup = new Setup();
  const stop = new AbortController();
  const running = setup.validator().run(stop.signal);
  await setup.time.until((async () => {
    while (setup.results.length < 30) await new Promise((resolve) => setTimeout(resolve, 0));
  })());
  stop.abort();
  await running;
  // Ten rounds with a pause of one to two seconds, and an interval of five.
  assert.isAtMost(setup.weights.length, 5);
  assert.isAtLeast(setup.weights.length, 2);
});

test("rounds take no more of the time than they may", async () => {
  const setup = new Setup();
  setup.neurons = MINERS.slice(0, 1);
  setup.answer = (asked) => {
    setup.time.advance(3000);
    return success(asked);
  };
  const stop = new AbortController();
  const { settings } = setup.validator().options;
  const running = setup.validator({ settings: { ...settings, mostShare: 0.05 } }).run(stop.signal);
  await setup.time.until((async () => {
    while (setup.results.length < 2) await new Promise((resolve) => setTimeout(resolve, 0));
  })());
  stop.abort();
  await running;
  const [first, second] = setup.book.rows;
  assert.closeTo(second.unixMs - first.unixMs, 20 * 3000, 1, "a twentieth, in milliseconds");
});

test("without a success there are no weights", async () => {
  const setup = new Setup();
  setup.answer = (asked) => success(asked, "wrong");
  const stop = new AbortController();
  const running = setup.validator().run(stop.signal);
  while (setup.results.length < 3) await new Promise((resolve) => setTimeout(resolve, 0));
  stop.abort();
  await running;
  assert.isEmpty(setup.weights);
});

for (const score of [NaN, Infinity, -1]) {
  test(`a formula that gives ${score} counts as 0`, async () => {
    const setup = new Setup();
    const judge = { difficulty: () => 1, score: () => score };
    const scores = await setup.validator({ judge }).scores();
    assert.deepEqual(scores.map(({ score }) => score), [0, 0, 0]);
  });
}

test("a round that fails is one line, and the next one comes", async () => {
  const setup = new Setup();
  let asked = 0;
  const metagraph = (): Promise<{ neurons: readonly Neuron[] }> => {
    asked += 1;
    return asked === 1
      ? Promise.reject(new WeftError("the chain is away"))
      : Promise.resolve({ neurons: MINERS });
  };
  const stop = new AbortController();
  const running = setup.validator({ metagraph }).run(stop.signal);
  await setup.time.until((async () => {
    while (setup.results.length < 3) await new Promise((resolve) => setTimeout(resolve, 0));
  })());
  stop.abort();
  await running;
  assert.deepEqual(setup.log.lines.filter((line) => line.startsWith("warn")), [
    "warn: a round has failed: the chain is away",
  ]);
});

test("miners are prepared before any is challenged, and all are told of at the end", async () => {
  const setup = new Setup();
  const seen: string[] = [];
  await setup.validator({
    prepare: (targets) =>
      Promise.resolve(void seen.push(`${targets.length} with ${setup.book.rows.length} rows`)),
    onRound: (lines) => Promise.resolve(void seen.push(...lines.map(({ hotkey }) => hotkey))),
  }).round(forever);
  assert.deepEqual(seen, ["3 with 0 rows", "5A", "5B", "5C"]);
});

test("formulas get to know the best score of the round before", async () => {
  const setup = new Setup();
  const bests: number[] = [];
  const validator = setup.validator({
    known: (_, bestScore) => Promise.resolve((bests.push(bestScore), new Map())),
  });
  await validator.round(forever);
  await validator.round(forever);
  assert.deepEqual(bests, [0, 1]);
});

test("a judge that asks for no challenges sends none", async () => {
  const setup = new Setup();
  setup.answer = () => assert.fail("a challenge was sent");
  const scores: number[] = [];
  await setup.validator({
    judge: { score: () => 0.5 },
    onRound: (lines) => Promise.resolve(void scores.push(...lines.map(({ score }) => score))),
  }).round(forever);
  assert.deepEqual(scores, [0.5, 0.5, 0.5]);
});

test("what a miner writes as its error is one short line", async () => {
  const setup = new Setup();
  setup.answer = (asked) => {
    const failed = success(asked, null);
    const output = { password: null, error: `\x1b[2J\r\n${"x".repeat(1_000_000)}` };
    return { ...failed, fields: { ...failed.fields, output } };
  };
  await setup.validator().round(forever);
  assert.match(setup.results[0].reason, /^ \[2J x{100,200}$/);
});

test("a round that is stopped asks no further batch and throws nothing", async () => {
  const setup = new Setup();
  const stop = new AbortController();
  setup.answer = (asked) => {
    stop.abort();
    return success(asked);
  };
  assert.isUndefined(await failureOf(setup.validator().round(stop.signal)));
  assert.isAtMost(setup.book.rows.length, 2);
});
