import { test } from "#test";
import { assert } from "chai";
import type { AxonTarget, Dendrite } from "../../../core/compute/dendrite.ts";
import type { Synapse } from "../../../core/compute/synapse/synapse.ts";
import type { ALLOCATE } from "../../../core/compute/synapse/synapses.ts";
import {
  type CheckerOptions,
  MinerChecker,
} from "../../../core/compute/validator/miner_checker.ts";
import type { PythonData } from "../../../core/formats/python_json.ts";
import { TestTime } from "../../iota/api/api_setup.ts";

type Asked = Synapse<typeof ALLOCATE>;
type Output = Record<string, PythonData>;
const TARGET = { uid: 1, hotkey: "5A", ip: "192.0.2.1", port: 8091 };
const ACCESS = JSON.stringify({ username: "root", password: "secret", port: 4444, version: 183 });
const forever = new AbortController().signal;

/** What a miner is asked, in short. */
function kindOf({ fields: { checking, timeline } }: Asked): "check" | "rent" | "return" {
  return checking ? "check" : timeline === 0 ? "return" : "rent";
}

class Setup {
  readonly time = new TestTime();
  readonly asked: string[] = [];
  readonly knocked: [string, number][] = [];
  answers: Record<string, Output | undefined> = {
    ...{ check: { status: true }, rent: { status: true, info: ACCESS }, return: { status: true } },
  };

  checker(changes: Partial<CheckerOptions> = {}): MinerChecker {
    const call = (_: AxonTarget, asked: Asked): Promise<Asked> => {
      const kind = kindOf(asked);
      this.asked.push(kind);
      const output = this.answers[kind];
      const statusCode = output ? 200 : 503;
      const fields = { ...asked.fields, output: output ?? {} };
      return Promise.resolve({ ...asked, fields, dendrite: { ...asked.dendrite, statusCode } });
    };
    return new MinerChecker({
      dendrite: { call: call as unknown as Dendrite["call"] },
      ...{ clock: this.time, batchSize: 2 },
      newKey: () => Promise.resolve({ pem: "key", open: (sealed) => Promise.resolve(sealed) }),
      answersSsh: (ip, port) => {
        this.knocked.push([ip, port]);
        return Promise.resolve(true);
      },
      ...changes,
    });
  }

  async codes(changes: Partial<CheckerOptions> = {}): Promise<string[]> {
    const found = await this.time.until(this.checker(changes).check([TARGET], forever));
    return found.map(({ statusCode }) => statusCode);
  }
}

test("a miner that can be rented is rented for a moment, and not listed", async () => {
  const setup = new Setup();
  assert.isEmpty(await setup.codes());
  assert.deepEqual(setup.asked, ["check", "rent", "return"]);
  assert.deepEqual(setup.knocked, [["192.0.2.1", 4444]]);
});

test("a miner that says it is not free is not rented", async () => {
  const setup = new Setup();
  setup.answers.check = { status: false, port: 4444 };
  assert.deepEqual(await setup.codes(), ["ALLOCATION_FAILED"]);
  assert.deepEqual(setup.asked, ["check"]);
});

for (const status of ["true", 1, null]) {
  test(`a status of ${JSON.stringify(status)} is no yes`, async () => {
    const setup = new Setup();
    setup.answers.check = { status };
    assert.deepEqual(await setup.codes(), ["ALLOCATION_FAILED"]);
  });
}

test("a miner that is free but lends nothing is listed", async () => {
  const setup = new Setup();
  setup.answers.rent = undefined;
  assert.deepEqual(await setup.codes(), ["ALLOCATION_FAILED"]);
});

for (const info of [undefined, "", "not JSON", "{}", '{"port":0}', '{"port":70000}', 7]) {
  test(`access of ${JSON.stringify(info)} is an error, and the machine is given back`, async () => {
    const setup = new Setup();
    setup.answers.rent = info === undefined ? { status: true } : { status: true, info };
    assert.deepEqual(await setup.codes(), ["ALLOCATION_ERROR"]);
    assert.deepEqual([setup.asked.at(-1), setup.knocked], ["return", []]);
  });
}

test("a closed door is listed", async () => {
  const setup = new Setup();
  const answersSsh = (): Promise<boolean> => Promise.resolve(false);
  assert.deepEqual(await setup.codes({ answersSsh }), ["SSH_ACCESS_DISABLED"]);
});

test("a miner that does not take its machine back is asked three times", async () => {
  const setup = new Setup();
  setup.answers.return = undefined;
  assert.deepEqual(await setup.codes(), ["DEALLOCATION_FAILED"]);
  assert.deepEqual(setup.asked.slice(2), ["return", "return", "return"]);
  assert.equal(setup.time.nowMs(), 10_000);
});

test("a stop in the midst gives the machine back and lists nobody", async () => {
  const setup = new Setup();
  const stop = new AbortController();
  const answersSsh = (): Promise<boolean> => {
    stop.abort();
    return Promise.resolve(false);
  };
  const found = await setup.checker({ answersSsh }).check([TARGET, TARGET, TARGET], stop.signal);
  assert.isEmpty(found);
  assert.equal(
    setup.asked.filter((kind) => kind === "return").length,
    setup.asked.filter((kind) => kind === "rent").length,
  );
});
