import { test } from "#test";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { assert } from "chai";
import { Field, P } from "../../../core/wallet/ristretto/field.ts";
import { NUMBER_BYTES } from "../../../core/wallet/ristretto/field_code.ts";

/** Where limbs are full, empty, or about to carry. */
const EDGES = [
  ...[0n, 1n, 2n, 19n, P - 1n, P - 2n, P - 19n, (P - 1n) / 2n],
  ...[2n ** 25n, 2n ** 26n - 1n, 2n ** 51n, 2n ** 51n - 1n, 2n ** 128n - 1n, 2n ** 254n],
  ...[2n ** 254n - 1n, 2n ** 255n - 20n],
];

class Setup {
  readonly field = new Field();
  readonly one = this.field.constant(1n);
  readonly left = this.field.allocate(NUMBER_BYTES);
  readonly right = this.field.allocate(NUMBER_BYTES);
  readonly out = this.field.allocate(NUMBER_BYTES);

  /** Writes two numbers as products, which may be added up. */
  write(left: bigint, right: bigint): void {
    const { multiply } = this.field.run;
    this.field.write(this.left, left);
    this.field.write(this.right, right);
    multiply(this.left, this.left, this.one);
    multiply(this.right, this.right, this.one);
  }

  /** The result, reduced. */
  read(): bigint {
    return bytesToNumberLE(this.field.bytes(this.out));
  }
}

function randomNumber(): bigint {
  return bytesToNumberLE(crypto.getRandomValues(new Uint8Array(32))) % P;
}

function everyPair(): [bigint, bigint][] {
  const randoms = Array.from({ length: 200 }, (): [bigint, bigint] => {
    return [randomNumber(), randomNumber()];
  });
  return [...EDGES.flatMap((x) => EDGES.map((y): [bigint, bigint] => [x, y])), ...randoms];
}

test("products are those of whole numbers modulo p, at the edges and anywhere", () => {
  const setup = new Setup();
  for (const [x, y] of everyPair()) {
    setup.write(x, y);
    setup.field.run.multiply(setup.out, setup.left, setup.right);
    assert.equal(setup.read(), x * y % P, `${x} · ${y}`);
  }
});

test("a sum and a difference are good factors", () => {
  const setup = new Setup();
  const { field: { run }, left, right, out } = setup;
  for (const [x, y] of everyPair()) {
    setup.write(x, y);
    run.add(out, left, right);
    run.subtract(left, left, right);
    run.multiply(out, out, left);
    assert.equal(setup.read(), ((x + y) * (x - y) % P + P) % P, `${x}, ${y}`);
  }
});

test("a product may be written over its own factors", () => {
  const setup = new Setup();
  const { field: { run }, left, out } = setup;
  setup.write(3n, 0n);
  run.multiply(left, left, left);
  run.multiply(out, left, setup.one);
  assert.equal(setup.read(), 9n);
});

test("squaring n times is one power", () => {
  const setup = new Setup();
  for (const x of EDGES) {
    let expected = x;
    for (let times = 1; times <= 5; times++) {
      expected = expected * expected % P;
      setup.write(x, 0n);
      setup.field.run.squareTimes(setup.out, setup.left, times);
      assert.equal(setup.read(), expected, `${x}, ${times} times`);
    }
  }
});

test("the negative ones are the odd ones of those below p", () => {
  const setup = new Setup();
  for (const x of EDGES) {
    setup.write(x, 0n);
    assert.equal(setup.field.isNegative(setup.left), x % 2n === 1n, `${x}`);
  }
});

test("a negated product is read as p less it", () => {
  const setup = new Setup();
  const { field: { run }, left, right, out } = setup;
  for (const x of EDGES) {
    setup.write(0n, x);
    run.subtract(out, left, right);
    assert.equal(setup.read(), (P - x) % P, `${x}`);
  }
});

test("only one is one, however it came about", () => {
  const setup = new Setup();
  const { field, left, right, out } = setup;
  setup.write(P - 1n, P - 1n);
  field.run.multiply(out, left, right);
  assert.isTrue(field.isOne(out));
  for (const x of [0n, 2n, P - 1n, 2n ** 26n + 1n]) {
    setup.write(x, 0n);
    assert.isFalse(field.isOne(left), `${x}`);
  }
});

test("memory grows as it is taken, and what was in it stays", () => {
  const setup = new Setup();
  setup.write(7n, 8n);
  const far = setup.field.allocate(1 << 20);
  setup.field.write(far + (1 << 19), 5n);
  setup.field.run.multiply(setup.out, setup.left, far + (1 << 19));
  assert.equal(setup.read(), 35n);
});
