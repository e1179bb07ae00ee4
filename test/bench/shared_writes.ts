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
  const { writeBuffer } = queue;
  queue.writeBuffer = function (this: GPUQueue, buffer, offset, data, ...range): undefined {
    return writeBuffer.call(this, buffer, offset, unshared(data), ...range);
  };
}

function unshared<Data>(data: Data): Data | Uint8Array<ArrayBuffer> {
  const isShared = data instanceof Uint8Array && data.buffer instanceof SharedArrayBuffer;
  return isShared ? new Uint8Array(data) : data;
}
