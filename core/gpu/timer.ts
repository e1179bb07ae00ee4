/**
 * GPU time per program through timestamp queries, summed by label. Without the feature the timer
 * measures nothing and says so.
 *
 * @module
 */
import type { Gpu } from "./gpu.ts";

const QUERY_RESOLVE_AND_COPY_SRC = 0x0200 | 0x04;
const BYTES_PER_QUERY = 8;

/** Hands out pairs of timestamps for compute passes and adds up what they measured. */
export class PassTimer {
  readonly #queries: GPUQuerySet | undefined;
  readonly #resolved: GPUBuffer | undefined;
  #labels: string[] = [];

  /** @param capacity passes that can be timed between two calls of `collect` */
  constructor(readonly gpu: Gpu, readonly capacity: number = 256) {
    if (!gpu.features.has("timestamp-query")) return;
    this.#queries = gpu.device.createQuerySet({ type: "timestamp", count: capacity * 2 });
    this.#resolved = gpu.createBuffer(
      "timestamps",
      capacity * 2 * BYTES_PER_QUERY,
      QUERY_RESOLVE_AND_COPY_SRC,
    );
  }

  /** Whether the adapter grants timestamps. */
  get available(): boolean {
    return this.#queries !== undefined;
  }

  /** The pass descriptor's part that times the next pass; nothing once the capacity is used. */
  begin(label: string): Pick<GPUComputePassDescriptor, "timestampWrites"> {
    if (!this.#queries || this.#labels.length === this.capacity) return {};
    const first = this.#labels.push(label) * 2 - 2;
    return {
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      },
    };
  }

  /** Milliseconds of GPU time by label since the last call; waits for the passes to end. */
  async collect(): Promise<Map<string, number>> {
    const labels = this.#labels;
    this.#labels = [];
    const totals = new Map<string, number>();
    if (!this.#queries || !this.#resolved || labels.length === 0) return totals;
    const encoder = this.gpu.device.createCommandEncoder({ label: "timestamps" });
    encoder.resolveQuerySet(this.#queries, 0, labels.length * 2, this.#resolved, 0);
    this.gpu.device.queue.submit([encoder.finish()]);
    const [bytes] = await this.gpu.readback.read([{
      buffer: this.#resolved,
      offsetBytes: 0,
      sizeBytes: labels.length * 2 * BYTES_PER_QUERY,
    }]);
    const stamps = new BigUint64Array(bytes.buffer, bytes.byteOffset, labels.length * 2);
    labels.forEach((label, index) => {
      // WebGPU allows clocks that jump back.
      const nanoseconds = Math.max(0, Number(stamps[index * 2 + 1] - stamps[index * 2]));
      totals.set(label, (totals.get(label) ?? 0) + nanoseconds / 1e6);
    });
    return totals;
  }

  /** Frees the queries. */
  destroy(): void {
    this.#queries?.destroy();
    if (this.#resolved) this.gpu.destroyBuffer(this.#resolved);
  }
}
