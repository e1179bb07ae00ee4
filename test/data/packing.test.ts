import { assert } from "chai";
import { test } from "#test";
import { type Batch, BatchCursor, validationBatches } from "../../core/data/packing.ts";
import { shuffledOrder } from "../../core/data/random.ts";
import { UsageError } from "../../core/errors.ts";

/** A stream whose tokens are their own places. */
function counting(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => i);
}

/** The samples of a batch by number, checked to be whole samples of a counting stream. */
function sampleNumbers(tokens: Int32Array, sampleLength: number): number[] {
  const numbers: number[] = [];
  for (let start = 0; start < tokens.length; start += sampleLength) {
    const first = tokens[start];
    assert.strictEqual(first % sampleLength, 0);
    for (let i = 0; i < sampleLength; i++) assert.strictEqual(tokens[start + i], first + i);
    numbers.push(first / sampleLength);
  }
  return numbers;
}

function take(cursor: BatchCursor, count: number): Batch[] {
  return Array.from({ length: count }, () => cursor.nextBatch());
}

const OPTIONS = { batchSize: 2, sampleLength: 5, seed: 7 };

test("a batch is B whole samples of T tokens that follow each other in the stream", () => {
  const { tokens } = new BatchCursor(counting(50), OPTIONS).nextBatch();
  assert.strictEqual(tokens.length, 10);
  sampleNumbers(tokens, 5);
});

