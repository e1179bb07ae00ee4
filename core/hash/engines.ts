/**
 * Which engine answers: the adapter's fastest variant, found by measuring once and remembered.
 *
 * @module
 */
import * as v from "valibot";
import { WeftError } from "../errors.ts";
import { type Gpu, openGpu } from "../gpu/gpu.ts";
import type { Host, Threads } from "../host.ts";
import { type GpuVariant, openGpuEngine } from "./gpu_engine.ts";
import { measureRate } from "./measure_rate.ts";
import type { Algorithm } from "./modes.ts";
import { EngineLostError, type SearchEngine, type Variant, VARIANTS } from "./search_engine.ts";
import { openWasmEngine } from "./wasm/engine.ts";

/** What an engine needs of its host. */
export type EngineHost = Pick<Host, "clock" | "log" | "storage" | "threads" | "webgpu">;

/** How engines are opened. */
export interface EngineOpeners {
  gpu(gpu: Gpu, variant: GpuVariant): SearchEngine;
  wasm(threads: Threads): SearchEngine;
}

/** What a solver needs of {@linkcode Engines}. */
export type EngineSource = Pick<Engines, "engineFor" | "rateOf" | "discard" | "close">;

const OPENERS: EngineOpeners = { gpu: openGpuEngine, wasm: openWasmEngine };

/** Log of the host's storage that keeps what was measured. */
const MEASURED = "hash_variants.jsonl";

const MeasuredSchema = v.object({
  /** The adapter's name, its implementation and the machine's cores. */
  device: v.string(),
  algorithm: v.picklist(["blake2b", "sha256"]),
  variant: v.picklist(VARIANTS),
  /** Candidates a millisecond. */
  rate: v.pipe(v.number(), v.finite(), v.gtValue(0)),
});

type Measured = v.InferOutput<typeof MeasuredSchema>;

interface Chosen {
  readonly engine: SearchEngine;
  readonly rate: number;
}

/** Opens engines and keeps them. */
export class Engines {
  readonly #chosen = new Map<Algorithm, Promise<Chosen>>();
  readonly #rates = new Map<Algorithm, number>();
  readonly #gpuOf = new WeakMap<SearchEngine, Gpu>();
  #gpu: Promise<Gpu | undefined> | undefined;
  /** What `#gpu` resolved to. */
  #opened: Gpu | undefined;
  #wasm: SearchEngine | undefined;

  /** @param variant the one to use; undefined to measure */
  constructor(
    readonly host: EngineHost,
    readonly variant?: Variant,
    readonly openers: EngineOpeners = OPENERS,
  ) {}

