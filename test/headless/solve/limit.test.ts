import { test } from "#test";
import { assert } from "chai";
import { limitTime } from "../../../headless/solve/limit.ts";

test("limitTime() aborts when the time is over", async () => {
  const limit = limitTime(new AbortController().signal, 0.001);
  await new Promise((resolve) => limit.signal.addEventListener("abort", resolve));
  assert.equal(limit.reason(), "runtime");
});

test("limitTime() aborts with the user, and says so even when the time is over too", () => {
  const user = new AbortController();
  const limit = limitTime(user.signal, 1000);
  assert.isFalse(limit.signal.aborted);
  user.abort();
  assert.isTrue(limit.signal.aborted);
  assert.equal(limit.reason(), "signal");
  limit.end();
});

test("limitTime() is aborted from the start if the user was quicker", () => {
  const limit = limitTime(AbortSignal.abort(), undefined);
  assert.isTrue(limit.signal.aborted);
  limit.end();
});
