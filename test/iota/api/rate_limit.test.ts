import { test } from "#test";
import { assert } from "chai";
import { limitText, RateLimiter } from "../../../core/iota/api/rate_limit.ts";
import { TestTime } from "./api_setup.ts";

const ONE = { requests: 1, perSeconds: 1 };
const TEN = { requests: 10, perSeconds: 1 };
const LOSSES = { requests: 15, perSeconds: 60 };

function limiter(factor = 1): { time: TestTime; limits: RateLimiter } {
  const time = new TestTime();
  return { time, limits: new RateLimiter(time, factor) };
}

test("as many as allowed pass at once, and the next must wait for the window's end", () => {
  const { time, limits } = limiter();
  for (let at = 0; at < 10; at++) assert.equal(limits.take("a", TEN), 0);
  time.advance(400);
  assert.equal(limits.take("a", TEN), 600);
});

test("a window begins with its first request, not at a full second", () => {
  const { time, limits } = limiter();
  time.advance(900);
  limits.take("a", ONE);
  time.advance(999);
  assert.equal(limits.take("a", ONE), 1);
  time.advance(1);
  assert.equal(limits.take("a", ONE), 0);
});

test("what was refused does not count", () => {
  const { time, limits } = limiter();
  limits.take("a", ONE);
  for (let at = 0; at < 5; at++) limits.take("a", ONE);
  time.advance(1000);
  assert.equal(limits.take("a", ONE), 0);
});

test("keys do not know of each other", () => {
  const { limits } = limiter();
  limits.take("a", ONE);
  assert.equal(limits.take("b", ONE), 0);
});

test("a long window is remembered for its whole minute", () => {
  const { time, limits } = limiter();
  time.advance(59_000);
  for (let at = 0; at < 15; at++) limits.take("a", LOSSES);
  for (let at = 0; at < 59; at++) {
    time.advance(1000);
    limits.take("b", ONE);
  }
  assert.equal(limits.take("a", LOSSES), 1000);
});

test("a factor multiplies what is allowed", () => {
  const { limits } = limiter(3);
  for (let at = 0; at < 3; at++) assert.equal(limits.take("a", ONE), 0);
  assert.equal(limits.take("a", ONE), 1000);
});

test("a factor that leaves less than one request still allows one", () => {
  const { limits } = limiter(0.01);
  assert.equal(limits.take("a", TEN), 0);
  assert.equal(limits.take("a", TEN), 1000);
});

test("an infinite factor limits nothing", () => {
  const { limits } = limiter(Infinity);
  for (let at = 0; at < 100; at++) assert.equal(limits.take("a", ONE), 0);
});

test("a flood of keys makes room by forgetting keys of long ago", () => {
  const { limits } = limiter();
  limits.take("first", ONE);
  for (let at = 0; at < 200_001; at++) limits.take(`${at}`, ONE);
  assert.equal(limits.take("first", ONE), 0);
  assert.equal(limits.take("200000", ONE), 1000);
});

test("limitText() is what slowapi says", () => {
  assert.equal(limitText(TEN, 1), "Rate limit exceeded: 10 per 1 second");
  assert.equal(limitText(LOSSES, 1), "Rate limit exceeded: 15 per 1 minute");
});
