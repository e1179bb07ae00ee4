import { assert } from "chai";
import { test } from "#test";
import { buildCorpus } from "../../core/data/corpus.ts";
import { mobyDickDocuments } from "../../core/data/moby_dick.ts";
import { bigramLoss, unigramLoss } from "../../core/data/ngram.ts";
import { BatchCursor, validationBatches } from "../../core/data/packing.ts";
import { byteTokenizer } from "../../core/data/tokenizer.ts";

test("the book has all its parts in order", () => {
  const documents = mobyDickDocuments();
  assert.strictEqual(documents.length, 139);
  assert.match(documents[3], /^\s*Call me Ishmael\./);
  assert.match(documents[138], /found another orphan\.\s*$/);
});

test("the book contains no NUL, so that byte 0 is free to end texts", () => {
  assert.isFalse(mobyDickDocuments().some((text) => text.includes("\0")));
});

test("counting tables reach the losses that models are measured against", () => {
  const { training, validation } = buildCorpus(mobyDickDocuments(), byteTokenizer);
  // 3.09 and 2.39 nats were found by another program; its smoothing may differ a little.
  assert.closeTo(unigramLoss(training, validation, byteTokenizer.vocabSize), 3.09, 0.02);
  assert.closeTo(bigramLoss(training, validation, byteTokenizer.vocabSize), 2.39, 0.02);
});

test("the book feeds a thousand batches of the default size an epoch", () => {
  const { training, validation } = buildCorpus(mobyDickDocuments(), byteTokenizer);
  const cursor = new BatchCursor(training, { batchSize: 8, sampleLength: 128, seed: 1 });
  assert.isAtLeast(cursor.batchesPerEpoch, 1000);
  assert.strictEqual(validationBatches(validation, 8, 128, 16).length, 16);
});
