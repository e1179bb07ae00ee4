/**
 * Two orchestrators behind one address that share a NATS JetStream, which is gone for ten seconds
 * while the swarm trains.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testWhere } from "#test";
import { assert } from "chai";
import type { Http } from "../../core/host.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { nodeHttp } from "../../headless/node_http.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { NatsServer, natsServerMissing } from "../harness/nats_server.ts";
import { withTempFolder } from "../headless/temp_folder.ts";
import { runStoryMiner } from "./iota/story_miner.ts";

const SCRIPT = fileURLToPath(new URL("iota/orchestrator_process.ts", import.meta.url));
const OUTAGE_MS = 10_000;
/** As with the published swarm, nobody is given up so soon. */
const GONE_AFTER_MS = 60_000;
const LIMIT_MS = 90_000;
const LOOK_MS = 50;
const KEYS = [11, 12, 13];

/** One orchestrator, and what it says. */
interface Running {
  readonly url: string;
  readonly said: () => string;
  stop(): Promise<void>;
}

async function startOrchestrator(dir: string, bus: string): Promise<Running> {
  const port = freePort();
  const allowed = ["--allow-read", `--allow-write=${dir}`, "--allow-net=127.0.0.1", "--allow-env"];
  const child = new Deno.Command("deno", {
    args: ["run", "--no-prompt", ...allowed, SCRIPT, dir, `${port}`, bus, `${GONE_AFTER_MS}`],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  const reading = (async () => {
    for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) text += piece;
  })();
  const url = `http://127.0.0.1:${port}`;
  await until(() => answers(url), () => text);
  return {
    url,
    said: () => text,
    stop: async () => {
      child.kill("SIGKILL");
      await Promise.all([child.status, reading]);
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/orchestrator/healthcheck`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits until something is so. */
async function until(
  isSo: () => boolean | Promise<boolean>,
  report: () => string,
): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!await isSo()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${report()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

testWhere(
  natsServerMissing(),
  "NATS gone for ten seconds: nobody registers anew, nothing acknowledged is lost, all merge on",
  () =>
    withTempFolder(async (dir) => {
      await readyKeys();
      const nats = await NatsServer.start();
      const orchestrators = [
        await startOrchestrator(join(dir), nats.url),
        await startOrchestrator(join(dir), nats.url),
      ];
      const [first] = orchestrators;
      const real = nodeHttp();
      let asked = 0;
      // One address for both: who asks does not know whom.
      const http: Http = (request) => {
        const { url } = orchestrators[asked++ % orchestrators.length];
        return real({ ...request, url: request.url.replace(first.url, url) });
      };
      const log = new KeptLog();
      const stop = new AbortController();
      const registered: number[] = [];
      const epochs = new Map<number, number>();
      const miners = KEYS.map((key) =>
        runStoryMiner({
          ...{ key, baseUrl: first.url, http, log },
          onEvent: (event) => {
            if (event.kind === "registered") registered.push(key);
            if (event.kind === "merged") epochs.set(key, event.epoch);
          },
        }, stop.signal)
      );
      const report = (): string =>
        [...log.lines, ...orchestrators.map(({ said }) => said())].join("\n");
      const allAt = (least: number) => (): boolean =>
        KEYS.every((key) => (epochs.get(key) ?? 0) >= least);
      try {
        await until(allAt(1), report);
        await nats.kill();
        const before = Math.min(...epochs.values());
        const backMs = performance.now() + OUTAGE_MS;
        await until(() => performance.now() > backMs, report);
        await nats.startAgain();
        await until(allAt(before + 3), report);
        assert.sameMembers(registered, KEYS, "nobody had to register again");
        for (const { said } of orchestrators) {
          const lines = said().split("\n").filter((line) => /NATS/.test(line)).join("\n");
          assert.match(
            lines,
            /^warning: NATS at .* is gone.*\nNATS at .* is back after 1\d\.\d s$/,
          );
        }
      } finally {
        stop.abort();
        await Promise.allSettled(miners);
        real.close();
        await Promise.all(orchestrators.map((each) => each.stop()));
        await nats.end();
      }
    }),
);
