/**
 * A process for one tenant's shaders, and the line to it.
 *
 * Its permissions hold for what runs as JavaScript. What a driver's mistake lets a shader do as
 * machine code has the rights of the user who runs the miner, as with every use of a GPU.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { SandboxResult } from "../../core/compute/sandbox/job_executor.ts";
import type { SandboxJob } from "../../core/compute/sandbox/sandbox_job.ts";
import { UsageError, WeftError } from "../../core/errors.ts";
import type { Clock } from "../../core/host.ts";
import { unpackSoftwareDriver } from "../software_driver.ts";
import { CutOffError, jsonFrame, readJsonFrames } from "./frames.ts";
import {
  checkReady,
  type HelloMessage,
  jobMessage,
  maxFrameBytes,
  oneLine,
  readResultMessage,
} from "./messages.ts";

/** A driver that compiles itself anew takes its time. */
const START_MS = 60_000;
/** For the way there and back, and for a process to say by itself that a job was late. */
const GRACE_MS = 1000;
/** Of what it last wrote to stderr. */
const KEPT_BYTES = 2048;
const TOLD_LETTERS = 300;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = fileURLToPath(new URL("./child.ts", import.meta.url));
/** Where the software driver's own look at the system goes. */
const DRIVER_PLACES = [
  ...["/etc/vulkan", "/usr/local/share/vulkan", "/usr/share/vulkan"],
  "/usr/lib/x86_64-linux-gnu/libvulkan.so.1",
  ...["/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1"],
];
/** All of the environment that it may read. */
const VARIABLES = [
  ...["DENO_WEBGPU_BACKEND", "VK_DRIVER_FILES", "VK_ICD_FILENAMES"],
  ...["WEFT_GPU_SOFTWARE", "XDG_RUNTIME_DIR"],
];
/**
 * Given, and not to be read: Deno from npm is a script, whose interpreter is looked for in PATH, and
 * packages are looked up in Deno's cache, which the others name.
 */
const START_VARIABLES = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"];
/** Asked for by a library that is loaded; unset. */
const ASKED_FOR = ["POLKADOTJS_DISABLE_ESM_CJS_WARNING"];
/** A tenant's data are outside the heap; what is in it is bounded by the frames. */
const HEAP_MIB = 2048;

/** What a process is started with. */
export interface SandboxChildOptions extends HelloMessage {
  readonly clock: Clock;
  /** A file of the project. @default child.ts */
  readonly program?: string;
}

/** See the module. */
export class SandboxChild {
  /** When it has ended and nothing of it is left. */
  readonly ended: Promise<void>;
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #failed = Promise.withResolvers<never>();
  readonly #maxBytes: number;
  #fault: WeftError | undefined;
  #waiting: PromiseWithResolvers<unknown> | undefined;
  #lastWords = "";

  constructor(readonly options: SandboxChildOptions) {
    this.#maxBytes = maxFrameBytes(options.quota);
    this.#process = spawn(options.program ?? PROGRAM);
    this.#writer = this.#process.stdin.getWriter();
    this.#failed.promise.catch(() => {});
    this.#writer.closed.catch(() => {});
    this.ended = this.#watch();
  }

  /** Why it is of no more use; undefined while it is. */
  get fault(): WeftError | undefined {
    return this.#fault;
  }

  /** What it last wrote to stderr, in one short line. */
  get lastWords(): string {
    return oneLine(this.#lastWords, TOLD_LETTERS);
  }

  /** Waits for its device. @throws {WeftError} if it has none in time */
  async ready(): Promise<void> {
    const { backend, quota } = this.options;
    const late = new WeftError(`the sandbox did not start within ${START_MS} milliseconds`);
    try {
      checkReady(await this.#ask({ backend, quota }, START_MS, late));
    } catch (error) {
      throw this.kill(error);
    }
  }

  /**
   * Runs a job. After every failure but a job's own mistake the process is ended.
   *
   * @throws {UsageError} for the job's mistake
   * @throws {WeftError} if it took too long, or the process ended
   */
  async run(job: SandboxJob, limitMs: number): Promise<SandboxResult> {
    const late = new WeftError(
      `the job took more than ${limitMs} milliseconds and was ended with its process`,
    );
    let answer: unknown;
    try {
      answer = await this.#ask(jobMessage(job, limitMs), limitMs + GRACE_MS, late);
    } catch (error) {
      throw this.kill(error);
    }
    try {
      return readResultMessage(answer);
    } catch (error) {
      throw error instanceof UsageError ? error : this.kill(error);
    }
  }

  /** Ends it, whatever it does; gives the reason. */
  kill(reason: unknown): WeftError {
    const fault = reason instanceof WeftError
      ? reason
      : new WeftError(`the sandbox failed: ${oneLine(`${reason}`, TOLD_LETTERS)}`);
    this.#fault ??= fault;
    this.#failed.reject(this.#fault);
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    // Where a script has started it, only the script is killed: it ends itself with its input.
    this.#writer.abort().catch(() => {});
    return this.#fault;
  }

  async #ask(message: unknown, limitMs: number, late: WeftError): Promise<unknown> {
    if (this.#fault) throw this.#fault;
    const frame = jsonFrame(message, this.#maxBytes);
    const answer = Promise.withResolvers<unknown>();
    this.#waiting = answer;
    const ending = new AbortController();
    this.options.clock.sleep(limitMs, ending.signal)
      .then(() => ending.signal.aborted || this.kill(late));
    // A process that ends says so by itself.
    this.#writer.write(frame).catch(() => {});
    try {
      return await Promise.race([answer.promise, this.#failed.promise]);
    } finally {
      ending.abort();
      this.#waiting = undefined;
    }
  }

  async #watch(): Promise<void> {
    const read = Promise.all([this.#listen(), this.#overhear()]);
    const { signal, code } = await this.#process.status;
    this.kill(new WeftError(`the sandbox's process ended by itself (${signal ?? `code ${code}`})`));
    await read;
  }

  async #listen(): Promise<void> {
    try {
      for await (const message of readJsonFrames(this.#process.stdout, this.#maxBytes)) {
        if (this.#waiting === undefined) throw new WeftError("it answers what was not asked");
        this.#waiting.resolve(message);
        this.#waiting = undefined;
      }
    } catch (error) {
      // What its end cuts off is told by its end.
      if (!(error instanceof CutOffError)) this.kill(error);
    }
  }

  async #overhear(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#process.stderr) {
      const text = this.#lastWords + decoder.decode(piece, { stream: true });
      this.#lastWords = text.slice(-KEPT_BYTES);
    }
  }
}

/** Reads the project and where drivers are told of, opens the driver's libraries, and nothing else. */
function spawn(program: string): Deno.ChildProcess {
  // It may need it, and may not write.
  unpackSoftwareDriver();
  const given = [...VARIABLES, ...START_VARIABLES].map((name) =>
    [name, Deno.env.get(name)] as const
  );
  return new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", "--no-remote", "--cached-only", "--frozen", "--deny-import"],
      `--v8-flags=--max-old-space-size=${HEAP_MIB}`,
      `--allow-read=${[ROOT, ...DRIVER_PLACES].join(",")}`,
      `--allow-ffi=${ROOT}node_modules`,
      `--allow-env=${[...VARIABLES, ...ASKED_FOR].join(",")}`,
      program,
    ],
    clearEnv: true,
    env: Object.fromEntries(given.flatMap(([name, value]) => value ? [[name, value]] : [])),
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
}
