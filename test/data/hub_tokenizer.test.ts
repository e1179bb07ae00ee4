import { test } from "#test";
import { assert } from "chai";
import { Hub } from "../../core/data/hub.ts";
import { loadHubTokenizer } from "../../core/data/hub_tokenizer.ts";
import type { Tokenizer } from "../../core/data/tokenizer.ts";
import { FakeHub, jsonFile } from "./fake_hub.ts";

const ENDPOINT = "https://hub.example";

/** A byte-level BPE of the form that Llama 3's file has, with four merges. */
const FILE = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [
    { id: 10, content: "<|begin|>", special: true, normalized: false },
    { id: 11, content: "<|end|>", special: true, normalized: false },
  ],
  normalizer: null,
  pre_tokenizer: {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<|begin|>", type_id: 0 } }, {
      Sequence: { id: "A", type_id: 0 },
    }],
    pair: [],
    special_tokens: { "<|begin|>": { id: "<|begin|>", ids: [10], tokens: ["<|begin|>"] } },
  },
  decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: true,
    vocab: { w: 0, h: 1, a: 2, l: 3, e: 4, "Ġ": 5, wh: 6, al: 7, whal: 8, whale: 9 },
    merges: ["w h", "a l", "wh al", "whal e"],
  },
};

function load(file: unknown, config: unknown): Promise<Tokenizer> {
  const base = `${ENDPOINT}/owner/model/resolve/main`;
  const { http } = new FakeHub({
    [`${base}/tokenizer.json`]: jsonFile(file),
    [`${base}/tokenizer_config.json`]: jsonFile(config),
  });
  return loadHubTokenizer(new Hub({ http, endpoint: ENDPOINT }), "owner/model");
}

const CONFIG = { eos_token: "<|end|>", bos_token: "<|begin|>" };

test("a text is encoded without special tokens", async () => {
  const tokenizer = await load(FILE, CONFIG);
  assert.deepEqual([...tokenizer.encode("whale al")], [9, 5, 7]);
});

test("encoding and decoding give the text back", async () => {
  const tokenizer = await load(FILE, CONFIG);
  assert.equal(tokenizer.decode(tokenizer.encode("whale hall")), "whale hall");
});

test("the vocabulary counts the added tokens", async () => {
  assert.equal((await load(FILE, CONFIG)).vocabSize, 12);
});

test("the end of text is the model's own", async () => {
  assert.equal((await load(FILE, { eos_token: { content: "<|end|>" } })).endOfText, 11);
});

test("an end of text written in a text is not taken for one", async () => {
  const tokenizer = await load(FILE, CONFIG);
  assert.notInclude([...tokenizer.encode("wh<|end|>al")], 11);
});

test("a tokenizer without an end of text is refused", async () => {
  let message = "";
  await load(FILE, { eos_token: "<|gone|>" }).catch((error: Error) => message = error.message);
  assert.include(message, "no id for its end-of-text token");
});

test("a file of another form is refused", async () => {
  let message = "";
  await load({ model: [] }, CONFIG).catch((error: Error) => message = error.message);
  assert.include(message, "unknown form");
});
