/**
 * One real device behind several: a software adapter compiles the training kernels for seconds, so
 * tests that open many devices share one and what it has compiled. A stand-in frees its own buffers
 * when it is destroyed, and lets a test see and change what is sent to the device.
 *
 * @module
 */

/** What a test may do to what passes a stand-in. */
export interface GpuHooks {
  /** Called before each submit; false drops it. */
  onSubmit?: () => boolean;
  /** The bytes to write in place of those that were to be written to the buffer of this label. */
  onWrite?: (label: string, bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  /** Called before each new buffer. */
  onCreateBuffer?: (label: string) => void;
}

/** The target with some members replaced; methods of the target still run on the target. */
export function overriding<T extends object>(target: T, overrides: Partial<T>): T {
  return new Proxy(target, {
    get(_, key): unknown {
      const from = key in overrides ? overrides : target;
      const value: unknown = Reflect.get(from, key);
      return typeof value === "function" && from === target ? value.bind(target) : value;
    },
  });
}

/** Hands out stand-ins for devices; devices asked for alike are one. */
export class SharedGpu {
  readonly #devices = new Map<string, Promise<SharedDevice>>();

  constructor(readonly gpu: GPU) {}

  /** An entry point whose devices are stand-ins with these hooks, which may change later. */
  entry(hooks: GpuHooks = {}): GPU {
    return overriding(this.gpu, {
      requestAdapter: async (options) => {
        const adapter = await this.gpu.requestAdapter(options);
        return adapter && overriding(adapter, {
          requestDevice: async (descriptor) =>
            (await this.#device(adapter, descriptor)).standIn(hooks),
        });
      },
    });
  }

  /** Really destroys the devices, which their stand-ins' users see as a loss. */
  async loseDevices(): Promise<void> {
    for (const shared of this.#devices.values()) (await shared).device.destroy();
  }

  /** Makes the stand-ins seem lost and takes their buffers; the devices and their kernels stay. */
  async loseStandIns(message: string): Promise<void> {
    for (const shared of this.#devices.values()) (await shared).loseStandIns(message);
  }

  #device(adapter: GPUAdapter, descriptor?: GPUDeviceDescriptor): Promise<SharedDevice> {
    const key = JSON.stringify(descriptor ?? {});
    let device = this.#devices.get(key);
    if (!device) {
      device = adapter.requestDevice(descriptor).then((real) => {
        real.lost.then(() => this.#devices.delete(key));
        return new SharedDevice(real);
      });
      this.#devices.set(key, device);
      device.catch(() => this.#devices.delete(key));
    }
    return device;
  }
}

/** A real device with all it has compiled. */
class SharedDevice {
  readonly #made = new Map<string, unknown>();
  readonly #ids = new WeakMap<object, number>();
  readonly #standIns = new Set<(message: string) => void>();
  #lastId = 0;

  constructor(readonly device: GPUDevice) {}

  standIn(hooks: GpuHooks): GPUDevice {
    const { device } = this;
    const own: { destroy(): void }[] = [];
    const tracked = <Made extends { destroy(): void }>(made: Made): Made => {
      own.push(made);
      return made;
    };
    const { promise: lost, resolve: lose } = Promise.withResolvers<GPUDeviceLostInfo>();
    device.lost.then(lose);
    const destroy = (): undefined => {
      this.#standIns.delete(loseThis);
      for (const made of own.splice(0)) made.destroy();
    };
    const loseThis = (message: string): void => {
      destroy();
      // Made untyped: browser and Deno disagree about this interface's members.
      lose(Object.assign(Object.create(null), { reason: "unknown", message }));
    };
    this.#standIns.add(loseThis);
    return overriding(device, {
      lost,
      destroy,
      queue: hookedQueue(device.queue, hooks),
      createBuffer: (descriptor) => {
        hooks.onCreateBuffer?.(descriptor.label ?? "");
        return tracked(device.createBuffer(descriptor));
      },
      createQuerySet: (descriptor) => tracked(device.createQuerySet(descriptor)),
      createShaderModule: (descriptor) =>
        this.#once(`module ${descriptor.code}`, () => device.createShaderModule(descriptor)),
      createBindGroupLayout: (descriptor) =>
        this.#once(JSON.stringify(descriptor), () => device.createBindGroupLayout(descriptor)),
      createPipelineLayout: (descriptor) =>
        this.#once(
          `layout of ${[...descriptor.bindGroupLayouts].map((one) => one && this.#id(one))}`,
          () => device.createPipelineLayout(descriptor),
        ),
      createComputePipelineAsync: (descriptor) => {
        const { layout, compute: { module, constants } } = descriptor;
        const layoutId = layout === "auto" ? 0 : this.#id(layout);
        const key = `pipeline ${this.#id(module)} ${layoutId} ${JSON.stringify(constants)}`;
        const pipeline = this.#once(key, () => device.createComputePipelineAsync(descriptor));
        pipeline.catch(() => this.#made.delete(key));
        return pipeline;
      },
    });
  }

  loseStandIns(message: string): void {
    for (const lose of [...this.#standIns]) lose(message);
  }

  #once<Made>(key: string, make: () => Made): Made {
    // A key is of one kind of object only.
    const made = this.#made.get(key) as Made | undefined ?? make();
    this.#made.set(key, made);
    return made;
  }

  #id(object: object): number {
    const id = this.#ids.get(object) ?? ++this.#lastId;
    this.#ids.set(object, id);
    return id;
  }
}

function hookedQueue(queue: GPUQueue, hooks: GpuHooks): GPUQueue {
  return overriding(queue, {
    submit: (commands): undefined => {
      if (hooks.onSubmit?.() !== false) queue.submit(commands);
    },
    writeBuffer: (buffer, offset, data, ...range): undefined => {
      if (!hooks.onWrite) {
        queue.writeBuffer(buffer, offset, data, ...range);
        return;
      }
      const bytes = ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new Uint8Array(data);
      queue.writeBuffer(buffer, offset, hooks.onWrite(buffer.label, bytes.slice()));
    },
  });
}
