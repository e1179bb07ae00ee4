/**
 * A process killed while it writes checkpoints leaves one that is whole.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "../../core/formats/safetensors.ts";
import { openFolderStorage } from "../../headless/folder_storage.ts";
import { namesIn, withTempFolder } from "../headless/temp_folder.ts";
import { seededRandom } from "../reference/random.ts";

const SCRIPT = fileURLToPath(new URL("write_checkpoints.ts", import.meta.url));
const KILLS = 20;
/** Dots that a process prints for one checkpoint. */
const DOTS = 16;

/** Lets a process write until it has printed so many dots, then kills it with signal 9. */
async function writeAndKill(dir: string, first: number, dots: number): Promise<string> {
  const writer = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read=.", `--allow-write=${dir}`, SCRIPT, dir, `${first}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let printed = "";
  let isKilled = false;
  for await (const text of writer.stdout.pipeThrough(new TextDecoderStream())) {
    printed += text;
    if (isKilled || printed.split(".").length <= dots) continue;
    // It may write on until the signal arrives.
    writer.kill("SIGKILL");
    isKilled = true;
  }
  const { signal } = await writer.status;
  assert.equal(signal, "SIGKILL", printed);
  return printed;
}

/** The number of the checkpoint in a folder, after a look at each of its bytes. */
async function checkpointIn(dir: string): Promise<number> {
  const blob = await openFolderStorage(dir).openBlob("checkpoint.safetensors");
  if (!blob) return 0;
  const { tensors, metadata } = readSafetensors(await blob.read(0, blob.sizeBytes));
  blob.close();
  const number = Number(metadata.number);
  assert.equal(tensors.size, DOTS);
  for (const [name, { bytes }] of tensors) {
    assert.isTrue(bytes.every((byte) => byte === number % 256), `${name} of checkpoint ${number}`);
  }
  return number;
}

test("a process killed at any moment leaves the last checkpoint whole, and one that was told", async () => {
  await withTempFolder(async (dir) => {
    const random = seededRandom(9);
    let last = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // Up to two and a half checkpoints further, at any of their chunks.
      const printed = await writeAndKill(dir, last + 1, 1 + Math.floor(random() * 2.5 * DOTS));
      const told = Math.max(last, ...printed.split(/[.\n]+/).map(Number));
      const found = await checkpointIn(dir);
      assert.isAtLeast(found, told, "what was told to be written is there");
      assert.isAtMost(found, told + 1);
      const records = await openFolderStorage(dir).readRecords("metrics.jsonl");
      const numbers = records.map((record) => Number(Object(record).number));
      assert.deepEqual(numbers.toSorted((x, y) => x - y), numbers);
      assert.isAtLeast(numbers.at(-1) ?? 0, told);
      last = found;
    }
    assert.isAbove(last, KILLS / 2);
  });
});

test("what a killed process left aside is gone after the folder was opened again", async () => {
  await withTempFolder(async (dir) => {
    await writeAndKill(dir, 1, DOTS + 3);
    openFolderStorage(dir);
    assert.deepEqual(namesIn(dir), ["checkpoint.safetensors", "metrics.jsonl"]);
  });
});