  /**
   * The engine for an algorithm, opened and if need be measured now.
   * @throws {WeftError} if there is no adapter and the host has no threads either, or the variant
   *   that was asked for cannot run here
   */
  async engineFor(algorithm: Algorithm): Promise<SearchEngine> {
    let chosen = this.#chosen.get(algorithm);
    if (!chosen) {
      const choice = this.#choose(algorithm);
      chosen = choice;
      this.#chosen.set(algorithm, choice);
      choice.catch(() => {
        if (this.#chosen.get(algorithm) === choice) this.#chosen.delete(algorithm);
      });
    }
    const { engine, rate } = await chosen;
    this.#rates.set(algorithm, rate);
    return engine;
  }

  /** Candidates a millisecond to expect of the engine that was opened for an algorithm. */
  rateOf(algorithm: Algorithm): number {
    return this.#rates.get(algorithm) ?? 1;
  }

  /**
   * Forgets an engine that was lost, and with it all engines on its device; the next one is opened
   * anew.
   * @returns whether it was in use still: several jobs may tell of one loss
   */
  discard(engine: SearchEngine): boolean {
    if (engine === this.#wasm) this.#wasm = undefined;
    else if (this.#opened && this.#opened === this.#gpuOf.get(engine)) {
      this.#gpu = undefined;
      this.#opened = undefined;
    } else return false;
    engine.close();
    this.#chosen.clear();
    return true;
  }

  /** Frees the device and the threads. */
  async close(): Promise<void> {
    // What is being opened now would otherwise stay open.
    await Promise.allSettled(this.#chosen.values());
    this.#chosen.clear();
    this.#wasm?.close();
    this.#wasm = undefined;
    this.#opened?.close();
    this.#opened = undefined;
    this.#gpu = undefined;
  }

  async #choose(algorithm: Algorithm): Promise<Chosen> {
    const gpu = this.variant === "wasm" ? undefined : await this.#openGpu();
    const engines = this.#candidates(algorithm, gpu);
    const [only] = engines;
    if (engines.length === 1) return { engine: only, rate: only.guessedRate };
    const device = this.#deviceKey(gpu);
    const known = await this.#recall(device, algorithm);
    const remembered = engines.find(({ variant }) => variant === known?.variant);
    if (known && remembered) return { engine: remembered, rate: known.rate };
    return await this.#measure(engines, device, algorithm);
  }

  /** The engines that may be the fastest here. */
  #candidates(algorithm: Algorithm, gpu: Gpu | undefined): SearchEngine[] {
    if (this.variant === "wasm") return [this.#openWasm()];
    const variants = gpu ? gpuVariants(gpu, algorithm) : [];
    if (this.variant !== undefined) {
      const wanted = variants.find((variant) => variant === this.variant);
      if (gpu && wanted) return [this.#openOn(gpu, wanted)];
      throw new WeftError(
        `the variant ${this.variant} cannot run on ${
          gpu?.adapterName ?? "a machine without GPU"
        }, ` +
          `expected one of ${[...variants, "wasm"].join(", ")}`,
      );
    }
    if (!gpu || isSwiftShader(gpu)) {
      if (this.host.threads) return [this.#openWasm()];
    }
    if (!gpu) throw new WeftError("there is neither a GPU nor a thread to search with");
    const engines = variants.map((variant) => this.#openOn(gpu, variant));
    return gpu.isSoftware && this.host.threads ? [...engines, this.#openWasm()] : engines;
  }

  async #measure(
    engines: readonly SearchEngine[],
    device: string,
    algorithm: Algorithm,
  ): Promise<Chosen> {
    const { clock, log, storage } = this.host;
    log.info(`measuring the ${algorithm} kernels on ${device}, once`);
    let best: Chosen | undefined;
    for (const engine of engines) {
      const rate = await measureRate(engine, algorithm, () => clock.nowMs()).catch((error) => {
        if (error instanceof EngineLostError) this.discard(engine);
        throw error;
      });
      log.debug(`${engine.variant}: ${(rate / 1000).toFixed(1)} MH/s`);
      if (!best || rate > best.rate) best = { engine, rate };
    }
    if (!best) throw new WeftError("no kernel was measured");
    const measured: Measured = { device, algorithm, variant: best.engine.variant, rate: best.rate };
    await storage.appendRecord(MEASURED, measured);
    return best;
  }

  async #recall(device: string, algorithm: Algorithm): Promise<Measured | undefined> {
    const records = await this.host.storage.readRecords(MEASURED);
    return records.flatMap((record) => {
      const parsed = v.safeParse(MeasuredSchema, record);
      return parsed.success ? [parsed.output] : [];
    }).findLast((record) => record.device === device && record.algorithm === algorithm);
  }

  #deviceKey(gpu: Gpu | undefined): string {
    const cores = this.host.threads?.count ?? 0;
    return `${gpu ? `${gpu.adapterName} (${gpu.backend})` : "no GPU"}, ${cores} cores`;
  }

  #openOn(gpu: Gpu, variant: GpuVariant): SearchEngine {
    const engine = this.openers.gpu(gpu, variant);
    this.#gpuOf.set(engine, gpu);
    return engine;
  }

  #openWasm(): SearchEngine {
    if (!this.host.threads) {
      throw new WeftError("the variant wasm needs threads, and this platform offers none");
    }
    return this.#wasm ??= this.openers.wasm(this.host.threads);
  }

  #openGpu(): Promise<Gpu | undefined> {
    if (!this.#gpu) {
      this.#gpu = this.#tryGpu();
      this.#gpu.catch(() => this.#gpu = undefined);
    }
    return this.#gpu;
  }

  /** The device, or undefined where there is none and threads can do its work. */
  async #tryGpu(): Promise<Gpu | undefined> {
    try {
      return this.#opened = await openGpu(await this.host.webgpu());
    } catch (error) {
      if (!(error instanceof WeftError) || !this.host.threads) throw error;
      this.host.log.debug(`no GPU: ${error.message}`);
      return undefined;
    }
  }
}

function gpuVariants(gpu: Gpu, algorithm: Algorithm): GpuVariant[] {
  const hasU64 = algorithm === "blake2b" && gpu.features.has("wgpu-shader-int64");
  return hasU64 ? ["u64", "u32"] : ["u32"];
}

/** Its BLAKE2b was measured at a tenth of what WebAssembly does on the same cores. */
function isSwiftShader(gpu: Gpu): boolean {
  return /swiftshader/i.test(gpu.adapterName);
}
