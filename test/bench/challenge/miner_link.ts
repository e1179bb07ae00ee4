/**
 * The process that mines, as the benchmark holds it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import {
  type Answered,
  Message,
  type Progress,
  ServeTask,
  type Serving,
} from "./served_messages.ts";

const SCRIPT = fileURLToPath(new URL("served_process.ts", import.meta.url));
const TELL = new TextEncoder().encode("\n");

/** See the module. */
export class MinerLink {
  /** What the process has said of challenges, in their order. */
  readonly answered: Answered[] = [];
  readonly #serving = Promise.withResolvers<Serving>();
  readonly #asked: PromiseWithResolvers<Progress>[] = [];
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  #isStopped = false;

  private constructor(readonly process: Deno.ChildProcess) {
    this.#stdin = process.stdin.getWriter();
    this.#read().catch((error: unknown) => {
      for (const { reject } of [this.#serving, ...this.#asked]) reject(error);
    });
  }

  /** Starts it. @throws {Error} if the process ends instead */
  static async start(task: ServeTask): Promise<{ link: MinerLink; serving: Serving }> {
    const permissions = [
      ...["--allow-env", "--allow-read", "--allow-net=127.0.0.1", "--allow-ffi=node_modules"],
      ...[`--allow-write=${task.dir},${CACHE_DIR}`, "--allow-run=hashcat"],
    ];
    const link = new MinerLink(
      new Deno.Command("deno", {
        args: ["run", "--no-prompt", ...permissions, SCRIPT, JSON.stringify(task)],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn(),
    );
    return { link, serving: await link.#serving.promise };
  }

  /**
   * How far training is; all that was said of challenges before is there by then.
   *
   * @throws {Error} if the process has ended
   */
  async progress(): Promise<Progress> {
    const asked = Promise.withResolvers<Progress>();
    this.#asked.push(asked);
    await this.#stdin.write(TELL);
    return await asked.promise;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.process.kill("SIGKILL");
    await this.process.status;
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(v.parse(Message, JSON.parse(line)));
    }
    if (!this.#isStopped) throw new Error("the miner has ended by itself");
  }

  #take(message: v.InferOutput<typeof Message>): void {
    if (message.kind === "serving") this.#serving.resolve(message);
    else if (message.kind === "answered") this.answered.push(message);
    else this.#asked.shift()?.resolve(message);
  }
}
