import { test } from "#test";
import { assert } from "chai";
import { measureSigning } from "./signing.ts";

test("measureSigning() measures each work of both sides", async () => {
  // A clock that jumps lets every round be as short as it can.
  let nowMs = 0;
  const rows = await measureSigning(1, () => nowMs += 1000);
  assert.deepEqual(rows.map(({ work }) => work), [
    "sign",
    "verify",
    "verify a frequent signer's",
  ]);
  for (const { perSecond, peerPerSecond } of rows) {
    assert.equal(perSecond, 1);
    assert.equal(peerPerSecond, 1);
  }
});
