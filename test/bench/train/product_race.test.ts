import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { matmul } from "../../../core/reference/matmul.ts";
import type { MatmulPeer } from "../../../core/bench/train/product.ts";
import { checkProduct, cubes, raceProduct } from "../../../core/bench/train/product_race.ts";

const [CUBE] = cubes([4]);

/** A contender that takes `eachMs` a product on its clock; `spoil` makes its answer wrong. */
function contender(
  name: string,
  eachMs: number,
  clock: { ms: number },
  spoil: (y: Float32Array) => void = () => {},
): MatmulPeer {
  return {
    ...{ name, version: "1", adapter: "paper" },
    prepare: (shape, a, b) => {
      const y = new Float32Array(shape.M * shape.N);
      matmul(y, a, b, shape.M, shape.N, shape.K, shape);
      spoil(y);
      return Promise.resolve({
        run: (times: number) => {
          clock.ms += times * eachMs;
          return Promise.resolve();
        },
        read: () => Promise.resolve(y),
        dispose: () => {},
      });
    },
  };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a promise that ends with an error");
}

test("checkProduct() ends with the contender's name when one value is wrong", async () => {
  const wrong = contender("weft direct", 1, { ms: 0 }, (y) => y[5] += 0.01);
  const error = await rejection(checkProduct([wrong], CUBE));
  assert.instanceOf(error, WeftError);
  assert.match(String(error), /weft direct.*4x4x4.*row 1, column 1/);
});

test("raceProduct() gives each contender's time of one product", async () => {
  const clock = { ms: 0 };
  const { ms } = await raceProduct(
    { ours: [contender("ours", 3, clock)], peers: [contender("theirs", 12, clock)] },
    CUBE,
    3,
    () => clock.ms,
  );
  assert.deepEqual([...ms], [["ours", 3], ["theirs", 12]]);
});

test("raceProduct() leaves out a peer whose answer is wrong, and says why", async () => {
  const clock = { ms: 0 };
  const { ms, failed } = await raceProduct(
    {
      ours: [contender("ours", 3, clock)],
      peers: [contender("theirs", 1, clock, (y) => y[0] = NaN)],
    },
    CUBE,
    1,
    () => clock.ms,
  );
  assert.deepEqual([...ms.keys()], ["ours"]);
  assert.match(failed[0].why, /is wrong: row 0, column 0 is NaN/);
});

test("raceProduct() leaves out a peer that cannot prepare, with the first line of its reason", async () => {
  const clock = { ms: 0 };
  const broken: MatmulPeer = {
    ...contender("theirs", 1, clock),
    prepare: () => Promise.reject(new Error("out of memory\n  at shader 3")),
  };
  const { failed } = await raceProduct(
    { ours: [contender("ours", 3, clock)], peers: [broken] },
    CUBE,
    1,
    () => clock.ms,
  );
  assert.deepEqual(failed, [{ name: "theirs", why: "out of memory" }]);
});

test("raceProduct() ends when our own answer is wrong", async () => {
  const clock = { ms: 0 };
  const ours = [contender("ours", 3, clock, (y) => y.fill(0))];
  const error = await rejection(raceProduct({ ours, peers: [] }, CUBE, 1, () => clock.ms));
  assert.instanceOf(error, WeftError);
});
