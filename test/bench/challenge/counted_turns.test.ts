import { test } from "#test";
import { assert } from "chai";
import { CountedTurns } from "./counted_turns.ts";

test("CountedTurns counts a slice when it begins, not when it waits", async () => {
  const turns = new CountedTurns();
  const { promise, resolve } = Promise.withResolvers<void>();
  const challenge = turns.challenge(() => promise);
  const slice = turns.training();
  await Promise.resolve();
  const whileWaiting = turns.slices;
  resolve();
  await Promise.all([challenge, slice]);
  assert.deepEqual([whileWaiting, turns.slices], [0, 1]);
});
