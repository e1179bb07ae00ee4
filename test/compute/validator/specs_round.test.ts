import { test } from "#test";
import { assert } from "chai";
import type { AxonTarget, CallOptions, Dendrite } from "../../../core/compute/dendrite.ts";
import type { Synapse } from "../../../core/compute/synapse/synapse.ts";
import type { SPECS } from "../../../core/compute/synapse/synapses.ts";
import type { MinerSpecs } from "../../../core/compute/validator/miner_specs.ts";
import { specsRound } from "../../../core/compute/validator/specs_round.ts";

type Asked = Synapse<typeof SPECS>;
const TARGETS = ["5A", "5B", "5C"].map((hotkey, uid) => {
  return { uid, hotkey, ip: "192.0.2.1", port: 8091 };
});
const forever = new AbortController().signal;

class Setup {
  readonly kept = new Map<string, MinerSpecs | undefined>();
  readonly timeouts: (number | undefined)[] = [];
  answer: (target: AxonTarget) => { status: number; output: string } = () => {
    return { status: 200, output: '{"cpu":{"count":4}}' };
  };

  async round(signal = forever, batchSize = 2): Promise<number> {
    const call = async (
      target: AxonTarget,
      asked: Asked,
      { timeoutS }: CallOptions,
    ): Promise<Asked> => {
      this.timeouts.push(timeoutS);
      const { status, output } = await this.answer(target);
      const fields = { ...asked.fields, specs_output: output };
      return { ...asked, fields, dendrite: { ...asked.dendrite, statusCode: status } };
    };
    const dendrite = { call: call as unknown as Dendrite["call"] };
    const book = {
      addSpecs: (hotkey: string, specs: MinerSpecs | undefined) =>
        Promise.resolve(void this.kept.set(hotkey, specs)),
    };
    return await specsRound(TARGETS, { dendrite, book, batchSize }, signal);
  }
}

test("each miner is asked once, with a minute for its answer", async () => {
  const setup = new Setup();
  assert.equal(await setup.round(), 3);
  assert.deepEqual([...setup.kept.keys()], ["5A", "5B", "5C"]);
  assert.deepEqual(setup.timeouts, [60, 60, 60]);
});

for (
  const [what, answer] of [
    ["does not answer", { status: 408, output: '{"cpu":{"count":4}}' }],
    ["has no such route", { status: 404, output: "" }],
    ["tells nothing", { status: 200, output: "" }],
    ["tells nonsense", { status: 200, output: "{'cpu': 4}" }],
  ] as const
) {
  test(`one that ${what} is kept as silent, the others with what they told`, async () => {
    const setup = new Setup();
    const told = setup.answer(TARGETS[0]);
    setup.answer = ({ hotkey }) => hotkey === "5B" ? answer : told;
    assert.equal(await setup.round(), 2);
    assert.isTrue(setup.kept.has("5B"));
    assert.isUndefined(setup.kept.get("5B"));
  });
}

test("a stop keeps nothing of a batch that was cut off", async () => {
  const setup = new Setup();
  const stop = new AbortController();
  setup.answer = () => {
    stop.abort();
    return { status: 503, output: "" };
  };
  assert.equal(await setup.round(stop.signal), 0);
  assert.equal(setup.kept.size, 0);
});
