/**
 * Batches for layer 0: whose texts, in whose tokens, and what happens when they break off.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import type { Http } from "../../core/host.ts";
import { tensorToInt32 } from "../../core/formats/dtype.ts";
import {
  openTexts,
  type TextSettings,
  TokenBatches,
  tokenizerFor,
  type TokenRows,
} from "../../core/node/texts.ts";
import { failureOf, KeptLog } from "../harness/kept_log.ts";
import { FakeTime } from "../iota/fake_time.ts";
import { tinyModel } from "../model/tiny_model.ts";

const BYTES = tinyModel({ V: 256 });
const WORDS = tinyModel({ V: 128256 });

const SETTINGS: TextSettings = {
  training: { model: BYTES, batch: 2, seq: 4 },
  ...{
    ownDocuments: undefined,
    tokenizer: undefined,
    dataset: "some/texts",
    token: undefined,
    seed: 1,
  },
};

/** The hub refuses everything, and remembers what it was asked. */
function closedHub(status: number): { http: Http; asked: [url: string, token: unknown][] } {
  const asked: [string, unknown][] = [];
  const http: Http = ({ url, headers }) => {
    asked.push([url, headers?.authorization]);
    const body = ReadableStream.from<Uint8Array<ArrayBuffer>>([]);
    return Promise.resolve({ status, headers: { get: () => null }, body });
  };
  return { http, asked };
}

function open(changes: Partial<TextSettings> = {}, http = closedHub(404).http): Promise<TokenRows> {
  return openTexts({ ...SETTINGS, ...changes }, http);
}

async function first(rows: Promise<TokenRows>): Promise<string> {
  return `${(await (await rows).next()).value}`;
}

test("a model of bytes reads the book that is always there", async () => {
  assert.equal((await first(open())).split(",").length, 8);
});

test("another seed begins elsewhere, the same one does not, and what is opened again does", async () => {
  const [one, other, again] = await Promise.all([1, 2, 1].map((seed) => first(open({ seed }))));
  assert.notEqual(one, other);
  assert.equal(one, again);
  assert.equal(await first(openTexts(SETTINGS, closedHub(404).http, 1)), other);
});

test("a text of the user's has no end", async () => {
  const rows = await open({ ownDocuments: () => Promise.resolve(["abababab"]) });
  for (let i = 0; i < 5; i++) {
    assert.equal(`${(await rows.next()).value}`, "97,98,97,98,97,98,97,98");
  }
});

test("the tokenizer goes by the vocabulary, unless it is named", () => {
  assert.equal(tokenizerFor(SETTINGS), "bytes");
  const training = { ...SETTINGS.training, model: WORDS };
  assert.equal(tokenizerFor({ ...SETTINGS, training }), "meta-llama/Llama-3.2-1B");
  assert.equal(tokenizerFor({ ...SETTINGS, training, tokenizer: "bytes" }), "bytes");
});

test("a tokenizer with more ids than the model has is wrong use", async () => {
  const training = { ...SETTINGS.training, model: tinyModel({ V: 16 }) };
  const failure = await failureOf(open({ training }));
  assert.instanceOf(failure, UsageError);
  assert.match(String(failure), /vocab_size of 16, tokenizer bytes needs 256.*--tokenizer/);
});

test("what the hub does not give to all is told with what to do, and without the token", async () => {
  const { http, asked } = closedHub(401);
  const training = { ...SETTINGS.training, model: WORDS };
  const failure = await failureOf(open({ training, token: "hf_secret" }, http));
  assert.instanceOf(failure, WeftError);
  assert.include(String(failure), "HF_TOKEN");
  assert.notInclude(String(failure), "hf_secret");
  assert.equal(asked[0][1], "Bearer hf_secret");
});

test("an own text in the tokens of a hub's model asks the hub for the tokenizer alone", async () => {
  const { http, asked } = closedHub(404);
  const training = { ...SETTINGS.training, model: WORDS };
  await failureOf(open({ training, ownDocuments: () => Promise.resolve(["a"]) }, http));
  assert.isTrue(asked.every(([url]) => url.includes("/meta-llama/Llama-3.2-1B/resolve/")));
});

test("what the user's text fails with is told", async () => {
  const ownDocuments = (): Promise<never> => Promise.reject(new UsageError("--data a.txt: gone"));
  assert.match(String(await failureOf(open({ ownDocuments }))), /--data a\.txt: gone/);
});

const NEVER = new AbortController().signal;
const SHAPE = { batch: 1, seq: 2 };

/** Rows that break off after the first, and how often they were opened. */
function breaking(): { texts: TokenBatches; opened: number[]; time: FakeTime; log: KeptLog } {
  const [opened, time, log] = [new Array<number>(), new FakeTime(), new KeptLog()];
  async function* rows(at: number): AsyncGenerator<number[], never> {
    yield await Promise.resolve([at, at]);
    throw new WeftError("the hub is away");
  }
  const open = (at: number): Promise<TokenRows> => {
    opened.push(at);
    return Promise.resolve(rows(at));
  };
  return { texts: new TokenBatches(SHAPE, open, { clock: time, log }), opened, time, log };
}

test("a batch is int64 (B, T), and nothing is opened before the first", async () => {
  const { texts, opened } = breaking();
  assert.deepEqual(opened, []);
  const tensor = await texts.next(NEVER);
  assert.deepEqual([tensor?.dtype, tensor?.shape], ["i64", [1, 2]]);
});

test("texts that break off are opened anew after a while, elsewhere", async () => {
  const { texts, opened, time, log } = breaking();
  await texts.next(NEVER);
  const broken = texts.next(NEVER);
  await time.pass(30_000);
  assert.isUndefined(await broken);
  assert.match(log.lines.join(), /warn: the hub is away \(the texts are opened anew in 30 s\)/);
  const tensor = await texts.next(NEVER);
  assert.deepEqual([...tensorToInt32(tensor ?? assert.fail("no batch"))], [1, 1]);
  assert.deepEqual(opened, [0, 1]);
});

test("texts that cannot be had at all fail at once", async () => {
  const failing = (): Promise<TokenRows> => Promise.reject(new WeftError("no such dataset"));
  const reach = { clock: new FakeTime(), log: new KeptLog() };
  const failure = await failureOf(new TokenBatches(SHAPE, failing, reach).next(NEVER));
  assert.include(String(failure), "no such dataset");
});
