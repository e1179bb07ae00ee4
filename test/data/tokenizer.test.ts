import { assert } from "chai";
import { test } from "#test";
import { byteTokenizer } from "../../core/data/tokenizer.ts";

test("text of every script survives encoding and decoding", () => {
  for (const text of ["", "Call me Ishmael.", "naïve — ☀ 𝄞 汉字\n\t", "\ufeffmark", "\u0001"]) {
    assert.strictEqual(byteTokenizer.decode(byteTokenizer.encode(text)), text);
  }
});

test("each token is a byte of UTF-8", () => {
  assert.deepEqual([...byteTokenizer.encode("aä")], [97, 0xc3, 0xa4]);
});

test("a text can never contain the end-of-text token", () => {
  const tokens = byteTokenizer.encode("a\0b\0");
  assert.deepEqual([...tokens], [97, 98]);
  assert.notInclude([...tokens], byteTokenizer.endOfText);
});

test("every token of the vocabulary decodes alone, valid UTF-8 or not", () => {
  for (let id = 0; id < byteTokenizer.vocabSize; id++) {
    assert.isAtMost(byteTokenizer.decode([id]).length, 1, `token ${id}`);
  }
});

test("a character cut in the middle decodes to the replacement character", () => {
  const tokens = byteTokenizer.encode("☀a");
  assert.strictEqual(byteTokenizer.decode(tokens.subarray(1)), "\ufffd\ufffda");
  assert.strictEqual(byteTokenizer.decode(tokens.subarray(0, 2)), "\ufffd");
});

test("end-of-text tokens leave no trace in decoded text", () => {
  assert.strictEqual(byteTokenizer.decode([0, 97, 0, 98, 0]), "ab");
});

test("a lone surrogate, which UTF-8 cannot hold, is replaced", () => {
  const tokens = byteTokenizer.encode("a\ud800b");
  assert.strictEqual(byteTokenizer.decode(tokens), "a\ufffdb");
});

test("ids outside of the vocabulary are a RangeError", () => {
  for (const id of [-1, 256, 1.5, NaN]) {
    assert.throws(() => byteTokenizer.decode([97, id]), RangeError, "token 1");
  }
});

test("the vocabulary is a multiple of 4, as vector loads of its rows need", () => {
  assert.strictEqual(byteTokenizer.vocabSize % 4, 0);
});
