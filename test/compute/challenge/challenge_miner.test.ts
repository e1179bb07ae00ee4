import { test } from "#test";
import { assert } from "chai";
import { newChallenge } from "../../../core/compute/challenge/challenge_generation.ts";
import {
  type ChallengeEvent,
  ChallengeMiner,
  type ChallengeMinerOptions,
} from "../../../core/compute/challenge/challenge_miner.ts";
import type { ChallengeFields } from "../../../core/compute/challenge/challenge_task.ts";
import { createSynapse, dumpSynapse } from "../../../core/compute/synapse/synapse.ts";
import { CHALLENGE } from "../../../core/compute/synapse/synapses.ts";
import { seededRandom } from "../../../core/data/random.ts";
import { pythonJson } from "../../../core/formats/python_json.ts";
import { Engines } from "../../../core/hash/engines.ts";
import type { SolveRequest, SolveResult } from "../../../core/hash/solver.ts";
import { Solver } from "../../../core/hash/solver.ts";
import { WeftError } from "../../../core/errors.ts";
import { denoThreads } from "../../../headless/threads.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { TestTime } from "../../iota/api/api_setup.ts";

const HOTKEY = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const random = seededRandom(5);
const randomBytes = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));
const TASK = newChallenge(3, randomBytes);
const RESULT: SolveResult = {
  ...{ outcome: "cracked", password: new TextEncoder().encode("abc"), waitedMs: 1, rate: 2 },
  ...{ tried: 1n, total: 1n, elapsedMs: 1 },
};

/** What one answer came to. */
interface Answered {
  readonly fields: ChallengeFields;
  readonly output: ChallengeFields["output"];
  readonly events: readonly ChallengeEvent[];
  readonly lines: readonly string[];
}

/** Answers one challenge with a solver of the test's. */
async function answer(
  changes: Partial<ChallengeFields>,
  solve: (request: SolveRequest) => Promise<SolveResult> = () => Promise.resolve(RESULT),
  { time = new TestTime(), timeout = 30, options = {} as Partial<ChallengeMinerOptions> } = {},
): Promise<Answered> {
  const events: ChallengeEvent[] = [];
  const log = new KeptLog();
  const onEvent = (event: ChallengeEvent): void => void events.push(event);
  const miner = new ChallengeMiner({ clock: time, log, solver: { solve }, onEvent, ...options });
  const synapse = createSynapse(CHALLENGE, { ...TASK.synapse.fields, ...changes });
  const fields = await miner.route({}).forward({
    ...{ synapse: { ...synapse, timeout }, hotkey: HOTKEY, priority: 9 },
    ...{ arrivedMs: time.nowMs(), signal: new AbortController().signal },
  });
  return { fields, output: fields.output, events, lines: log.lines };
}

test("a real solver finds the password, and the answer has just the published fields", async () => {
  const host = {
    clock: { nowMs: () => performance.now(), sleep: () => Promise.resolve() },
    ...{ log: new KeptLog(), storage: new MemoryStorage(), threads: denoThreads() },
    webgpu: () => Promise.reject(new WeftError("no GPU in this test")),
  };
  const solver = new Solver(host, new Engines(host));
  const { output } = await answer({}, (request) => {
    return solver.solve({ ...request, deadlineMs: undefined });
  });
  await solver.close();
  assert.equal(output.password, TASK.password);
  assert.deepEqual(Object.keys(output), ["password", "local_execution_time", "error"]);
  assert.isNull(output.error);
});

test("the time is a float in seconds, even a whole one", async () => {
  const time = new TestTime();
  const { fields } = await answer({}, () => {
    time.advance(2000);
    return Promise.resolve(RESULT);
  }, { time });
  const text = pythonJson(dumpSynapse(createSynapse(CHALLENGE, fields)));
  assert.include(text, '"output": {"error": null, "local_execution_time": 2.0, "password": "abc"}');
});

test("waiting counts against the validator's patience, and the way back is left for", async () => {
  let asked: SolveRequest | undefined;
  const time = new TestTime();
  time.advance(1000);
  await answer({}, (request) => {
    asked = request;
    return Promise.resolve(RESULT);
  }, { time, timeout: 12 });
  assert.equal(asked?.deadlineMs, 1000 + 12_000 - 250);
  assert.equal(asked?.priority, 9);
});

test("nobody's patience is longer than 30 seconds", async () => {
  let deadlineMs: number | undefined;
  await answer({}, (request) => {
    deadlineMs = request.deadlineMs;
    return Promise.resolve(RESULT);
  }, { timeout: 3600 });
  assert.equal(deadlineMs, 30_000 - 250);
});

test("a challenge whose time is over before it is read is not searched for", async () => {
  const { output, events } = await answer({}, () => assert.fail("searched"), { timeout: 0.2 });
  assert.match(`${output.error}`, /❌ Hashcat execution timed out$/);
  assert.equal(events[0].outcome, "expired");
});

test("a search whose slice does not end is ended at its deadline, as expired", async () => {
  const time = new TestTime();
  const work = answer({}, ({ signal }) => {
    return new Promise((resolve) =>
      signal?.addEventListener("abort", () => {
        resolve({ ...RESULT, outcome: "aborted", password: undefined });
      })
    );
  }, { time });
  const { output, events: [{ outcome, elapsedMs }] } = await time.until(work);
  assert.deepEqual([outcome, elapsedMs], ["expired", 29_750]);
  assert.match(`${output.error}`, /timed out$/);
});

