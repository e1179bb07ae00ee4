/**
 * `deno task prove` as a miner calls it, judged by the validator's side.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { parseProofReply } from "../../core/compute/proof_of_gpu/proof_reply.ts";
import { indicesFile, seedsFile } from "../../core/compute/proof_of_gpu/published_files.ts";
import {
  parseBenchmarkLine,
  parseComputeLines,
} from "../../core/compute/proof_of_gpu/published_lines.ts";
import { verifyReply } from "../../core/compute/proof_of_gpu/verification.ts";
import { namesIn, withTempFolder } from "./temp_folder.ts";
import { runTask, type TaskResult } from "./run_task.ts";

const N = 96;
const PAIR = { a: 18446744073709551615n, b: 81985529216486895n };
const PLACES = [[0, 0], [95, 95], [17, 80]] as const;
const SEEDS = seedsFile({ n: N, seeds: new Map([[0, PAIR]]) });
const INDICES = indicesFile(new Map([[0, PLACES]]));

async function prove(mode: string, dir: string, ...more: string[]): Promise<TaskResult> {
  return await runTask("prove", ["--mode", mode, "--folder", dir, ...more]);
}

/** Runs a mode that is to succeed; what it printed. */
async function printed(mode: string, dir: string, ...more: string[]): Promise<string> {
  const { code, out, error } = await prove(mode, dir, ...more);
  assert.equal(code, 0, error);
  return out;
}

function write(dir: string, seeds: string, indices = INDICES): void {
  Deno.writeTextFileSync(join(dir, "seeds.txt"), seeds);
  Deno.writeTextFileSync(join(dir, "challenge_indices.txt"), indices);
}

test("compute and proof, each a process, convince the validator's check", async () => {
  await withTempFolder(async (dir) => {
    write(dir, SEEDS);
    const [{ root }] = parseComputeLines(await printed("compute", dir));
    assert.include(await printed("proof", dir), join(dir, "resp_0.json"));
    const reply = parseProofReply(Deno.readTextFileSync(join(dir, "resp_0.json")));
    assert.isUndefined(verifyReply({ n: N, seeds: PAIR, root, indices: PLACES }, reply));
  });
});

test("gpu_info names one GPU, as JSON that the published validator reads", async () => {
  await withTempFolder(async (dir) => {
    const info = JSON.parse(await printed("gpu_info", dir));
    assert.equal(info.num_gpus, 1);
    assert.lengthOf(info.gpu_names, 1);
  });
});

test("benchmark prints the published line for the memory that was named", async () => {
  await withTempFolder(async (dir) => {
    const line = await printed("benchmark", dir, "--vram", "0.004");
    const { gpuCount, fp32Size, fp32Seconds } = parseBenchmarkLine(line);
    assert.equal(gpuCount, 1);
    assert.isAbove(fp32Size, 0);
    assert.isAbove(fp32Seconds, 0);
  });
});

test("with --json every mode prints one object", async () => {
  await withTempFolder(async (dir) => {
    write(dir, SEEDS);
    const { kind, text } = JSON.parse(await printed("compute", dir, "--json"));
    assert.equal(kind, "compute");
    assert.match(text, /^Root hashes: /);
  });
});

test("a missing file is named before anything is computed, and nothing is written", async () => {
  await withTempFolder(async (dir) => {
    const { code, out, error } = await prove("compute", dir);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(error, /--mode compute reads seeds\.txt in /);
    assert.isEmpty(namesIn(dir));
  });
});

const BAD_SEEDS = ["", "96", "96\n1 5 6", "0\n0 5 6", "96\n0 5", "96\n0 5 x", "1e9\n0 5 6"];

for (const seeds of BAD_SEEDS) {
  test(`seeds such as ${JSON.stringify(seeds)} are wrong use, in one line`, async () => {
    await withTempFolder(async (dir) => {
      write(dir, seeds);
      const { code, out, error } = await prove("compute", dir);
      assert.deepEqual([code, out], [2, ""], error);
      assert.match(error, /^error: .*\n$/);
    });
  });
}

test("places outside the matrix are wrong use, and no reply is left", async () => {
  await withTempFolder(async (dir) => {
    write(dir, SEEDS, "0 0,0;96,0");
    const { code, error } = await prove("proof", dir);
    assert.equal(code, 2, error);
    assert.notInclude(namesIn(dir), "resp_0.json");
  });
});
