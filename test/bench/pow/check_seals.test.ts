import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { SealBatch } from "../../../core/hash/seal_engine.ts";
import { checkSeals } from "./check_seals.ts";
import { nobleLoop } from "./noble_loop.ts";

/** What the check says of something that tries batches. */
async function verdict(run: (batch: SealBatch) => number | undefined): Promise<unknown> {
  try {
    return await checkSeals({ run: (batch) => Promise.resolve(run(batch)) }, "u64");
  } catch (error) {
    return error;
  }
}

test("checkSeals() passes what finds the chain's seals, and says how many it compared", async () => {
  assert.strictEqual(await verdict(nobleLoop), 6);
});

const WRONG: Record<string, (batch: SealBatch) => number | undefined> = {
  "finds nothing": () => undefined,
  "always finds the first nonce": () => 0,
  "takes little-endian for big-endian": (batch) => nobleLoop({ ...batch, endianness: "little" }),
  "stops one nonce early": (batch) => nobleLoop({ ...batch, count: batch.count - 1 }),
  "goes on one nonce too long": (batch) => nobleLoop({ ...batch, count: batch.count + 1 }),
  "ignores where the batch begins": (batch) => nobleLoop({ ...batch, first: 0n }),
  "leaves out the block's hash": (batch) => nobleLoop({ ...batch, boundHash: new Uint8Array(32) }),
};

for (const [what, run] of Object.entries(WRONG)) {
  test(`checkSeals() stops the benchmark in one line for what ${what}`, async () => {
    const error = await verdict(run);
    assert.instanceOf(error, WeftError);
    assert.match(
      String(error),
      /^WeftError: u64, (little|big)-endian: expected .*nothing was timed$/,
    );
  });
}
