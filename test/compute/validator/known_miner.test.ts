import { test } from "#test";
import { assert } from "chai";
import { knownMiners, UNASKED } from "../../../core/compute/validator/known_miner.ts";
import { readMinerSpecs } from "../../../core/compute/validator/miner_specs.ts";
import { gpuJudge } from "../../../core/compute/validator/published_judge.ts";

const SPECS = readMinerSpecs('{"cpu":{"count":4},"has_docker":true}');
const GPU = { name: "NVIDIA H100", count: 2 };
const BOOK = {
  specsOf: (hotkey: string) => Promise.resolve(hotkey === "5A" ? SPECS : undefined),
  gpuOf: (hotkey: string) => Promise.resolve(hotkey === "5A" ? GPU : undefined),
  allocated: () => Promise.resolve(new Set(["5B"])),
};
const PENALTIES = { counts: new Map([["5B", 2]]), validators: 4 };

test("what is known comes from the book and the lists", async () => {
  const options = { book: BOOK, asksSpecs: true, penalties: PENALTIES };
  const known = await knownMiners(["5A", "5B"], 0.75, options);
  assert.deepEqual(known.get("5A"), {
    ...{ hasDocker: true, returnsSpecs: true, isAllocated: false, bestScore: 0.75 },
    ...{ penalties: { count: 0, validators: 4 }, gpu: GPU, specs: SPECS },
  });
  assert.deepInclude(known.get("5B"), {
    ...{ hasDocker: false, returnsSpecs: false, isAllocated: true },
    penalties: { count: 2, validators: 4 },
  });
});

test("where nobody asks what machines have, each counts as if it had all", async () => {
  const options = { book: BOOK, asksSpecs: false, penalties: PENALTIES };
  const known = await knownMiners(["5B"], 0, options);
  assert.deepInclude(known.get("5B"), { hasDocker: true, returnsSpecs: true });
});

test("proven GPUs are a score, two H100 of eight H200", () => {
  // 2 cards of 2.8, of 8 of 4: the published table.
  assert.closeTo(gpuJudge("1.8.3").score([], { ...UNASKED, gpu: GPU }), 0.175, 1e-12);
});

test("who has proven nothing, or is on any list, has no score by GPUs", () => {
  const { score } = gpuJudge("1.8.3");
  assert.equal(score([], UNASKED), 0);
  const punished = { ...UNASKED, gpu: GPU, penalties: { count: 1, validators: 100 } };
  assert.equal(score([], punished), 0);
});
