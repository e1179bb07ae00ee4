/**
 * Searches on a GPU: one kernel per algorithm, bound to the tables of a plan.
 *
 * @module
 */
import blake2bSource from "../../shaders/blake2b.wgsl" with { type: "text" };
import u32Source from "../../shaders/blake2b_u32.wgsl" with { type: "text" };
import u64Source from "../../shaders/blake2b_u64.wgsl" with { type: "text" };
import candidatesSource from "../../shaders/candidates.wgsl" with { type: "text" };
import sha256Source from "../../shaders/sha256.wgsl" with { type: "text" };
import compressSource from "../../shaders/sha256_compress.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { type Binding, gridOf, type Kernel, read, readWrite, uniform } from "../gpu/kernel.ts";
import { Launcher } from "../gpu/launcher.ts";
import { createTensor, type Tensor, writeTensor } from "../gpu/tensor.ts";
import { LossOf } from "./device_loss.ts";
import { typicalPlan } from "./measure_rate.ts";
import type { Search, SearchEngine, Suspect } from "./search_engine.ts";
import { groupMessage, MAX_INNER, type SearchPlan, type Slice } from "./search_plan.ts";

/** The kernels a GPU can run. */
export type GpuVariant = "u64" | "u32";

const BLAKE2B: Readonly<Record<GpuVariant, Kernel>> = {
  u64: kernel("blake2b, u64", u64Source, blake2bSource),
  u32: kernel("blake2b, u32", u32Source, blake2bSource),
};
const SHA256 = kernel("sha256", compressSource, sha256Source);
/**
 * A software adapter divides one vector lane after another, so that a long inner table, for which an
 * index is decoded once, gains some percent there; small workgroups then let its threads end
 * together. On a GPU long tables would leave too few invocations for short keyspaces.
 */
const SHAPES = {
  hardware: { workgroup: 64, leastInner: 50 },
  software: { workgroup: 16, leastInner: 500 },
};
/** Messages are told apart in steps of this length: 7 to 12 characters and a salt of 16 are one. */
const STEP_BYTES = 32;
/** The count, and room for that many outer indices; a slice has one by chance in 2^32 candidates. */
const SUSPECT_WORDS = 64;
/** Words of the parameters: six numbers and two of padding, the message, the digits. */
const PARAMS = { message: 8, digits: 8 + 32, end: 8 + 32 + 4 * 32 };
const INNER_BYTES = 4 * MAX_INNER;
const UNIFORM_AND_COPY_DST = 0x40 | 0x08;
/** Candidates a millisecond: a slow card, two cores. */
const GUESSED_RATE = { hardware: 500_000, software: 20_000 };

/** An engine on a device, which it does not close. */
export function openGpuEngine(gpu: Gpu, variant: GpuVariant): SearchEngine {
  const lost = new LossOf(gpu);
  const { leastInner } = shapeOf(gpu);
  return {
    variant,
    deviceName: gpu.adapterName,
    slicesInFlight: 2,
    leastInner,
    guessedRate: gpu.isSoftware ? GUESSED_RATE.software : GUESSED_RATE.hardware,
    async warmUp(algorithm): Promise<void> {
      const plan = typicalPlan(algorithm, leastInner);
      const search = await GpuSearch.start(gpu, variant, plan, lost);
      // Drivers compile when a pipeline first runs.
      await search.run({ group: 0n, first: 0, count: 1 });
      search.end();
    },
    start: (plan): Promise<GpuSearch> => GpuSearch.start(gpu, variant, plan, lost),
    close: (): void => {},
  };
}

/** What a plan needs on the device. */
class GpuSearch implements Search {
  private constructor(
    readonly gpu: Gpu,
    readonly plan: SearchPlan,
    readonly launcher: Launcher,
    readonly suspects: Tensor,
    readonly buffers: readonly GPUBuffer[],
    readonly charsetStarts: readonly number[],
    readonly lost: LossOf,
  ) {}

  static async start(
    gpu: Gpu,
    variant: GpuVariant,
    plan: SearchPlan,
    lost: LossOf,
  ): Promise<GpuSearch> {
    const { words, starts } = joinCharsets(plan);
    const charsets = wordTensor(gpu, "charsets", words);
    const inner = createInner(gpu, plan);
    const suspects = createTensor(gpu, "suspects", "u32", 1, SUSPECT_WORDS);
    const buffers = [charsets, suspects].map((tensor) => tensor.parts[0].buffer).concat(
      inner.buffer,
    );
    try {
      const launcher = await Launcher.prepare(gpu, {
        ...kernelOf(plan, variant, shapeOf(gpu).workgroup),
        label: `${plan.algorithm} search`,
        bindings: [read(charsets.parts[0]), uniform(inner), readWrite(suspects.parts[0])],
      }, 4 * PARAMS.end);
      return new GpuSearch(gpu, plan, launcher, suspects, buffers, starts, lost);
    } catch (error) {
      // On a lost device nothing compiles, and the error does not say why: a read tells.
      const probe = lost.guard(gpu.readback.read(suspects.parts));
      for (const buffer of buffers) gpu.destroyBuffer(buffer);
      await probe;
      throw error;
    }
  }

