import type { ApiPromise } from "@polkadot/api";
import { test } from "#test";
import { assert } from "chai";
import { limitOf, stakePriceLimit } from "../../../core/chain/subtensor/stake_price.ts";
import { UsageError } from "../../../core/errors.ts";

/** The library on a runtime that tells a price, or none. */
function priced(price: unknown): Pick<ApiPromise, "call"> {
  const currentAlphaPrice = (): Promise<unknown> => Promise.resolve({ toJSON: () => price });
  const call: unknown = price === undefined ? {} : { swapRuntimeApi: { currentAlphaPrice } };
  return { call: call as ApiPromise["call"] };
}

const STAKE = {
  netuid: 9,
  hotkey: "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
  amountRao: 1n,
};

test("half a percent is allowed unless told otherwise", async () => {
  assert.equal(await stakePriceLimit(priced(1_000_000), STAKE, "most"), 1_005_000n);
  assert.equal(await stakePriceLimit(priced(1_000_000), STAKE, "least"), 995_000n);
});

test("a tolerance of 0 allows just the price", async () => {
  const strict = { ...STAKE, priceTolerance: 0 };
  assert.equal(await stakePriceLimit(priced(1_000_001), strict, "most"), 1_000_001n);
  assert.equal(await stakePriceLimit(priced(1_000_001), strict, "least"), 1_000_001n);
});

test("prices beyond 2^53 come in hex and stay exact", async () => {
  const strict = { ...STAKE, priceTolerance: 0 };
  assert.equal(await stakePriceLimit(priced("0xffffffffffffffff"), strict, "most"), 2n ** 64n - 1n);
});

test("limits are rounded in favour of the one who pays or sells", () => {
  assert.equal(limitOf(3n, 0.5, "most"), 4n);
  assert.equal(limitOf(3n, 0.5, "least"), 2n);
  assert.equal(limitOf(1n, 0.005, "most"), 1n);
  assert.equal(limitOf(1n, 0.005, "least"), 1n);
});

test("who sells at any price has no lower limit", () => {
  assert.equal(limitOf(10n ** 9n, 1, "least"), 0n);
  assert.equal(limitOf(10n ** 9n, 7, "least"), 0n);
});

test("there is no limit where none is wanted, on the root, and without a price", async () => {
  const any = { ...STAKE, priceTolerance: Infinity };
  assert.isUndefined(await stakePriceLimit(priced(5), any, "most"));
  assert.isUndefined(await stakePriceLimit(priced(5), { ...STAKE, netuid: 0 }, "most"));
  assert.isUndefined(await stakePriceLimit(priced(undefined), STAKE, "most"));
});

test("a tolerance that is none is refused, whatever the runtime", async () => {
  for (const priceTolerance of [-0.1, NaN]) {
    const error = await stakePriceLimit(priced(undefined), { ...STAKE, priceTolerance }, "most")
      .then(() => undefined, (error) => error);
    assert.instanceOf(error, UsageError);
  }
});

test("a price that is no number is not believed", async () => {
  const error = await stakePriceLimit(priced("cheap"), STAKE, "most")
    .then(() => undefined, (error) => error);
  assert.instanceOf(error, Error);
});
