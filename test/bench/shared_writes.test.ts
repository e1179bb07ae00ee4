import { test } from "#test";
import { assert } from "chai";
import { copySharedWrites } from "./shared_writes.ts";

/** A queue that keeps what it was asked to write. */
function fakeQueue(): { queue: Pick<GPUQueue, "writeBuffer">; written: unknown[][] } {
  const written: unknown[][] = [];
  return { queue: { writeBuffer: (...args) => void written.push(args) }, written };
}

// The queue above does not look at its buffer.
const BUFFER = {} as GPUBuffer;

test("copySharedWrites() hands on a copy of a view of shared memory, and its range", () => {
  const { queue, written } = fakeQueue();
  copySharedWrites(queue);
  const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 4);
  shared.set([1, 2, 3, 4]);
  // The type of `writeBuffer` rules shared memory out; what is compiled to WebAssembly does not ask.
  queue.writeBuffer(BUFFER, 16, shared as unknown as Uint8Array<ArrayBuffer>, 1, 2);
  const [[buffer, offset, data, ...range]] = written;
  assert.strictEqual(buffer, BUFFER);
  assert.deepEqual([offset, ...range], [16, 1, 2]);
  assert.deepEqual(data, Uint8Array.of(1, 2, 3, 4));
});

test("copySharedWrites() leaves other memory as it is", () => {
  const { queue, written } = fakeQueue();
  copySharedWrites(queue);
  const data = new Float32Array(4);
  queue.writeBuffer(BUFFER, 0, data);
  assert.strictEqual(written[0][2], data);
});