  run(slice: Slice): Promise<Suspect[]> {
    const [suspects] = this.suspects.parts;
    this.launcher.run(
      this.#params(slice),
      gridOf(slice.count, shapeOf(this.gpu).workgroup),
      suspects.buffer,
    );
    return this.lost.guard(this.#suspects(this.gpu.readback.read([suspects])));
  }

  end(): void {
    this.launcher.destroy();
    for (const buffer of this.buffers) this.gpu.destroyBuffer(buffer);
  }

  #params({ group, first, count }: Slice): Uint32Array<ArrayBuffer> {
    const { plan } = this;
    const words = new Uint32Array(PARAMS.end);
    words.set([first, count, plan.inner.length, plan.low.length, plan.targetWord]);
    words[5] = plan.messageBytes;
    words.set(groupMessage(plan, group), PARAMS.message);
    plan.low.forEach(({ word, shift, charset }, index) => {
      const digit = [word, shift, this.charsetStarts[index], charset.length];
      words.set(digit, PARAMS.digits + 4 * index);
    });
    return words;
  }

  async #suspects(reading: Promise<Uint8Array<ArrayBuffer>[]>): Promise<Suspect[]> {
    const [bytes] = await reading;
    const [count, ...outer] = new Uint32Array(bytes.buffer, bytes.byteOffset, SUSPECT_WORDS);
    if (count > outer.length) throw new Error(`${count} suspects in one slice, at most by mistake`);
    const innerCount = this.plan.inner.length;
    return outer.slice(0, count).map((each) => ({ outer: each, innerFirst: 0, innerCount }));
  }
}

function shapeOf({ isSoftware }: Gpu): { workgroup: number; leastInner: number } {
  return isSoftware ? SHAPES.software : SHAPES.hardware;
}

function kernel(name: string, ...sources: string[]): Kernel {
  return { name, source: [candidatesSource, ...sources].join("\n") };
}

function kernelOf(
  plan: SearchPlan,
  variant: GpuVariant,
  WORKGROUP: number,
): { kernel: Kernel; constants: Record<string, number> } {
  const constants = { WORKGROUP, INNER_WORD: plan.innerWord };
  if (plan.algorithm === "sha256") {
    // One more byte for the bit that ends the message.
    const WORDS = wordsInUse(plan.messageBytes + 1, 4);
    return { kernel: SHA256, constants: { ...constants, BLOCKS: plan.message.length / 16, WORDS } };
  }
  const WORDS = wordsInUse(plan.messageBytes, 8);
  return { kernel: BLAKE2B[variant], constants: { ...constants, WORDS } };
}

/** Words that hold the bytes, rounded up so that few pipelines serve all lengths. */
function wordsInUse(bytes: number, wordBytes: number): number {
  return Math.ceil(bytes / STEP_BYTES) * STEP_BYTES / wordBytes;
}

/** The charsets of the low digits one after another, each once, and where each digit's starts. */
function joinCharsets({ low }: SearchPlan): { words: number[]; starts: number[] } {
  const known = new Map<string, number>();
  const words: number[] = [];
  const starts = low.map(({ charset }) => {
    const key = charset.join();
    const start = known.get(key) ?? words.length;
    if (start === words.length) words.push(...charset);
    known.set(key, start);
    return start;
  });
  return { words, starts };
}

/** The inner table; the shader names its size, which is the largest that every adapter binds. */
function createInner(gpu: Gpu, { inner }: SearchPlan): Binding["part"] {
  const buffer = gpu.createBuffer("inner characters", INNER_BYTES, UNIFORM_AND_COPY_DST);
  gpu.device.queue.writeBuffer(buffer, 0, inner);
  return { buffer, offsetBytes: 0, sizeBytes: INNER_BYTES };
}

/** A tensor of one row; a plan of few characters may have nothing to bind, which WebGPU forbids. */
function wordTensor(gpu: Gpu, label: string, words: ArrayLike<number>): Tensor {
  const tensor = createTensor(gpu, label, "u32", 1, Math.max(1, words.length));
  if (words.length > 0) writeTensor(gpu, tensor, Uint32Array.from(words));
  return tensor;
}
