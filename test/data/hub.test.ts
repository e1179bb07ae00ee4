import { test } from "#test";
import { assert } from "chai";
import { Hub } from "../../core/data/hub.ts";
import { hubTexts } from "../../core/data/hub_texts.ts";
import { parquetWriteBuffer } from "hyparquet-writer";
import { FakeHub, type HubFile, jsonFile } from "./fake_hub.ts";

const ENDPOINT = "https://hub.example";
const TOKENIZER_URL = `${ENDPOINT}/owner/model/resolve/main/tokenizer.json`;
const CDN_URL = "https://cdn.example/blob";
const LIST_URL = `${ENDPOINT}/api/datasets/owner/texts/parquet/default/train`;

function hubWith(files: Record<string, HubFile>, token?: string): { hub: Hub; fake: FakeHub } {
  const fake = new FakeHub(files);
  return { fake, hub: new Hub({ http: fake.http, endpoint: ENDPOINT, token }) };
}

async function refusal(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "nothing was refused";
}

/** A Parquet file with three rows in each group. */
function parquetOf(column: string, texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const columnData = [{ name: column, data: [...texts], type: "STRING" as const }];
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 3 }));
}

const TEXTS = ["a", "b", "c", "d", "e", "f", "Ünï ❤"];

async function firstTexts(hub: Hub, count: number, seed = 1): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of hubTexts(hub, { dataset: "owner/texts", seed })) {
    if (texts.push(text) === count) break;
  }
  return texts;
}

function textsHub(file: Uint8Array<ArrayBuffer>): Hub {
  return hubWith({ [LIST_URL]: jsonFile([CDN_URL]), [CDN_URL]: file }).hub;
}

test("a file is followed to where the hub sends", async () => {
  const { hub } = hubWith({ [TOKENIZER_URL]: { redirect: CDN_URL }, [CDN_URL]: jsonFile([1]) });
  assert.deepEqual(await hub.modelJson("owner/model", "tokenizer.json"), [1]);
});

test("the token goes to the hub and to nobody else", async () => {
  const files = { [TOKENIZER_URL]: { redirect: CDN_URL }, [CDN_URL]: jsonFile([1]) };
  const { hub, fake } = hubWith(files, "hf_secret");
  await hub.modelJson("owner/model", "tokenizer.json");
  const sent = fake.asked.map(({ headers }) => headers?.authorization);
  assert.deepEqual(sent, ["Bearer hf_secret", undefined]);
});

test("redirects without an end are given up", async () => {
  const { hub } = hubWith({ [TOKENIZER_URL]: { redirect: TOKENIZER_URL } });
  assert.include(await refusal(() => hub.modelJson("owner/model", "tokenizer.json")), "end");
});

test("a model that is not for all asks for HF_TOKEN", async () => {
  const { hub } = hubWith({ [TOKENIZER_URL]: { status: 401 } });
  assert.include(
    await refusal(() => hub.modelJson("owner/model", "tokenizer.json")),
    "set HF_TOKEN",
  );
});

test("a token without access sends to the model's page, and is not shown", async () => {
  const { hub } = hubWith({ [TOKENIZER_URL]: { status: 403 } }, "hf_secret");
  const message = await refusal(() => hub.modelJson("owner/model", "tokenizer.json"));
  assert.include(message, "ask for access");
  assert.notInclude(message, "hf_secret");
});

test("a missing file is said with its status", async () => {
  const { hub } = hubWith({});
  assert.include(await refusal(() => hub.modelJson("owner/model", "tokenizer.json")), "404");
});

test("a page in place of JSON is refused", async () => {
  const { hub } = hubWith({ [TOKENIZER_URL]: new TextEncoder().encode("<html>") });
  assert.include(await refusal(() => hub.modelJson("owner/model", "tokenizer.json")), "no JSON");
});

test("a range counts from the end where it is negative", async () => {
  const { hub } = hubWith({ [CDN_URL]: Uint8Array.of(1, 2, 3, 4, 5) });
  const file = await hub.rangeFile(CDN_URL);
  assert.deepEqual([...new Uint8Array(await file.slice(-2))], [4, 5]);
});

test("a server that gives no ranges is refused", async () => {
  const whole = new FakeHub({ [CDN_URL]: Uint8Array.of(1) });
  const hub = new Hub({
    http: (request) => whole.http({ ...request, headers: {} }),
    endpoint: ENDPOINT,
  });
  assert.include(await refusal(() => hub.rangeFile(CDN_URL)), "no parts");
});

test("a dataset without files points to a text of one's own", async () => {
  const { hub } = hubWith({ [LIST_URL]: jsonFile([]) });
  assert.include(await refusal(() => firstTexts(hub, 1)), "--data");
});

test("texts come in whole groups of a file, without an end", async () => {
  const texts = await firstTexts(textsHub(parquetOf("text", TEXTS)), 40);
  const groups = [TEXTS.slice(0, 3), TEXTS.slice(3, 6), TEXTS.slice(6)].map((g) => g.join());
  assert.isTrue(groups.every((group) => texts.join().includes(group)));
});

test("another seed begins elsewhere", async () => {
  const hub = textsHub(parquetOf("text", TEXTS));
  const begins = await Promise.all([1, 2, 3, 4, 5].map((seed) => firstTexts(hub, 6, seed)));
  assert.isAbove(new Set(begins.map((texts) => texts.join())).size, 1);
});

test("rows without a text are refused", async () => {
  const hub = textsHub(parquetOf("body", TEXTS));
  assert.include(await refusal(() => firstTexts(hub, 1)), "text");
});
