/**
 * The compute network on one machine, over real HTTP and with a real search.
 *
 * @module
 */

import { join } from "node:path";
import { test } from "#test";
import { assert } from "chai";
import type { RoundResult } from "../../core/compute/validator/challenge_round.ts";
import { WeftError } from "../../core/errors.ts";
import { Engines } from "../../core/hash/engines.ts";
import { Solver } from "../../core/hash/solver.ts";
import { GpuTurns } from "../../core/node/gpu_turns.ts";
import { LocalCompute } from "../../core/node/local_compute.ts";
import { processClock } from "../../headless/deno_host.ts";
import { localPlace } from "../../headless/local_swarm.ts";
import { SqliteComputeBook } from "../../headless/sqlite_compute_book.ts";
import { denoThreads } from "../../headless/threads.ts";
import { MemoryStorage } from "../harness/memory_host.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { withTempFolder } from "./temp_folder.ts";

test("a miner's answers to two rounds are right, kept and scored; training waits for each", async () => {
  await withTempFolder(async (dir) => {
    const log = new KeptLog();
    const host = {
      ...{ clock: processClock, log, storage: new MemoryStorage(), threads: denoThreads() },
      webgpu: () => Promise.reject(new WeftError("no GPU in this test")),
    };
    const solver = new Solver(host, new Engines(host));
    const turns = new GpuTurns();
    const book = new SqliteComputeBook(join(dir, "database.db"));
    const results: (RoundResult & { score: number })[] = [];
    let wasTaken = false;
    const compute = await LocalCompute.open({
      place: localPlace(join(dir, "store"), log),
      solver: {
        solve: (request) => {
          wasTaken ||= turns.isTaken;
          return solver.solve(request);
        },
      },
      ...{ turns, book },
      judge: { difficulty: () => 3, score: (rows) => rows.length },
      specs: () => Promise.reject(new WeftError("nobody asks")),
      onResult: (result) => void results.push(result),
    });
    const { signal } = new AbortController();
    await compute.validator.round(signal);
    await compute.validator.round(signal);
    await compute.close();
    await solver.close();
    const rows = await book.lastRows(1, results[0].hotkey, 10);
    book.close();
    assert.deepEqual(results.map(({ success, reason }) => [success, reason]), [
      [true, ""],
      [true, ""],
    ]);
    assert.deepEqual(results.map(({ score }) => score), [1, 2]);
    assert.lengthOf(rows, 2);
    assert.isTrue(wasTaken);
    assert.isFalse(turns.isTaken);
    assert.isEmpty(log.lines.filter((line) => /^(warn|error)/.test(line)));
  });
});
