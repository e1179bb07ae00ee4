import { assert } from "chai";
import { test } from "#test";
import { buildCorpus, parseDocuments } from "../../core/data/corpus.ts";
import { byteTokenizer } from "../../core/data/tokenizer.ts";
import { UsageError, WeftError } from "../../core/errors.ts";

/** Both parts of a corpus in one, with end-of-text as a bar. */
function stream(documents: Iterable<string>, validationFraction = 0.5): string {
  const { training, validation } = buildCorpus(documents, byteTokenizer, { validationFraction });
  return [...training, ...validation].map((id) => id === 0 ? "|" : String.fromCharCode(id)).join(
    "",
  );
}

test("texts are packed end to end, each followed by one end-of-text token", () => {
  assert.strictEqual(stream(["ab", "c", "def"]), "ab|c|def|");
});

test("packing is the published miner's, whose buffer is cut at any place", () => {
  // The miner's own loop on these texts yields ab|c and |def for samples of four.
  const packed = stream(["ab", "c", "def", ""]);
  assert.deepEqual(packed.match(/.{4}/g), ["ab|c", "|def"]);
});

test("documents without a token are skipped", () => {
  assert.strictEqual(stream(["", "a", "\0", "b"]), "a|b|");
});

test("documents may come from a generator, read once", () => {
  function* documents(): Generator<string> {
    yield "a";
    yield "b";
  }
  assert.strictEqual(stream(documents()), "a|b|");
});

test("the last twentieth is held out unless said otherwise", () => {
  const { training, validation } = buildCorpus(["x".repeat(199)], byteTokenizer);
  assert.strictEqual(training.length, 190);
  assert.strictEqual(validation.length, 10);
});

test("the held-out part of one long document is its end", () => {
  const options = { validationFraction: 0.25 };
  const { training, validation } = buildCorpus(["abcdefg"], byteTokenizer, options);
  assert.strictEqual(byteTokenizer.decode(training), "abcdef");
  assert.deepEqual([...validation], [103, 0]);
});

test("no token is in both parts or in none", () => {
  for (let length = 0; length < 60; length++) {
    const { training, validation } = buildCorpus(["y".repeat(length)], byteTokenizer);
    assert.strictEqual(training.length + validation.length, length === 0 ? 0 : length + 1);
  }
});

test("nothing is held out on request", () => {
  const corpus = buildCorpus(["abc"], byteTokenizer, { validationFraction: 0 });
  assert.strictEqual(corpus.validation.length, 0);
});

test("a fraction outside of [0, 1) is a RangeError", () => {
  for (const validationFraction of [-0.1, 1, NaN]) {
    assert.throws(() => buildCorpus([], byteTokenizer, { validationFraction }), RangeError);
  }
});

test("a .txt file is one document, as it stands", () => {
  assert.deepEqual(parseDocuments("A Book.TXT", "one\n\n two\r\n"), ["one\n\n two\r\n"]);
});

test("a .jsonl file is one document a line", () => {
  const text = '{"text": "a\\nb", "url": "u"}\r\n\n  {"text": ""}  \n{"text": "c"}';
  assert.deepEqual(parseDocuments("web.jsonl", text), ["a\nb", "", "c"]);
});

test("a bad line is a WeftError with the file and the line's number, empty lines counted", () => {
  const bad = [
    '{"text": 1}',
    "{}",
    "[]",
    "null",
    '"text"',
    '{"text": "a"',
    "text",
    '{"Text": "a"}',
  ];
  for (const line of bad) {
    const read = (): string[] => parseDocuments("web.jsonl", `{"text": "a"}\n\n${line}\n`);
    assert.throws(read, WeftError, /^web\.jsonl, line 3: .*"text"\.$/);
  }
});

test("another kind of file is a UsageError that says what is read", () => {
  for (const name of ["a.json", "a.parquet", "txt", ""]) {
    assert.throws(() => parseDocuments(name, ""), UsageError, ".txt file or a .jsonl file");
  }
});
