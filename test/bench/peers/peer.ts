/**
 * The WebGPU libraries on npm that Weft's matrix products are measured against.
 *
 * @module
 */

import type { AbsentPeer, MatmulPeer, Peers } from "../../../core/bench/train/product.ts";

export type {
  MatmulPeer,
  PreparedProduct,
  ProductShape,
} from "../../../core/bench/train/product.ts";

/** Imported only when asked for: they are development dependencies and slow to load. */
const loaders: [name: string, load: () => Promise<MatmulPeer>][] = [
  ["@jax-js/jax", async () => (await import("./jax_js.ts")).loadJaxJs()],
  ["@tensorflow/tfjs-backend-webgpu", async () => (await import("./tfjs.ts")).loadTfjs()],
  ["onnxruntime-web", async () => (await import("./onnxruntime.ts")).loadOnnxRuntime()],
];

/**
 * Loads every peer. One that is not installed, finds no adapter or fails while starting is listed
 * as absent; this function itself does not throw.
 */
export async function loadPeers(): Promise<Peers> {
  const peers: MatmulPeer[] = [];
  const absent: AbsentPeer[] = [];
  for (const [name, load] of loaders) {
    try {
      peers.push(await load());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      absent.push({ name, why: message.split("\n", 1)[0] });
    }
  }
  return { peers, absent };
}
