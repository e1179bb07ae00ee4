/**
 * What a contender of the benchmark must offer: one f32 matrix product, prepared once, run many times on
 * the GPU, and read back to be checked.
 *
 * @module
 */

/**
 * The product y = op(a) op(b), all f32 and row-major; y is (M, N), op transposes where told.
 * a is (M, K), or (K, M) with `transposeA`; b is (K, N), or (N, K) with `transposeB`.
 * So x Wᵀ has `transposeB`, dyᵀ x has `transposeA`, dy W has neither.
 */
export interface ProductShape {
  M: number;
  N: number;
  K: number;
  transposeA: boolean;
  transposeB: boolean;
}

/** One product whose operands lie on the GPU and whose kernel is compiled. */
export interface PreparedProduct {
  /** Queues `times` products (at least 1) and waits until the GPU has finished the last. */
  run(times: number): Promise<void>;
  /** Copies the latest product, (M, N) f32, to the host. Right after `prepare` there is one too. */
  read(): Promise<Float32Array>;
  /** Frees what this product holds on the GPU. It cannot be used afterwards. */
  dispose(): void;
}

/** A library that multiplies matrices over WebGPU. */
export interface MatmulPeer {
  /** The name it has on npm. */
  name: string;
  /** The version in use. */
  version: string;
  /** The adapter it runs on, as the adapter calls itself. */
  adapter: string;
  /**
   * Uploads a and b and runs one product, so that `run` compiles nothing.
   *
   * @throws {RangeError} If a dimension is not a positive integer or an operand has the wrong size.
   */
  prepare(shape: ProductShape, a: Float32Array, b: Float32Array): Promise<PreparedProduct>;
}

/** A library that cannot take part, and the reason in one line. */
export interface AbsentPeer {
  name: string;
  why: string;
}

/** The libraries that run here and those that don't. */
export interface Peers {
  peers: MatmulPeer[];
  absent: AbsentPeer[];
}

/** Rows and columns of a matrix as it lies in memory. */
export type Dims = [rows: number, columns: number];

/**
 * The stored dimensions of a and b.
 *
 * @throws {RangeError} If a dimension is not a positive integer or an operand has the wrong size.
 */
export function operandDims(
  shape: ProductShape,
  a: Float32Array,
  b: Float32Array,
): { a: Dims; b: Dims } {
  const { M, N, K, transposeA, transposeB } = shape;
  for (const [name, size] of Object.entries({ M, N, K })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`${name} is ${size}, expected a positive integer`);
    }
  }
  if (a.length !== M * K) throw new RangeError(`a has ${a.length} values, expected ${M * K}`);
  if (b.length !== K * N) throw new RangeError(`b has ${b.length} values, expected ${K * N}`);
  return { a: transposeA ? [K, M] : [M, K], b: transposeB ? [N, K] : [K, N] };
}

/**
 * Checks how often a product is to run.
 *
 * @throws {RangeError} If `times` is not a positive integer.
 */
export function checkTimes(times: number): void {
  if (!Number.isInteger(times) || times < 1) {
    throw new RangeError(`times is ${times}, expected a positive integer`);
  }
}
