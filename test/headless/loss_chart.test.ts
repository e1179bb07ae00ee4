import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import type { StartedEvent } from "../../core/node/events.ts";
import { openFolderStorage } from "../../headless/folder_storage.ts";
import { LossChart } from "../../headless/loss_chart.ts";
import { namesIn, withTempFolder } from "./temp_folder.ts";

const STARTED: StartedEvent = {
  kind: "started",
  adapter: "a",
  backend: "wgpu",
  isSoftware: false,
  model: "nano",
  parameters: 1,
  step: 0,
  steps: 2,
  batch: 1,
  seq: 2,
  batchesBeforeMerging: 1,
  learningRate: 1,
  precision: "f32",
  ...{ minersPerLayer: 1, mergeEvery: 10, url: "http://127.0.0.1:4000" },
  unigramLoss: 3,
  bigramLoss: 2,
};

test("LossChart draws from the records at every checkpoint", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    const chart = new LossChart(storage);
    await chart.take(STARTED);
    assert.deepEqual(namesIn(dir), []);
    for (const step of [1, 2]) {
      await storage.appendRecord("metrics.jsonl", { step, loss: 4, validationLoss: 3 + step });
      await chart.take({ kind: "checkpoint", step, sizeBytes: 1 });
      const svg = Deno.readTextFileSync(join(dir, "loss.svg"));
      assert.include(svg, `validation loss ${3 + step}.000`);
    }
  });
});

test("LossChart draws at the end of a run that had no step left", async () => {
  await withTempFolder(async (dir) => {
    const chart = new LossChart(openFolderStorage(dir));
    await chart.take(STARTED);
    await chart.take({
      ...{ kind: "finished", step: 0, stopped: true, validationLoss: 5, sample: "" },
    });
    assert.deepEqual(namesIn(dir), ["loss.svg"]);
  });
});
