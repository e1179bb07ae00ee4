/**
 * An orchestrator that is killed with signal 9, at a request of each phase, and comes back: what it
 * had answered is there, and the swarm trains on.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { test } from "#test";
import { assert } from "chai";
import type { Http } from "../../core/host.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { nodeHttp } from "../../headless/node_http.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { withTempFolder } from "../headless/temp_folder.ts";
import { runStoryMiner } from "./iota/story_miner.ts";

const SCRIPT = fileURLToPath(new URL("iota/orchestrator_process.ts", import.meta.url));
const LIMIT_MS = 90_000;
const LOOK_MS = 20;

/** Requests at which it is killed, before they reach it. */
const MOMENTS = {
  "work is handed in": /\/orchestrator\/miners\/status$/,
  "weights are uploaded": /\/iota\/weights\//,
  "an upload is told": /notify_weights_uploaded/,
  "chunks are asked for": /get_chunks_for_miner/,
  "merged chunks are told": /notify_merged_partitions_uploaded/,
  "merged weights are asked for": /\/storage\/weights\/layer\//,
};

class Mortal {
  #process: Deno.ChildProcess | undefined;

  constructor(readonly dir: string, readonly port: number) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const allowed = ["--allow-read", `--allow-write=${this.dir}`, "--allow-net=127.0.0.1"];
    this.#process = new Deno.Command("deno", {
      args: [
        ...["run", "--no-prompt", "--allow-env", ...allowed],
        ...[SCRIPT, this.dir, `${this.port}`],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const endMs = performance.now() + LIMIT_MS;
    for (;;) {
      try {
        await (await fetch(`${this.url}/orchestrator/healthcheck`)).text();
        return;
      } catch (error) {
        if (performance.now() > endMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    }
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

for (const [moment, asked] of Object.entries(MOMENTS)) {
  test(`an orchestrator killed as ${moment} comes back, and the swarm merges on`, () =>
    withTempFolder(async (dir) => {
      await readyKeys();
      const orchestrator = new Mortal(dir, freePort());
      await orchestrator.start();
      const real = nodeHttp();
      const stop = new AbortController();
      const log = new KeptLog();
      let killed: Promise<void> | undefined;
      const merged: number[] = [];
      const over = Promise.withResolvers<void>();
      const http: Http = async (request) => {
        if (!killed && asked.test(request.url.split("?", 1)[0])) {
          killed = orchestrator.kill().then(() => orchestrator.start());
        }
        await killed;
        return await real(request);
      };
      const registered: number[] = [];
      const miners = [11, 12, 13].map((key) =>
        runStoryMiner({
          ...{ key, baseUrl: orchestrator.url, http, log },
          onEvent: ({ kind, ...event }) => {
            if (kind === "registered") registered.push(key);
            if (kind !== "merged" || !("epoch" in event)) return;
            merged.push(event.epoch);
            if (merged.filter((epoch) => epoch >= 3).length >= 3) over.resolve();
          },
        }, stop.signal)
      );
      const timer = setTimeout(() => over.reject(new Error(log.lines.join("\n"))), LIMIT_MS);
      try {
        await over.promise;
        assert.isDefined(killed, "it was killed");
        // Nobody had to register again: it knew all of them.
        assert.sameMembers(registered, [11, 12, 13]);
      } finally {
        clearTimeout(timer);
        stop.abort();
        await Promise.allSettled(miners);
        real.close();
        await orchestrator.kill();
      }
    }));
}
