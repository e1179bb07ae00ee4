/**
 * A store that fails, cuts off, or gives something else: the swarm merges on, and the reason stands
 * in the log.
 *
 * @module
 */

import { join } from "node:path";
import { test } from "#test";
import { assert } from "chai";
import type { ByteStream, HttpHandler, ServedRequest, ServedResponse } from "../../core/host.ts";
import { LocalOrchestrator } from "../../core/node/local_orchestrator.ts";
import type { SwarmPlace } from "../../core/node/swarm_place.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { localPlace } from "../../headless/local_swarm.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { withTempFolder } from "../headless/temp_folder.ts";
import { runStoryMiner } from "./iota/story_miner.ts";
import { STORY_SWARM } from "./iota/story_swarm.ts";

const LIMIT_MS = 90_000;
const FAULTS = 3;

/** What the store does instead of answering. */
interface Fault {
  readonly method: "GET" | "PUT";
  readonly objects: RegExp;
  instead(request: ServedRequest, right: HttpHandler): Promise<ServedResponse>;
  /** How the log tells of it; undefined where that takes a minute, which no story waits for. */
  readonly told?: RegExp;
}

const broken = (): Promise<ServedResponse> =>
  Promise.resolve({ status: 500, headers: {}, body: new Uint8Array() });

/** An hour after its time: the store itself says so. */
function expired(request: ServedRequest, right: HttpHandler): Promise<ServedResponse> {
  const [path, query] = request.target.split("?");
  const parameters = new URLSearchParams(query);
  for (const [name, value] of [...parameters]) {
    if (/expires/i.test(name)) parameters.set(name, `${Number(value) - 3600}`);
  }
  return right({ ...request, target: `${path}?${parameters}` });
}

const CASES: Readonly<Record<string, Fault>> = {
  "answers 500 to uploads of activations": {
    ...{ method: "PUT", objects: /\/activations\//, instead: broken, told: /500/ },
  },
  "answers 500 to downloads of activations": {
    ...{ method: "GET", objects: /\/activations\//, instead: broken, told: /500/ },
  },
  "answers 500 to uploads of weights": {
    ...{ method: "PUT", objects: /\/weights\//, instead: broken, told: /500/ },
  },
  "answers 500 to downloads of weights": {
    ...{ method: "GET", objects: /\/weights\//, instead: broken, told: /500/ },
  },
  "cuts activations off": {
    ...{ method: "GET", objects: /\/forward\//, told: /127\.0\.0\.1|cut|bytes/ },
    instead: async (request, right) => {
      const answer = await right(request);
      return { ...answer, body: half(answer.body) };
    },
  },
  "takes an address of an upload for expired": {
    ...{ method: "PUT", objects: /\/activations\//, told: /403|expired/i },
    instead: expired,
  },
  "takes an address of a download for expired": {
    ...{ method: "GET", objects: /\/activations\//, told: /403|expired/i },
    instead: expired,
  },
  "hangs on an activation": {
    ...{ method: "GET", objects: /\/forward\// },
    instead: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  },
  "gives something else for an activation": {
    ...{ method: "GET", objects: /\/forward\//, told: /shape|dtype|bytes|zip|torch/ },
    instead: async (request, right) => {
      const answer = await right(request);
      const other = new TextEncoder().encode("this is no activation");
      const headers = { ...answer.headers, "content-length": `${other.length}` };
      return { ...answer, headers, body: other };
    },
  },
};

async function* half(body: ServedResponse["body"]): ByteStream {
  if (body instanceof Uint8Array) return yield body.subarray(0, body.length / 2);
  for await (const piece of body) return yield piece.subarray(0, piece.length / 2);
}

for (const [name, fault] of Object.entries(CASES)) {
  test(`when the store ${name}, the swarm merges on and says why`, () =>
    withTempFolder(async (dir) => {
      await readyKeys();
      const log = new KeptLog();
      const base = localPlace(join(dir, "store"), log);
      let faults = 0;
      const failing = (right: HttpHandler): HttpHandler => (request) => {
        const [path] = request.target.split("?", 1);
        const isMeant = request.method === fault.method && path.startsWith("/iota/") &&
          fault.objects.test(path);
        if (!isMeant || faults >= FAULTS) return right(request);
        faults += 1;
        return fault.instead(request, right);
      };
      const place: SwarmPlace = { ...base, listen: (handler) => base.listen(failing(handler)) };
      const orchestrator = await LocalOrchestrator.open(STORY_SWARM, place);
      const stop = new AbortController();
      const running = orchestrator.run(stop.signal);
      const over = Promise.withResolvers<void>();
      const merged: number[] = [];
      const miners = [31, 32, 33, 34, 35, 36].map((key) =>
        runStoryMiner({
          ...{ key, baseUrl: orchestrator.url, http: orchestrator.http, log },
          onEvent: (event) => {
            if (event.kind !== "merged" || faults < FAULTS) return;
            merged.push(event.layer);
            if ([0, 1, 2].every((layer) => merged.filter((each) => each === layer).length >= 4)) {
              over.resolve();
            }
          },
        }, stop.signal)
      );
      const timer = setTimeout(() => over.reject(new Error(log.lines.join("\n"))), LIMIT_MS);
      try {
        await over.promise;
        const warnings = log.lines.filter((line) => /^(warn|error)/.test(line));
        const { told } = fault;
        if (told) {
          assert.isNotEmpty(warnings.filter((line) => told.test(line)), warnings.join("\n"));
        }
        assert.isEmpty(log.lines.filter((line) => line.includes("\n")), "reasons in one line");
      } finally {
        clearTimeout(timer);
        stop.abort();
        await Promise.allSettled([running, ...miners]);
        await orchestrator.close();
      }
    }));
}