test("an epoch brings every sample once", () => {
  const cursor = new BatchCursor(counting(50), OPTIONS);
  assert.strictEqual(cursor.batchesPerEpoch, 5);
  const seen = take(cursor, 5).flatMap((batch) => sampleNumbers(batch.tokens, 5));
  assert.deepEqual(seen.sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("no sample repeats within an epoch that leaves some out", () => {
  const cursor = new BatchCursor(counting(59), OPTIONS);
  for (let epoch = 0; epoch < 4; epoch++) {
    const seen = take(cursor, 5).flatMap((batch) => sampleNumbers(batch.tokens, 5));
    assert.strictEqual(new Set(seen).size, 10);
  }
});

test("samples left out of one epoch come in another", () => {
  const cursor = new BatchCursor(counting(55), OPTIONS);
  const seen = take(cursor, 50).flatMap((batch) => sampleNumbers(batch.tokens, 5));
  assert.strictEqual(new Set(seen).size, 11);
});

test("epochs differ in their order", () => {
  const cursor = new BatchCursor(counting(500), OPTIONS);
  const [first, second] = [take(cursor, 50), take(cursor, 50)].map((batches) =>
    batches.flatMap((batch) => sampleNumbers(batch.tokens, 5))
  );
  assert.notDeepEqual(first, second);
});

test("equal seeds give equal batches, other seeds others", () => {
  const batches = (seed: number): Batch[] =>
    take(new BatchCursor(counting(500), { ...OPTIONS, seed }), 60);
  assert.deepEqual(batches(1), batches(1));
  assert.notDeepEqual(batches(1), batches(2));
  assert.notDeepEqual(batches(1), batches(1 + 2 ** 32));
});

test("the order is the same on every machine and in every version", () => {
  assert.deepEqual([...shuffledOrder(10, 42, 0)], [9, 6, 2, 7, 3, 4, 5, 8, 1, 0]);
});

test("a cursor that goes to a saved position continues as if never stopped", () => {
  const whole = take(new BatchCursor(counting(64), OPTIONS), 40);
  for (const stop of [0, 1, 5, 6, 11, 39]) {
    const first = new BatchCursor(counting(64), OPTIONS);
    take(first, stop);
    const saved = JSON.parse(JSON.stringify(first.position));
    const second = new BatchCursor(counting(64), OPTIONS);
    second.seek(saved);
    assert.deepEqual(take(second, 40 - stop), whole.slice(stop), `stopped at ${stop}`);
  }
});

test("a batch's own position brings that batch back", () => {
  const cursor = new BatchCursor(counting(64), OPTIONS);
  const batches = take(cursor, 20);
  for (const batch of [batches[13], batches[2]]) {
    cursor.seek(batch.position);
    assert.deepEqual(cursor.nextBatch(), batch);
  }
});

test("batches are copies: changing one changes neither stream nor later batches", () => {
  const tokens = counting(10);
  const cursor = new BatchCursor(tokens, OPTIONS);
  cursor.nextBatch().tokens.fill(-1);
  assert.deepEqual(tokens, counting(10));
  assert.notInclude([...cursor.nextBatch().tokens], -1);
});

test("a stream of exactly one batch serves for ever", () => {
  const cursor = new BatchCursor(counting(10), OPTIONS);
  for (const { tokens } of take(cursor, 10)) {
    assert.deepEqual(sampleNumbers(tokens, 5).sort(), [0, 1]);
  }
});

test("a stream one token too short is a UsageError with both numbers and a way out", () => {
  assert.throws(
    () => new BatchCursor(counting(9), OPTIONS),
    UsageError,
    /training .* has 9 tokens.* 2 samples of 5 .* needs 10: give a longer text/,
  );
});

test("an empty stream is a UsageError", () => {
  assert.throws(() => new BatchCursor(counting(0), OPTIONS), UsageError, "has 0 tokens");
});

test("a position that is no count is a RangeError", () => {
  const cursor = new BatchCursor(counting(10), OPTIONS);
  for (const position of [-1, 0.5, NaN, 2 ** 53]) {
    assert.throws(() => cursor.seek(position), RangeError, "position");
  }
});

test("options that are no counts are a RangeError", () => {
  for (const bad of [0, -1, 1.5, NaN]) {
    const tokens = counting(100);
    assert.throws(() => new BatchCursor(tokens, { ...OPTIONS, batchSize: bad }), RangeError);
    assert.throws(() => new BatchCursor(tokens, { ...OPTIONS, sampleLength: bad }), RangeError);
    assert.throws(() => validationBatches(tokens, 2, 5, bad), RangeError, "count");
  }
  const fraction = new BatchCursor(counting(100), { ...OPTIONS, seed: 0.5 });
  assert.throws(() => fraction.nextBatch(), RangeError, "seed");
});

test("validation batches are spread over the whole part, without repeats", () => {
  const batches = validationBatches(counting(1000), 2, 5, 10);
  const numbers = batches.flatMap((tokens) => sampleNumbers(tokens, 5));
  assert.deepEqual(numbers, Array.from({ length: 20 }, (_, i) => i * 10));
});

test("validation batches never repeat a sample, whatever the sizes", () => {
  for (let length = 10; length < 200; length += 7) {
    const batches = validationBatches(counting(length), 2, 5, 4);
    const numbers = batches.flatMap((tokens) => sampleNumbers(tokens, 5));
    assert.strictEqual(new Set(numbers).size, numbers.length);
  }
});

test("validation batches are the same every time", () => {
  const part = counting(777);
  assert.deepEqual(validationBatches(part, 3, 8, 5), validationBatches(part, 3, 8, 5));
});

test("fewer validation batches come back where the part holds no more", () => {
  assert.strictEqual(validationBatches(counting(39), 2, 5, 100).length, 3);
});

test("a validation part too short for one batch is a UsageError", () => {
  assert.throws(
    () => validationBatches(counting(9), 2, 5, 1),
    UsageError,
    /validation .* has 9 tokens/,
  );
});

test("shuffledOrder() holds every number once", () => {
  for (const count of [0, 1, 2, 1000]) {
    assert.deepEqual([...shuffledOrder(count, 3, 4)].sort((a, b) => a - b), [...counting(count)]);
  }
});

test("shuffledOrder() puts each number to each place about equally often", () => {
  const hits = new Uint32Array(25);
  for (let round = 0; round < 5000; round++) {
    for (const [place, value] of shuffledOrder(5, 1, round).entries()) hits[place * 5 + value]++;
  }
  // 1000 expected with a deviation of 28; six deviations never happen by chance.
  for (const count of hits) assert.closeTo(count, 1000, 170);
});
