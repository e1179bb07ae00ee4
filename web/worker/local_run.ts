/**
 * The whole network inside one tab: an orchestrator, a miner for each stage, a gradient validator, and
 * beside them a compute validator that challenges the node. Nothing of it leaves the tab.
 *
 * @module
 */

import { publishedJudge } from "../../core/compute/validator/published_judge.ts";
import { RecordBook } from "../../core/compute/validator/record_book.ts";
import { buildCorpus } from "../../core/data/corpus.ts";
import { byteTokenizer } from "../../core/data/tokenizer.ts";
import { Engines } from "../../core/hash/engines.ts";
import { Solver } from "../../core/hash/solver.ts";
import type { Host, Log } from "../../core/host.ts";
import { ObjectMap } from "../../core/iota/store/object_map.ts";
import { ServedStore } from "../../core/iota/store/served_store.ts";
import { findPreset } from "../../core/model/presets.ts";
import type { GpuTurns } from "../../core/node/gpu_turns.ts";
import { LocalCompute } from "../../core/node/local_compute.ts";
import { LocalSwarm } from "../../core/node/local_swarm.ts";
import { Loopback } from "../../core/node/loopback.ts";
import type { SwarmPlace } from "../../core/node/swarm_place.ts";
import { train } from "../../core/node/train.ts";
import { browserClock, browserRandomBytes, browserWallClock } from "./browser_host.ts";
import { toldTurns } from "./gpu_report.ts";
import type { ChallengeEvent, LocalRunSettings, RunEvent } from "./node_api.ts";
import { CHALLENGE_LOG } from "./run_history.ts";
import { tabSpecs } from "./tab_specs.ts";

const SECRET_BYTES = 32;
/** The last formula by which the network has scored challenges. */
const SCORE = "1.5.3";
const SETTINGS = {
  ...{ stages: undefined, batch: undefined, seq: undefined, batchesBeforeMerging: undefined },
  ...{ learningRate: undefined, minersPerLayer: 1, mergeEvery: 10, seed: 1 },
  precision: "f32",
  ...{ validateEvery: 20, checkpointEvery: 20 },
} as const;

/** Runs until all steps are done or the signal aborts; both end with a checkpoint. */
export async function runLocal(
  host: Host,
  settings: LocalRunSettings,
  tell: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { mobyDickDocuments } = await import("../../core/data/moby_dick.ts");
  const text = {
    corpus: buildCorpus(mobyDickDocuments(), byteTokenizer),
    tokenizer: byteTokenizer,
  };
  const place = tabPlace(host.log);
  const model = settings.model === "auto" ? settings.model : findPreset(settings.model);
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const turns = toldTurns(host.clock, tell, over);
  let challenges: Promise<void> | undefined;
  try {
    const events = train(
      { ...host, openNetwork: (gpu, options) => LocalSwarm.create(gpu, options, place, turns) },
      text,
      { ...SETTINGS, model, steps: settings.steps },
      signal,
    );
    for await (const event of events) {
      tell(event);
      // Their shaders are compiled once training runs: people wait for the first step.
      if (settings.challenges && event.kind === "step") {
        challenges ??= answerChallenges(host, turns, place, tell, over);
      }
    }
  } finally {
    ended.abort();
    await challenges;
  }
}

/** This tab as a place for a swarm. */
function tabPlace(log: Log): SwarmPlace {
  const loopback = new Loopback();
  const wallClock = browserWallClock;
  return {
    ...{ clock: browserClock, wallClock, randomBytes: browserRandomBytes, log },
    openHttp: () => Object.assign(loopback.http.bind(undefined), { close: () => {} }),
    listen: (handler) => loopback.listen(handler),
    openStore: (publicUrl) => {
      const store = new ServedStore({
        ...{ publicUrl, wallClock, log, bucket: "iota" },
        files: new ObjectMap(browserRandomBytes),
        secret: browserRandomBytes(SECRET_BYTES),
      });
      return Promise.resolve({ store, handle: store.handle, remove: () => Promise.resolve() });
    },
  };
}

/** Training goes on without challenges, should they fail. */
async function answerChallenges(
  host: Host,
  turns: GpuTurns,
  place: SwarmPlace,
  tell: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const solver = new Solver(host, new Engines(host));
  try {
    const book = await RecordBook.open(host.storage, `${CHALLENGE_LOG}.rows`);
    const keep = (event: ChallengeEvent): void => {
      tell(event);
      host.storage.appendRecord(CHALLENGE_LOG, event).catch((error: unknown) => {
        host.log.warn(`a challenge could not be written down: ${error}`);
      });
    };
    const compute = await LocalCompute.open({
      ...{ place, solver, turns, book, judge: publishedJudge(SCORE, browserWallClock) },
      specs: () => Promise.resolve(tabSpecs()),
      onResult: ({ difficulty, success, elapsedS, score, reason }) =>
        keep({ kind: "challenge", difficulty, success, elapsedS, score, reason }),
    });
    try {
      await solver.warmUp("blake2b");
      await compute.run(signal);
    } finally {
      await compute.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    if (!signal.aborted) host.log.warn(`there are no more challenges: ${reason}`);
  } finally {
    await solver.close();
  }
}
