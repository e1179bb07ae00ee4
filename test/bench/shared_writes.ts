/**
 * Lets WebAssembly with threads write to Dawn's buffers.
 *
 * @module
 */

/**
 * Copies shared memory before it is handed to `writeBuffer`. Dawn's Node binding (npm `webgpu`
 * 0.6.2) ends the process with a segmentation fault on a view of a SharedArrayBuffer, which is what
 * ONNX Runtime Web 1.30 passes. Without it that peer cannot run on Dawn; to be deleted once the
 * binding takes such views.
 *
 * @param queue the prototype of `GPUQueue`
 */
export function copySharedWrites(queue: Pick<GPUQueue, "writeBuffer">): void {
  queue.writeBuffer = new Proxy(queue.writeBuffer, {
    apply: (write, self, args: unknown[]) => Reflect.apply(write, self, args.map(unshared)),
  });
}

function unshared(value: unknown): unknown {
  const isShared = value instanceof Uint8Array && value.buffer instanceof SharedArrayBuffer;
  return isShared ? new Uint8Array(value) : value;
}
