/// <reference lib="dom" />
/**
 * The GPU and the files of a test in a page. Deno maps `#gpu` to `gpu_deno.ts` instead.
 *
 * @module
 */

/**
 * The page's WebGPU.
 *
 * @throws when the browser has no adapter: a GPU test without a GPU fails, it is never skipped
 */
export async function testGpu(): Promise<GPU> {
  if (await navigator.gpu.requestAdapter() === null) {
    throw new Error("the browser finds no WebGPU adapter, not even SwiftShader");
  }
  return navigator.gpu;
}

/**
 * The bytes of a file of the repository, as far as the test server hands it out.
 *
 * @param path relative to the repository's root, e.g. "test/golden/iota-tiny-f32.safetensors"
 */
export async function readFixture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`/${path}`);
  if (!response.ok) throw new Error(`${path}: the test server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
