import { test } from "#test";
import { assert } from "chai";
import { packedBatches } from "../../core/data/packed_batches.ts";
import { byteTokenizer } from "../../core/data/tokenizer.ts";

async function batchesOf(texts: readonly string[], tokensPerBatch: number): Promise<number[][]> {
  async function* stream(): AsyncGenerator<string> {
    for (const text of texts) yield await Promise.resolve(text);
  }
  const batches = packedBatches(stream(), byteTokenizer, tokensPerBatch);
  return await Array.fromAsync(batches, (batch) => [...batch]);
}

const [A, B, END] = [97, 98, 0];

test("texts follow each other with one end-of-text token between", async () => {
  assert.deepEqual(await batchesOf(["aa", "b", "b"], 3), [[A, A, END], [B, END, B]]);
});

test("a text that is longer than a batch goes on in the next", async () => {
  assert.deepEqual(await batchesOf(["aaaaa"], 2), [[A, A], [A, A], [A, END]]);
});

test("what does not fill a batch is held back", async () => {
  assert.deepEqual(await batchesOf(["a"], 3), []);
});

test("a batch that was given stays as it is", async () => {
  const batches = await batchesOf(["ab", "ba"], 2);
  assert.deepEqual(batches, [[A, B], [END, B], [A, END]]);
});

test("an empty text still ends", async () => {
  assert.deepEqual(await batchesOf(["", "a"], 3), [[END, A, END]]);
});
