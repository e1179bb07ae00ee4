/**
 * Reading buffers back to the host through a pool of mapped buffers, so that a steady loop
 * allocates none.
 *
 * @module
 */
import type { Gpu } from "./gpu.ts";

/** A range of a buffer; offset and size are multiples of four bytes. */
export interface BufferRange {
  buffer: GPUBuffer;
  offsetBytes: number;
  sizeBytes: number;
}

const MAP_READ_AND_COPY_DST = 0x01 | 0x08;
const MODE_READ = 0x01;
/** Above this a buffer is neither rounded up nor kept. */
const LARGE_BYTES = 2 ** 26;

/** Staging buffers by size, taken and returned. */
export class ReadbackPool {
  readonly #free = new Map<number, GPUBuffer[]>();

  constructor(readonly gpu: Gpu) {}

  /**
   * Copies the ranges as they are after all work submitted so far.
   * @returns one copy for each range.
   */
  async read(ranges: readonly BufferRange[]): Promise<Uint8Array<ArrayBuffer>[]> {
    const totalBytes = ranges.reduce((sum, range) => sum + range.sizeBytes, 0);
    const staging = this.#take(totalBytes);
    const encoder = this.gpu.device.createCommandEncoder({ label: "readback" });
    let at = 0;
    for (const { buffer, offsetBytes, sizeBytes } of ranges) {
      encoder.copyBufferToBuffer(buffer, offsetBytes, staging, at, sizeBytes);
      at += sizeBytes;
    }
    this.gpu.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MODE_READ, 0, Math.max(4, totalBytes));
    const bytes = staging.getMappedRange(0, Math.max(4, totalBytes)).slice(0);
    staging.unmap();
    this.#give(staging);
    at = 0;
    return ranges.map(({ sizeBytes }) =>
      new Uint8Array(bytes, (at += sizeBytes) - sizeBytes, sizeBytes)
    );
  }

  /** Small sizes are rounded up to a power of two, so that few buffers serve all. */
  #take(sizeBytes: number): GPUBuffer {
    const size = sizeBytes > LARGE_BYTES
      ? Math.ceil(sizeBytes / 16) * 16
      : Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(1, sizeBytes))));
    return this.#free.get(size)?.pop() ??
      this.gpu.createBuffer("readback", size, MAP_READ_AND_COPY_DST);
  }

  #give(buffer: GPUBuffer): void {
    if (buffer.size > LARGE_BYTES) return this.gpu.destroyBuffer(buffer);
    const free = this.#free.get(buffer.size);
    if (free) free.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }
}
