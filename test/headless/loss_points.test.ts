import { test } from "#test";
import { assert } from "chai";
import { lossPoints } from "../../headless/loss_points.ts";

test("lossPoints() lets steps that were taken again replace the ones before", () => {
  const records = [1, 2, 3, 4, 3, 4, 5].map((step, at) => ({ step, loss: at }));
  const points = lossPoints(records);
  assert.deepEqual(points.map(({ step }) => step), [1, 2, 3, 4, 5]);
  assert.deepEqual(points.map(({ loss }) => loss), [0, 1, 4, 5, 6]);
});

test("lossPoints() reads null, which JSON makes of NaN, as NaN", () => {
  assert.isNaN(lossPoints([{ step: 1, loss: null }])[0].loss);
});

test("lossPoints() leaves out what is no step", () => {
  const records = [null, 3, "x", {}, { step: -1, loss: 1 }, { step: 1.5, loss: 1 }, { step: 1 }];
  assert.deepEqual(lossPoints(records), []);
});

test("lossPoints() keeps validation losses where there are some", () => {
  const points = lossPoints([{ step: 1, loss: 3 }, { step: 2, loss: 2, validationLoss: 2.5 }]);
  assert.deepEqual(points.map(({ validationLoss }) => validationLoss), [undefined, 2.5]);
});
