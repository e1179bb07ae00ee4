/**
 * How many 32-bit integer operations a second an adapter does at most: measured with a kernel of
 * additions, xors and rotations in the mix of a hash.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { readWrite } from "../../gpu/kernel.ts";
import { Program } from "../../gpu/program.ts";
import { createTensor, destroyTensor, type Tensor } from "../../gpu/tensor.ts";
import { type NowMs, raceMs, timesForRound } from "../timing.ts";
import source from "../../../shaders/integer_bound.wgsl" with { type: "text" };

/** Width of the words that the kernel works on. */
export type WordBits = 32 | 64;

/** Turns of the shader that are written out in its loop. */
const UNROLLED = 16;
/** Runs of that loop; drivers that run on a CPU stop a loop of 2^16. */
const LOOPS = 64;
/** Operations of a turn, on words. */
const TURN_OPERATIONS = 44;
const WORKGROUP = 64;
/** Enough to fill the adapter, and some milliseconds of work. */
const INVOCATIONS = { software: 2 ** 14, hardware: 2 ** 20 };

/**
 * The first word of `out` that the kernel must write for an invocation: the same turns one by one.
 *
 * @param turns as many as the kernel does in all
 */
export function integerBoundWord(invocation: number, turns: number, bits: WordBits): number {
  const word = (value: bigint): bigint => BigInt.asUintN(bits, value);
  const rotateLeft = (x: bigint, by: bigint): bigint => word(x << by) | x >> (BigInt(bits) - by);
  let digest = 0n;
  for (let lane = 1; lane <= 4; lane++) {
    const seed = BigInt(invocation + lane);
    let [a, b, c, d] = [1n, 3n, 5n, 7n].map((factor) => word(seed * factor));
    for (let turn = 0; turn < turns; turn++) {
      [a, b, c, d] = [word(a + b), word(b + c), word(c + d), word(d + a)];
      [a, b, c, d] = [d ^ a, rotateLeft(a ^ c, 7n), rotateLeft(b ^ d, 12n), rotateLeft(c ^ b, 8n)];
    }
    digest ^= a ^ b ^ c ^ d;
  }
  return Number(BigInt.asUintN(32, digest));
}

/** The kernel on a device with the words that are the fastest there. */
export class IntegerBound {
  private constructor(
    readonly gpu: Gpu,
    readonly program: Program,
    readonly out: Tensor,
    readonly bits: WordBits,
    /** Runs that make a round. */
    readonly times: number,
  ) {}

  /**
   * Compiles and checks the kernel for each width of words that the device has.
   *
   * @throws {WeftError} if it computes something else than the CPU
   */
  static async open(gpu: Gpu, rounds: number, nowMs: NowMs): Promise<IntegerBound> {
    const widths: WordBits[] = gpu.features.has("wgpu-shader-int64") ? [32, 64] : [32];
    const all: IntegerBound[] = [];
    for (const bits of widths) all.push(await IntegerBound.#prepare(gpu, bits, nowMs));
    const ms = await raceMs(all, rounds, nowMs);
    const rates = all.map(({ operations }, index) => operations / ms[index]);
    const best = rates.indexOf(Math.max(...rates));
    for (const [index, each] of all.entries()) if (index !== best) each.close();
    return all[best];
  }

  static async #prepare(gpu: Gpu, bits: WordBits, nowMs: NowMs): Promise<IntegerBound> {
    const invocations = gpu.isSoftware ? INVOCATIONS.software : INVOCATIONS.hardware;
    const out = createTensor(gpu, "integer bound", "u32", 1, invocations);
    const name = `integer bound, u${bits}`;
    const head = `alias Word = u${bits};\nconst WORD_BITS = ${bits}u;\n`;
    const program = await Program.prepare(gpu, name, [{
      kernel: { name, source: head + source },
      label: name,
      constants: { WORKGROUP },
      bindings: [readWrite(out.parts[0])],
      params: [LOOPS],
      grid: [invocations / WORKGROUP, 1, 1],
      flops: 0,
      bytes: 4 * invocations,
    }]);
    const bound = new IntegerBound(gpu, program, out, bits, 1);
    await bound.run(1);
    await bound.#check();
    return new IntegerBound(gpu, program, out, bits, await timesForRound(bound.run, nowMs));
  }

  /** 32-bit operations of one run. An operation on 64-bit words counts as two. */
  get operations(): number {
    return this.out.cols * LOOPS * UNROLLED * TURN_OPERATIONS * this.bits / 32;
  }

  /** Runs the kernel and waits. */
  readonly run = async (times: number): Promise<void> => {
    for (let left = times; left > 0; left--) this.program.run();
    await this.gpu.idle();
  };

  close(): void {
    this.program.destroy();
    destroyTensor(this.gpu, this.out);
  }

  async #check(): Promise<void> {
    const [bytes] = await this.gpu.readback.read([this.out.parts[0]]);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, this.out.cols);
    for (const invocation of [0, 1, WORKGROUP, this.out.cols - 1]) {
      const expected = integerBoundWord(invocation, LOOPS * UNROLLED, this.bits);
      if (words[invocation] === expected) continue;
      throw new WeftError(
        `the integer bound's kernel gave ${words[invocation]} for invocation ${invocation}, ` +
          `expected ${expected}: ${this.gpu.adapterName} computes wrongly`,
      );
    }
  }
}
