/**
 * A miner that is killed with signal 9, at a request of each phase: the others of its swarm train and
 * merge on, and when it comes back it is one of them again.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "#test";
import { assert } from "chai";
import type { HttpHandler } from "../../core/host.ts";
import { LocalOrchestrator } from "../../core/node/local_orchestrator.ts";
import type { SwarmPlace } from "../../core/node/swarm_place.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { localPlace } from "../../headless/local_swarm.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { withTempFolder } from "../headless/temp_folder.ts";
import { runStoryMiner } from "./iota/story_miner.ts";
import { STORY_SWARM } from "./iota/story_swarm.ts";

const SCRIPT = fileURLToPath(new URL("iota/miner_process.ts", import.meta.url));
const LIMIT_MS = 90_000;
const VICTIM = 21;

/** Its requests at which it is killed; nobody answers them. */
const MOMENTS = {
  "it hands in work": /\/orchestrator\/miners\/status$/,
  "it tells of its weights": /notify_weights_uploaded/,
  "it asks for chunks": /get_chunks_for_miner/,
  "it tells of merged chunks": /notify_merged_partitions_uploaded/,
  "it asks for the merged weights": /\/storage\/weights\/layer\//,
};

/** The victim, in a process of its own. */
class Victim {
  #process: Deno.ChildProcess | undefined;

  start(url: string): void {
    this.#process = new Deno.Command("deno", {
      args: [
        ...["run", "--no-prompt", "--allow-read", "--allow-env", "--allow-net=127.0.0.1"],
        ...[SCRIPT, `${VICTIM}`, url],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }
}

for (const [moment, asked] of Object.entries(MOMENTS)) {
  test(`when a miner is killed as ${moment}, the others merge on, and so does it once it is back`, () =>
    withTempFolder(async (dir) => {
      await readyKeys();
      const address = Keypair.fromSeed(new Uint8Array(32).fill(VICTIM)).address;
      const victim = new Victim();
      const log = new KeptLog();
      const base = localPlace(join(dir, "store"), log);
      let killed: Promise<void> | undefined;
      let told = 0;
      const back = Promise.withResolvers<void>();
      const killing = (handler: HttpHandler): HttpHandler => async (request) => {
        const isVictims = request.headers.get("epistula-signed-by") === address;
        const [path] = request.target.split("?", 1);
        // What it asks for before its first merge is what it begins with.
        if (isVictims && /notify_merged/.test(path)) told += 1;
        const isMoment = asked.test(path) && (told > 0 || !/layer/.test(path));
        if (isVictims && isMoment && !killed) await (killed = victim.kill());
        else if (isVictims && killed && /notify_merged/.test(path)) back.resolve();
        return await handler(request);
      };
      const place: SwarmPlace = { ...base, listen: (handler) => base.listen(killing(handler)) };
      const orchestrator = await LocalOrchestrator.open(STORY_SWARM, place);
      const stop = new AbortController();
      const running = orchestrator.run(stop.signal);
      const over = Promise.withResolvers<void>();
      const after: number[] = [];
      victim.start(orchestrator.url);
      const others = [22, 23, 24, 25, 26].map((key) =>
        runStoryMiner({
          ...{ key, baseUrl: orchestrator.url, http: orchestrator.http, log },
          onEvent: (event) => {
            if (event.kind !== "merged" || !killed) return;
            after.push(event.layer);
            // Two merges of every layer.
            if ([0, 1, 2].every((layer) => after.filter((each) => each === layer).length >= 4)) {
              over.resolve();
            }
          },
        }, stop.signal)
      );
      const fail = (): void => {
        const error = new Error(log.lines.filter((line) => !/^debug/.test(line)).join("\n"));
        over.reject(error);
        back.reject(error);
      };
      const timer = setTimeout(fail, LIMIT_MS);
      try {
        await over.promise;
        assert.isDefined(killed, "it was killed");
        victim.start(orchestrator.url);
        await back.promise;
      } finally {
        back.promise.catch(() => {});
        clearTimeout(timer);
        stop.abort();
        await Promise.allSettled([running, ...others]);
        await victim.kill();
        await orchestrator.close();
      }
    }));
}
