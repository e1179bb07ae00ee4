/**
 * Opens the engine that tries nonces the fastest on this machine's GPU.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import { type Gpu, openGpu } from "../gpu/gpu.ts";
import type { Host } from "../host.ts";
import {
  openGpuSealEngine,
  promisingSealVariants,
  runnableSealVariants,
} from "./gpu_seal_engine.ts";
import type { SealBatch, SealEngine, SealVariant } from "./seal_engine.ts";

/** What a search for seals needs of its host. */
export type SealHost = Pick<Host, "clock" | "log" | "webgpu">;

/** An engine with the device under it. */
export interface OpenSealEngine {
  readonly engine: SealEngine;
  /** Nonces a millisecond to expect. */
  readonly rate: number;
  /** Frees engine and device. */
  close(): void;
}

/** A run this long is measured to some percent, although hosts look for its end every 10 ms. */
const LEAST_MS = 150;
/** The longest batch there is. */
const MAX_COUNT = 2 ** 31;
/** One seal in 2^32 is a suspect; which of them hardly matters. */
const MEASURED: Omit<SealBatch, "count"> = {
  boundHash: new Uint8Array(32),
  endianness: "little",
  limitWord: 0,
  first: 0n,
};

/**
 * Opens the host's GPU with one variant, or with the fastest of those that promise to be it, by
 * measuring.
 *
 * @throws {WeftError} if there is no adapter, or it cannot run the variant that was asked for
 */
export async function openSealEngine(
  host: SealHost,
  variant?: SealVariant,
): Promise<OpenSealEngine> {
  const gpu = await openGpu(await host.webgpu());
  try {
    const variants = variant === undefined
      ? promisingSealVariants(gpu)
      : [checkedVariant(gpu, variant)];
    const engines = variants.map((each) => openGpuSealEngine(gpu, each));
    const { engine, rate } = await fastestSealEngine(engines, host);
    for (const other of engines) if (other !== engine) other.close();
    const close = (): void => {
      engine.close();
      gpu.close();
    };
    return { engine, rate, close };
  } catch (error) {
    gpu.close();
    throw error;
  }
}

/** Nonces a millisecond, from one run of at least 150 ms after those that warm up. */
export async function measureSealRate(engine: SealEngine, nowMs: () => number): Promise<number> {
  await engine.warmUp(MEASURED.endianness);
  for (let count = 256;;) {
    const startMs = nowMs();
    await engine.run({ ...MEASURED, count });
    const tookMs = nowMs() - startMs;
    if (tookMs >= LEAST_MS || count === MAX_COUNT) return count / Math.max(tookMs, 0.001);
    const growth = Math.min(16, Math.max(2, 1.2 * LEAST_MS / Math.max(tookMs, 1)));
    count = Math.min(MAX_COUNT, Math.ceil(count * growth));
  }
}

/** The fastest of some engines, by measuring if there are several. */
export async function fastestSealEngine(
  engines: readonly SealEngine[],
  { clock, log }: Pick<SealHost, "clock" | "log">,
): Promise<Omit<OpenSealEngine, "close">> {
  const [only] = engines;
  if (engines.length === 1) return { engine: only, rate: only.guessedRate };
  log.info(`measuring the kernels for registration by work on ${only.deviceName}`);
  let best = { engine: only, rate: 0 };
  for (const engine of engines) {
    const rate = await measureSealRate(engine, () => clock.nowMs());
    log.debug(`${engine.variant}: ${(rate / 1000).toFixed(1)} million seals a second`);
    if (rate > best.rate) best = { engine, rate };
  }
  return best;
}

function checkedVariant(gpu: Gpu, variant: SealVariant): SealVariant {
  const runnable = runnableSealVariants(gpu);
  if (runnable.includes(variant)) return variant;
  throw new WeftError(
    `the variant ${variant} cannot run on ${gpu.adapterName}, expected one of ` +
      runnable.join(", "),
  );
}
