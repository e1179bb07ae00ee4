/**
 * Tries nonces for a registration by work on a GPU.
 *
 * @module
 */
import keccakSource from "../../shaders/keccak_f1600.wgsl" with { type: "text" };
import u32Source from "../../shaders/keccak_u32.wgsl" with { type: "text" };
import u64Source from "../../shaders/keccak_u64.wgsl" with { type: "text" };
import sealSource from "../../shaders/registration_seal.wgsl" with { type: "text" };
import compressSource from "../../shaders/sha256_compress.wgsl" with { type: "text" };
import type { Gpu } from "../gpu/gpu.ts";
import { gridOf, type Kernel, readWrite } from "../gpu/kernel.ts";
import { Launcher } from "../gpu/launcher.ts";
import { createTensor, destroyTensor, type Tensor } from "../gpu/tensor.ts";
import { LossOf } from "./device_loss.ts";
import { KECCAK_ROUND_CONSTANTS } from "./keccak_graph.ts";
import type { SealEndianness } from "../formats/registration_seal.ts";
import { SEAL_VARIANTS, type SealBatch, type SealEngine, type SealVariant } from "./seal_engine.ts";

const U64: Kernel = kernel("registration seal, u64", u64Source);
const U32: Kernel = kernel("registration seal, u32", u32Source);

const WORKGROUP = 64;
/** Words of the parameters: four numbers, the bound hash, the round constants. */
const PARAMS = { boundHash: 4, roundConstants: 4 + 8, end: 4 + 8 + 4 * 24 };
/** Nonces a millisecond: a slow card, two cores. */
const GUESSED_RATE = { hardware: 100_000, software: 500 };

/** An engine on a device, which it does not close. */
export function openGpuSealEngine(gpu: Gpu, variant: SealVariant): SealEngine {
  return new GpuSealEngine(gpu, variant);
}

/** The variants that a device can run. */
export function runnableSealVariants({ features }: Pick<Gpu, "features">): SealVariant[] {
  return SEAL_VARIANTS.filter((variant) =>
    !variant.startsWith("u64") || features.has("wgpu-shader-int64")
  );
}

/**
 * The variants that may be the fastest on a device. On processors this is known. Lavapipe's 64-bit
 * words with all rounds written out were measured at 1.4 times what pairs or a loop reach there;
 * SwiftShader runs the loop the fastest, and compiles all rounds for five seconds. On a GPU the longer
 * code may or may not fit the instruction cache.
 */
export function promisingSealVariants(
  gpu: Pick<Gpu, "features" | "isSoftware">,
): SealVariant[] {
  const runnable = runnableSealVariants(gpu);
  if (!gpu.isSoftware) return runnable;
  return [runnable.includes("u64") ? "u64" : "u32-looped"];
}

class GpuSealEngine implements SealEngine {
  readonly deviceName: string;
  readonly batchesInFlight = 2;
  readonly guessedRate: number;
  readonly #found: Tensor;
  readonly #launchers = new Map<SealEndianness, Promise<Launcher>>();
  readonly #lost: LossOf;

  constructor(readonly gpu: Gpu, readonly variant: SealVariant) {
    this.deviceName = gpu.adapterName;
    this.guessedRate = gpu.isSoftware ? GUESSED_RATE.software : GUESSED_RATE.hardware;
    this.#lost = new LossOf(gpu);
    this.#found = createTensor(gpu, "found nonce", "u32", 1, 1);
  }

  async warmUp(endianness: SealEndianness): Promise<void> {
    const boundHash = new Uint8Array(32);
    // Drivers compile when a pipeline first runs.
    await this.run({ boundHash, endianness, limitWord: 0, first: 0n, count: 1 });
  }

  async run(batch: SealBatch): Promise<number | undefined> {
    const launcher = await this.#launcher(batch.endianness);
    const [part] = this.#found.parts;
    launcher.run(paramsOf(batch), gridOf(batch.count, WORKGROUP), part.buffer);
    const [bytes] = await this.#lost.guard(this.gpu.readback.read([part]));
    const [beforeEnd] = new Uint32Array(bytes.buffer, bytes.byteOffset, 1);
    return beforeEnd === 0 ? undefined : batch.count - beforeEnd;
  }

  close(): void {
    for (const launcher of this.#launchers.values()) {
      launcher.then((prepared) => prepared.destroy(), () => {});
    }
    this.#launchers.clear();
    destroyTensor(this.gpu, this.#found);
  }

  #launcher(endianness: SealEndianness): Promise<Launcher> {
    let launcher = this.#launchers.get(endianness);
    if (!launcher) {
      launcher = this.#prepare(endianness);
      this.#launchers.set(endianness, launcher);
      launcher.catch(() => this.#launchers.delete(endianness));
    }
    return launcher;
  }

  async #prepare(endianness: SealEndianness): Promise<Launcher> {
    const [part] = this.#found.parts;
    try {
      return await Launcher.prepare(this.gpu, {
        kernel: this.variant.startsWith("u64") ? U64 : U32,
        label: "registration seal",
        constants: {
          WORKGROUP,
          LITTLE_ENDIAN: endianness === "little",
          UNROLLED: !this.variant.endsWith("looped"),
        },
        bindings: [readWrite(part)],
      }, 4 * PARAMS.end);
    } catch (error) {
      // On a lost device nothing compiles, and the error does not say why: a read tells.
      await this.#lost.guard(this.gpu.readback.read([part]));
      throw error;
    }
  }
}

function kernel(name: string, lanesSource: string): Kernel {
  return { name, source: [compressSource, lanesSource, keccakSource, sealSource].join("\n") };
}

function paramsOf({ first, count, limitWord, boundHash }: SealBatch): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(PARAMS.end);
  words.set([Number(first & 0xffffffffn), Number(first >> 32n), count, limitWord]);
  const bytes = new DataView(boundHash.buffer, boundHash.byteOffset);
  for (let i = 0; i < 8; i++) words[PARAMS.boundHash + i] = bytes.getUint32(4 * i);
  KECCAK_ROUND_CONSTANTS.forEach((constant, round) => {
    const halves = [Number(constant & 0xffffffffn), Number(constant >> 32n)];
    words.set(halves, PARAMS.roundConstants + 4 * round);
  });
  return words;
}
