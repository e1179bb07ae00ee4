/**
 * How many bytes a second an adapter's memory reads and writes, by size: small buffers stay in its
 * caches, the largest does not.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { gridOf, read, readWrite } from "../../gpu/kernel.ts";
import { Program } from "../../gpu/program.ts";
import { TENSOR_USAGE } from "../../gpu/tensor.ts";
import { kernel } from "../../ops/kernels.ts";
import source from "../../../shaders/memory_copy.wgsl" with { type: "text" };
import type { NowMs } from "../timing.ts";
import { repeatedMs } from "./repeated.ts";

const MIB = 2 ** 20;
/** Bytes of a buffer that is copied. */
const SIZES = {
  software: [MIB, 16 * MIB, 64 * MIB],
  hardware: [4 * MIB, 32 * MIB, 256 * MIB],
};
const KERNEL = kernel("memory_copy", source);
const WORKGROUP = 64;
/** Four words, which a thread copies. */
const GROUP_BYTES = 16;
/** Copies submitted at once, so that submitting costs little. */
const PASS_COPIES = 4;
/** Bytes at either end that are compared. */
const CHECKED_BYTES = 64 * 1024;
/** Spreads the numbers of words over all their bits. */
const SCATTER = 2654435761;

/** The rate of one size. */
export interface Bandwidth {
  /** Of the buffer that is read, and of the one that is written. */
  readonly sizeBytes: number;
  /** Read and written together. */
  readonly bytesPerSecond: number;
}

/** The sizes that are measured on an adapter; none is larger than what it binds at once. */
export function bandwidthSizes(gpu: Pick<Gpu, "isSoftware" | "maxBindingBytes">): number[] {
  const sizes = gpu.isSoftware ? SIZES.software : SIZES.hardware;
  return [...new Set(sizes.map((size) => Math.min(size, gpu.maxBindingBytes)))];
}

/**
 * Copies a buffer of the size over and over.
 *
 * @throws {WeftError} if the copy differs
 */
export async function measureBandwidth(
  gpu: Gpu,
  sizeBytes: number,
  rounds: number,
  nowMs: NowMs,
): Promise<Bandwidth> {
  const [from, to] = ["copied", "copy"].map((label) =>
    gpu.createBuffer(label, sizeBytes, TENSOR_USAGE)
  );
  const whole = (buffer: GPUBuffer) => ({ buffer, offsetBytes: 0, sizeBytes });
  const dispatch = {
    kernel: KERNEL,
    label: "copy",
    constants: { WORKGROUP },
    bindings: [read(whole(from)), readWrite(whole(to))],
    params: [sizeBytes / GROUP_BYTES],
    grid: gridOf(sizeBytes / GROUP_BYTES, WORKGROUP),
    flops: 0,
    bytes: 2 * sizeBytes,
  } as const;
  const copies = Array.from({ length: PASS_COPIES }, () => dispatch);
  const program = await Program.prepare(gpu, "copy", copies);
  try {
    fill(gpu, from, sizeBytes);
    program.run();
    await check(gpu, to, sizeBytes);
    const ms = await repeatedMs(program, rounds, nowMs);
    return { sizeBytes, bytesPerSecond: 1000 * PASS_COPIES * dispatch.bytes / ms };
  } finally {
    program.destroy();
    for (const buffer of [from, to]) gpu.destroyBuffer(buffer);
  }
}

/** What stands at a word of the buffer. */
function wordAt(index: number): number {
  return Math.imul(index, SCATTER) >>> 0;
}

function fill(gpu: Gpu, buffer: GPUBuffer, sizeBytes: number): void {
  const words = new Uint32Array(Math.min(sizeBytes, MIB) / 4);
  for (let offset = 0; offset < sizeBytes; offset += words.byteLength) {
    for (let i = 0; i < words.length; i++) words[i] = wordAt(offset / 4 + i);
    const length = Math.min(words.length, (sizeBytes - offset) / 4);
    gpu.device.queue.writeBuffer(buffer, offset, words, 0, length);
  }
}

async function check(gpu: Gpu, buffer: GPUBuffer, sizeBytes: number): Promise<void> {
  const length = Math.min(CHECKED_BYTES, sizeBytes);
  for (const offsetBytes of [0, sizeBytes - length]) {
    const [bytes] = await gpu.readback.read([{ buffer, offsetBytes, sizeBytes: length }]);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, length / 4);
    const wrong = words.findIndex((word, index) => word !== wordAt(offsetBytes / 4 + index));
    if (wrong < 0) continue;
    throw new WeftError(
      `a copy of ${sizeBytes} bytes differs at byte ${offsetBytes + 4 * wrong}: ` +
        `${gpu.adapterName} computes wrongly`,
    );
  }
}