test("a password that comes after the deadline's end of the search is told all the same", async () => {
  const time = new TestTime();
  const work = answer({}, ({ signal }) => {
    return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(RESULT)));
  }, { time });
  assert.equal((await time.until(work)).output.password, "abc");
});

test("nothing waits for the deadline of a challenge that was answered", async () => {
  const time = new TestTime();
  await answer({}, undefined, { time });
  assert.equal(time.sleeping, 0);
});

test("errors name the run as the published miner does", async () => {
  const { output } = await answer({}, () => {
    return Promise.resolve({ ...RESULT, outcome: "expired", password: undefined });
  });
  const hash = TASK.synapse.fields.challenge_hash.slice(10, 20);
  assert.equal(output.error, `5GrwvaEF/3/${hash}: ❌ Hashcat execution timed out`);
  assert.isNull(output.password);
});

test("a search through all without a hit ends as hashcat does", async () => {
  const { output } = await answer({}, () => {
    return Promise.resolve({ ...RESULT, outcome: "exhausted", password: undefined });
  });
  assert.match(`${output.error}`, /❌ Hashcat execution failed with code 1: $/);
});

test("what fails in the solver is said, in one line of the log too", async () => {
  const { output, lines } = await answer({}, () => Promise.reject(new WeftError("no\ndevice")));
  assert.match(`${output.error}`, /❌ run_hashcat execution failed: no\ndevice$/);
  assert.lengthOf(lines, 1);
  assert.match(lines[0], /^warn: challenge 5GrwvaEF\/3\/[0-9a-f]{10}: .*no device$/);
});

const BAD: readonly (readonly [string, Partial<ChallengeFields>])[] = [
  ["a hash that is no hex", { challenge_hash: "$BLAKE2$zz" }],
  ["a hash of the wrong length", { challenge_hash: "$BLAKE2$00" }],
  ["an empty hash", { challenge_hash: "" }],
  ["a salt of megabytes", { challenge_salt: "0".repeat(1e6) }],
  ["a mode that nobody knows", { challenge_mode: "99999" }],
  ["a mode that is an option", { challenge_mode: "-1" }],
  ["no mode", { challenge_mode: "" }],
  ["no characters", { challenge_chars: "" }],
  ["no mask", { challenge_mask: "" }],
  ["a mask of megabytes", { challenge_mask: "?1".repeat(1e6) }],
  ["a mask of 33 letters", { challenge_mask: "?1".repeat(33) }],
  ["a keyspace past 2^63", { challenge_mask: "?b".repeat(16) }],
  ["a mask with an unknown charset", { challenge_mask: "?9" }],
];
for (const [what, changes] of BAD) {
  test(`${what} is answered as hashcat answers wrong use`, async () => {
    const { output, events } = await answer(changes, () => assert.fail("searched"));
    assert.isNull(output.password);
    assert.match(`${output.error}`, /❌ Hashcat execution failed with code 255: /);
    assert.equal(events[0].outcome, "refused");
  });
}

for (const difficulty of [0, -1]) {
  test(`a challenge of difficulty ${difficulty} comes back as it came`, async () => {
    const { output, events } = await answer({ challenge_difficulty: difficulty });
    assert.deepEqual(output, {});
    assert.isEmpty(events);
  });
}

test("a difficulty of a billion is only a number: the mask says what to search", async () => {
  const { output } = await answer({ challenge_difficulty: 1e9 });
  assert.equal(output.password, "abc");
});

for (const chars of ["ab?d", "a:b", "?", "é"]) {
  test(`characters "${chars}" stand for themselves`, async () => {
    let sizes: number[] = [];
    await answer({ challenge_chars: chars, challenge_mask: "x?1" }, ({ keyspace }) => {
      sizes = keyspace.positions.map(({ length }) => length);
      return Promise.resolve(RESULT);
    });
    assert.deepEqual(sizes, [1, new TextEncoder().encode(chars).length]);
  });
}

test("a search runs while other work keeps off", async () => {
  const order: string[] = [];
  const alone = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    order.push("alone");
    const result = await work();
    order.push("together");
    return result;
  };
  await answer({}, () => {
    order.push("search");
    return Promise.resolve(RESULT);
  }, { options: { alone } });
  assert.deepEqual(order, ["alone", "search", "together"]);
});

test("more challenges than may wait are refused, and the next one after is served", async () => {
  const waiting: (() => void)[] = [];
  const miner = new ChallengeMiner({
    ...{ clock: new TestTime(), log: new KeptLog() },
    solver: { solve: () => new Promise((resolve) => waiting.push(() => resolve(RESULT))) },
  });
  const forward = (): Promise<ChallengeFields> =>
    miner.route({}).forward({
      ...{ synapse: TASK.synapse, hotkey: HOTKEY, priority: 0, arrivedMs: 0 },
      signal: new AbortController().signal,
    });
  const many = Array.from({ length: 257 }, forward);
  const last = await many[256];
  assert.match(`${last.output.error}`, /256 challenges wait already$/);
  waiting.forEach((end) => end());
  await Promise.all(many);
  const next = forward();
  waiting.at(-1)?.();
  assert.equal((await next).output.password, "abc");
});
