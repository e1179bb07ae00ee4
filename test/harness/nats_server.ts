/**
 * A nats-server with JetStream of a test's own, on 127.0.0.1.
 *
 * @module
 */

import { join } from "node:path";
import { CACHE_DIR } from "../../headless/unpack.ts";

const PROGRAM = "nats-server";
/** Time until it must answer; a loaded machine needs part of a second. */
const START_MS = 20_000;
const LOOK_MS = 5;

/** Why no test can start a server; undefined where one can. For `testWhere`. */
export function natsServerMissing(): string | undefined {
  const permission = Deno.permissions.querySync({ name: "run", command: PROGRAM });
  if (permission.state !== "granted") return `no permission to run ${PROGRAM}`;
  try {
    new Deno.Command(PROGRAM, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return undefined;
  } catch {
    return `no ${PROGRAM} on PATH`;
  }
}

/** See the module. It may be killed and started again, with what it had kept. */
export class NatsServer {
  readonly url: string;
  readonly #port: number;
  readonly #dir: string;
  readonly #options: readonly string[];
  #child: Deno.ChildProcess | undefined;

  private constructor(port: number, dir: string, options: readonly string[]) {
    this.#port = port;
    this.#dir = dir;
    this.#options = options;
    this.url = `nats://127.0.0.1:${port}`;
  }

  /**
   * Starts one on a free port, with an empty folder of its own.
   * @param options of the program @default {["-js"]}
   */
  static async start(options: readonly string[] = ["-js"]): Promise<NatsServer> {
    const dir = join(CACHE_DIR, `test-nats-${crypto.randomUUID()}`);
    Deno.mkdirSync(dir, { recursive: true });
    const server = new NatsServer(freePort(), dir, options);
    await server.startAgain();
    return server;
  }

  /** Starts it after a kill, at the same address. */
  async startAgain(): Promise<void> {
    this.#child = new Deno.Command(PROGRAM, {
      args: [...this.#options, "-a", "127.0.0.1", "-p", `${this.#port}`, "-sd", this.#dir],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const endMs = performance.now() + START_MS;
    while (!await answers(this.#port)) {
      if (performance.now() > endMs) throw new Error(`${PROGRAM} does not answer`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Kills it with signal 9. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
    await child?.status;
  }

  /** Kills it and removes its folder. */
  async end(): Promise<void> {
    await this.kill();
    Deno.removeSync(this.#dir, { recursive: true });
  }

  /** As {@linkcode end}, for when nothing can be waited for any more. */
  endNow(): void {
    this.#child?.kill("SIGKILL");
    Deno.removeSync(this.#dir, { recursive: true });
  }

  /** Lets the process of the tests end while the server runs. */
  unref(): void {
    this.#child?.unref();
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Whether somebody greets at a port as NATS does. */
async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const read = await connection.read(new Uint8Array(4));
    return read !== null;
  } catch {
    return false;
  }
}
