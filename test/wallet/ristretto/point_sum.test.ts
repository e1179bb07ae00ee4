import { test } from "#test";
import { ed25519, ristretto255 } from "@noble/curves/ed25519.js";
import { bytesToHex, bytesToNumberLE } from "@noble/curves/utils.js";
import { assert } from "chai";
import { P } from "../../../core/wallet/ristretto/field.ts";
import { PointSum } from "../../../core/wallet/ristretto/point_sum.ts";

const { BASE } = ed25519.Point;
const ORDER = ristretto255.Point.Fn.ORDER;
/** Digits of all ones, of halves, and of what carries from window to window. */
const EDGES = [
  ...[0n, 1n, 2n, 7n, 8n, 9n, 15n, 16n, 127n, 128n, 129n, 255n, 256n, 136n],
  ...[ORDER - 1n, ORDER - 2n, (ORDER - 1n) / 2n, 2n ** 252n, 2n ** 252n - 1n, 2n ** 251n],
  ...[0x88n, 0x89n, 0x80n, 0x81n, 0x7fn].map((byte) => byte * ((2n ** 248n - 1n) / 255n)),
];

function randomScalar(): bigint {
  return bytesToNumberLE(crypto.getRandomValues(new Uint8Array(48))) % ORDER;
}

/** `x · B + y · secret · B` as noble has it. */
function expectedSum(x: bigint, y: bigint, secret: bigint): string {
  return bytesToHex(ristretto255.Point.BASE.multiplyUnsafe((x + y * secret) % ORDER).toBytes());
}

for (const windowBits of [4, 8] as const) {
  test(`sums by windows of ${windowBits} bits are noble's, at the edges and anywhere`, () => {
    const sum = new PointSum();
    const secret = randomScalar();
    const base = sum.multiplesOf(BASE.toAffine(), windowBits);
    const other = sum.multiplesOf(BASE.multiplyUnsafe(secret).toAffine(), 4);
    const randoms = Array.from({ length: 50 }, () => [randomScalar(), randomScalar()]);
    const edges = EDGES.flatMap((x) => [[x, 0n], [0n, x], [x, x], [x, ORDER - 1n]]);
    for (const [x, y] of [...edges, ...randoms]) {
      sum.clear();
      sum.add(base, x);
      sum.add(other, y);
      assert.equal(bytesToHex(sum.toBytes()), expectedSum(x, y, secret), `${x}, ${y}`);
    }
  });
}

test("multiples of the generator are those of RFC 9496", () => {
  const sum = new PointSum();
  const base = sum.multiplesOf(BASE.toAffine(), 8);
  const vectors = [
    "00".repeat(32),
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
  ];
  for (const [scalar, expected] of vectors.entries()) {
    sum.clear();
    sum.add(base, BigInt(scalar));
    assert.equal(bytesToHex(sum.toBytes()), expected);
  }
});

test("a point and its opposite add up to nothing", () => {
  const sum = new PointSum();
  const point = BASE.multiplyUnsafe(randomScalar());
  const [plus, minus] = [point, point.negate()].map((each) => sum.multiplesOf(each.toAffine(), 4));
  const scalar = randomScalar();
  sum.clear();
  sum.add(plus, scalar);
  sum.add(minus, scalar);
  assert.equal(bytesToHex(sum.toBytes()), "00".repeat(32));
});

test("the points that Ristretto takes for one have the same bytes", () => {
  const sum = new PointSum();
  const point = BASE.multiplyUnsafe(randomScalar());
  const quarter = ed25519.Point.fromAffine({ x: ed25519.Point.Fp.sqrt(P - 1n), y: 0n });
  const seen = new Set<string>();
  for (let turn = 0, same = point; turn < 4; turn++, same = same.add(quarter)) {
    sum.clear();
    sum.add(sum.multiplesOf(same.toAffine(), 4), 1n);
    seen.add(bytesToHex(sum.toBytes()));
  }
  assert.lengthOf([...seen], 1);
});

test("multiples take the place of others, and nothing of those is left", () => {
  const sum = new PointSum();
  const first = sum.multiplesOf(BASE.multiplyUnsafe(randomScalar()).toAffine(), 4);
  const [secret, scalar] = [randomScalar(), randomScalar()];
  const second = sum.multiplesOf(BASE.multiplyUnsafe(secret).toAffine(), 4, first);
  assert.equal(second.at, first.at);
  sum.clear();
  sum.add(second, scalar);
  assert.equal(bytesToHex(sum.toBytes()), expectedSum(0n, scalar, secret));
});

test("many points' multiples do not touch each other", () => {
  const sum = new PointSum();
  const points = Array.from({ length: 20 }, () => {
    const secret = randomScalar();
    return { secret, multiples: sum.multiplesOf(BASE.multiplyUnsafe(secret).toAffine(), 4) };
  });
  for (const { secret, multiples } of points) {
    sum.clear();
    sum.add(multiples, 3n);
    assert.equal(bytesToHex(sum.toBytes()), expectedSum(0n, 3n, secret));
  }
});
