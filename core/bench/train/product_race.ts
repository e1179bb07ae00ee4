/**
 * Weft's matrix products and those of the peers, taking turns on the same adapter.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import type { AbsentPeer, MatmulPeer, PreparedProduct, ProductShape } from "./product.ts";
import { type NowMs, raceMs, timesForRound } from "../timing.ts";
import type { StepProduct } from "./ops.ts";
import { operandsOf, wrongProduct } from "./product_check.ts";

/** Who takes part. */
export interface Contenders {
  /** Weft's own variants: one that fails ends the benchmark. */
  ours: readonly MatmulPeer[];
  /** Others: one that fails is left out of that product. */
  peers: readonly MatmulPeer[];
}

/** Times of one product. */
export interface ProductTimes {
  product: StepProduct;
  /** Median milliseconds of one product by contender; a peer that failed has none. */
  ms: ReadonlyMap<string, number>;
  failed: readonly AbsentPeer[];
}

/** Square products, as other benchmarks have them. */
export function cubes(sides: readonly number[]): StepProduct[] {
  return sides.map((side) => ({
    labels: ["cube"],
    shape: { M: side, N: side, K: side, transposeA: false, transposeB: true },
    perStep: 0,
  }));
}

/** Floating point operations of one product. */
export function productFlops({ M, N, K }: ProductShape): number {
  return 2 * M * N * K;
}

/**
 * Computes a product once by each.
 *
 * @throws {WeftError} if one is wrong, with the place
 */
export async function checkProduct(
  contenders: readonly MatmulPeer[],
  { shape }: StepProduct,
): Promise<void> {
  for (const contender of contenders) (await prepareChecked(contender, shape)).dispose();
}

/**
 * Times one product by everyone, after another look at the answers.
 *
 * @throws {WeftError} if ours is wrong
 */
export async function raceProduct(
  { ours, peers }: Contenders,
  product: StepProduct,
  rounds: number,
  nowMs: NowMs,
): Promise<ProductTimes> {
  const runners = new Map<string, { prepared: PreparedProduct; times: number }>();
  const failed: AbsentPeer[] = [];
  for (const contender of [...ours, ...peers]) {
    try {
      const prepared = await prepareChecked(contender, product.shape);
      const times = await timesForRound(prepared.run, nowMs);
      runners.set(contender.name, { prepared, times });
    } catch (error) {
      if (ours.includes(contender)) throw error;
      failed.push({ name: contender.name, why: firstLine(error) });
    }
  }
  const entries = [...runners.values()].map(({ prepared, times }) => ({
    run: prepared.run,
    times,
  }));
  const ms = await raceMs(entries, rounds, nowMs);
  for (const { prepared } of runners.values()) prepared.dispose();
  return { product, ms: new Map([...runners.keys()].map((name, at) => [name, ms[at]])), failed };
}

async function prepareChecked(
  contender: MatmulPeer,
  shape: ProductShape,
): Promise<PreparedProduct> {
  const operands = operandsOf(shape);
  const prepared = await contender.prepare(shape, operands.a, operands.b);
  const wrong = wrongProduct(shape, operands, await prepared.read());
  if (wrong === undefined) return prepared;
  prepared.dispose();
  const { M, N, K, transposeA, transposeB } = shape;
  const form = `${transposeA ? "aᵀ" : "a"} ${transposeB ? "bᵀ" : "b"}`;
  throw new WeftError(`${contender.name}: the product ${form}, ${M}x${N}x${K}, is wrong: ${wrong}`);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0];
}
