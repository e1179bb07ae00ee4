/**
 * One WebGPU device and what it can do. Hosts hand in the entry point (`navigator.gpu` of Deno or a
 * tab, or Dawn's), so nothing here knows a platform.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import { PipelineCache } from "./pipeline_cache.ts";
import { ReadbackPool } from "./readback.ts";

/** Features Weft uses where an adapter grants them; none is required. */
export const OPTIONAL_FEATURES = [
  "shader-f16",
  "subgroups",
  "timestamp-query",
  "wgpu-shader-int64",
] as const;

/** Limits asked for at the adapter's own maximum and read back from the device. */
const WANTED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** The least that the shaders need: WebGPU's own default limits. */
const LEAST_LIMITS: Partial<Record<(typeof WANTED_LIMITS)[number], number>> = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
};

/** How a host opens a device. */
export interface OpenGpuOptions {
  /** The WebGPU entry point. */
  gpu: GPU;
  /** Who implements it: `wgpu` (Deno), `dawn` (npm `webgpu`) or `browser`. */
  backend: string;
  /** Pretend the adapter binds no more than this many bytes at once, to test splitting. */
  maxBindingBytes?: number;
}

/** Bytes and buffers a device holds at the moment. */
export interface GpuMemory {
  bytes: number;
  buffers: number;
  /** The most bytes held at any time so far. */
  peakBytes: number;
}

/** An open device with its limits, its caches and a count of what it holds. */
export class Gpu {
  readonly pipelines: PipelineCache;
  readonly readback: ReadbackPool;
  readonly memory: GpuMemory = { bytes: 0, buffers: 0, peakBytes: 0 };
  /** Becomes the reason once the device is lost; every later call on it fails. */
  lostBecause: string | undefined;
  #closed = false;

  constructor(
    readonly device: GPUDevice,
    /** Name of the adapter as the driver gives it. */
    readonly adapterName: string,
    readonly backend: string,
    readonly features: ReadonlySet<string>,
    /** Largest range of a buffer that one binding may cover, in bytes. */
    readonly maxBindingBytes: number,
    /** Whether the adapter is the CPU: SwiftShader, lavapipe or another software driver. */
    readonly isSoftware: boolean,
  ) {
    this.pipelines = new PipelineCache(device);
    this.readback = new ReadbackPool(this);
  }

  /** Resolves with the reason when the device is lost, but not when `close` ends it. */
  async whenLost(): Promise<string> {
    const info = await this.device.lost;
    if (this.#closed) return await new Promise<string>(() => {});
    this.lostBecause = info.message || info.reason || "unknown reason";
    return this.lostBecause;
  }

  /**
   * Allocates a buffer and counts it.
   * @throws {WeftError} if the size is over the device's limit.
   */
  createBuffer(label: string, sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = Math.max(16, Math.ceil(sizeBytes / 16) * 16);
    if (size > this.device.limits.maxBufferSize) {
      throw new WeftError(
        `${label} needs a buffer of ${size} bytes, this adapter allows ` +
          `${this.device.limits.maxBufferSize}: choose a smaller model, batch or sequence`,
      );
    }
    const buffer = this.device.createBuffer({ label, size, usage });
    this.memory.bytes += size;
    this.memory.buffers += 1;
    this.memory.peakBytes = Math.max(this.memory.peakBytes, this.memory.bytes);
    return buffer;
  }

  /** Frees a buffer made by `createBuffer`. */
  destroyBuffer(buffer: GPUBuffer): void {
    this.memory.bytes -= buffer.size;
    this.memory.buffers -= 1;
    buffer.destroy();
  }

  /** Resolves when everything submitted so far has run. */
  async idle(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone();
  }

  /** Ends the device and frees all it holds. */
  close(): void {
    this.#closed = true;
    this.device.destroy();
  }
}

/**
 * Opens the best adapter's device with every limit the adapter offers and every optional feature
 * it grants. Features are asked for even where the adapter does not list them, since wgpu grants
 * some (64-bit integers) without listing them.
 * @throws {WeftError} if there is no adapter, or it offers less than the shaders need.
 */
export async function openGpu(options: OpenGpuOptions): Promise<Gpu> {
  const adapter = await requestAdapter(options.gpu);
  const requiredLimits: Record<string, number> = {};
  for (const name of WANTED_LIMITS) {
    const offered = adapter.limits[name];
    const least = LEAST_LIMITS[name] ?? 0;
    if (offered < least) {
      throw new WeftError(
        `the adapter ${nameOf(adapter)} offers ${name} ${offered}, Weft needs ${least}: ` +
          `use another GPU or the software adapter`,
      );
    }
    requiredLimits[name] = offered;
  }
  const features = await grantedFeatures(options.gpu, adapter);
  const device = await (await requestAdapter(options.gpu)).requestDevice({
    requiredFeatures: features,
    requiredLimits,
  });
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const maxBindingBytes = Math.min(
    maxStorageBufferBindingSize,
    maxBufferSize,
    options.maxBindingBytes ?? Infinity,
  );
  return new Gpu(
    device,
    nameOf(adapter),
    options.backend,
    new Set<string>(features),
    Math.floor(maxBindingBytes / 256) * 256,
    isSoftwareAdapter(adapter),
  );
}

async function requestAdapter(gpu: GPU): Promise<GPUAdapter> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) return adapter;
  throw new WeftError(
    "no WebGPU adapter was found, expected a GPU with a Vulkan, Metal or D3D12 driver: " +
      "install the card's driver, or let Weft bring its software adapter (Linux x64)",
  );
}

/** Tries unlisted features one by one: a device that refuses one refuses the whole request. */
async function grantedFeatures(gpu: GPU, adapter: GPUAdapter): Promise<GPUFeatureName[]> {
  const granted: GPUFeatureName[] = [];
  for (const name of OPTIONAL_FEATURES) {
    // The list is open: implementations define names of their own.
    const feature = name as GPUFeatureName;
    if (adapter.features.has(feature) || await isGranted(gpu, feature)) granted.push(feature);
  }
  return granted;
}

async function isGranted(gpu: GPU, feature: GPUFeatureName): Promise<boolean> {
  try {
    const adapter = await requestAdapter(gpu);
    (await adapter.requestDevice({ requiredFeatures: [feature] })).destroy();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function nameOf(adapter: GPUAdapter): string {
  const { description, vendor, architecture, device } = adapter.info;
  return description || [vendor, architecture, device].filter(Boolean).join(" ") || "unnamed";
}

function isSoftwareAdapter(adapter: GPUAdapter): boolean {
  return adapter.info.isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|basic render/i.test(
      `${nameOf(adapter)} ${adapter.info.architecture}`,
    );
}
