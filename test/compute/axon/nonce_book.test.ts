import { test } from "#test";
import { assert } from "chai";
import { NonceBook, type NonceClaim } from "../../../core/compute/axon/nonce_book.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { TestTime } from "../../iota/api/api_setup.ts";

const VERSION = 10_002_000;

class Setup {
  readonly time = new TestTime();
  readonly storage = new MemoryStorage();

  open(lenient = false): Promise<NonceBook> {
    const { time, storage } = this;
    return NonceBook.open({ wallClock: time, clock: time, storage, lenient });
  }

  /** A nonce of a clock that is so far behind ours. */
  claim(behindMs: number, changes: Partial<NonceClaim> = {}): NonceClaim {
    const nonce = BigInt(this.time.unixMs() - behindMs) * 1_000_000n;
    return { key: "5G:u", nonce, version: VERSION, timeout: 12, ...changes };
  }
}

test("a nonce is good until 4 seconds and the timeout have passed", async () => {
  const setup = new Setup();
  const book = await setup.open();
  assert.isUndefined(book.faultOf(setup.claim(15_999)));
  assert.match(book.faultOf(setup.claim(16_000)) ?? "", /too old: acceptable delta is 16\.00/);
});

test("without a timeout it is 4 seconds", async () => {
  const setup = new Setup();
  const book = await setup.open();
  assert.isUndefined(book.faultOf(setup.claim(3_999, { timeout: null })));
  assert.isDefined(book.faultOf(setup.claim(4_000, { timeout: null })));
});

test("a negative timeout takes nothing from the 4 seconds", async () => {
  const setup = new Setup();
  assert.isUndefined((await setup.open()).faultOf(setup.claim(3_000, { timeout: -100 })));
});

test("a later nonce of a key is good, however old it is", async () => {
  const setup = new Setup();
  const book = await setup.open();
  const { key, nonce } = setup.claim(0);
  await book.accept(key, nonce);
  setup.time.advance(300_000);
  assert.isUndefined(book.faultOf(setup.claim(299_999)));
});

for (const delta of [0n, 1n]) {
  test(`after a nonce ${delta === 0n ? "the same" : "a smaller one"} is refused`, async () => {
    const setup = new Setup();
    const book = await setup.open();
    const { key, nonce } = setup.claim(0);
    await book.accept(key, nonce);
    const fault = book.faultOf(setup.claim(0, { nonce: nonce - delta }));
    assert.equal(fault, "Nonce is too old, a newer one was last processed");
  });
}

test("keys do not know of each other", async () => {
  const setup = new Setup();
  const book = await setup.open();
  const { key, nonce } = setup.claim(0);
  await book.accept(key, nonce);
  assert.isUndefined(book.faultOf(setup.claim(1, { key: "5G:other" })));
});

test("a nonce ahead of our clock is on the disk before it counts as accepted", async () => {
  const setup = new Setup();
  const { key, nonce } = setup.claim(-30_000);
  await (await setup.open()).accept(key, nonce);
  assert.isDefined((await setup.open()).faultOf({ key, nonce, version: VERSION, timeout: 12 }));
});

test("a nonce a little ahead of our clock is written with the others, and refused after a crash", async () => {
  const setup = new Setup();
  const book = await setup.open();
  await book.accept("5G:u", setup.claim(0).nonce);
  await book.flush();
  const { length } = setup.storage.logs.get("axon_nonces")?.join() ?? "";
  const close = setup.claim(-500);
  await book.accept(close.key, close.nonce);
  assert.lengthOf(setup.storage.logs.get("axon_nonces")?.join() ?? "", length);
  setup.time.advance(1_000);
  assert.isDefined((await setup.open()).faultOf(close));
});

test("nonces far ahead that come together are written one after another, each before it counts", async () => {
  const setup = new Setup();
  const writing = new Set<string>();
  const replace = setup.storage.replaceRecords.bind(setup.storage);
  setup.storage.replaceRecords = async (name, records) => {
    assert.isEmpty(writing, "one writing at a time");
    writing.add(name);
    await Promise.resolve();
    await replace(name, records);
    writing.delete(name);
  };
  const book = await setup.open();
  const claims = Array.from({ length: 9 }, (_, at) => setup.claim(-30_000, { key: `5G:${at}` }));
  await Promise.all(claims.map(async ({ key, nonce }) => {
    await book.accept(key, nonce);
    assert.include(setup.storage.logs.get("axon_nonces")?.join() ?? "", key);
  }));
});

test("a nonce far ahead that could not be written is none, and the next one is tried", async () => {
  const setup = new Setup();
  const replace = setup.storage.replaceRecords.bind(setup.storage);
  let isFull = true;
  setup.storage.replaceRecords = (name, records) => {
    return isFull ? Promise.reject(new Error("no space left")) : replace(name, records);
  };
  const book = await setup.open();
  const [first, next] = [setup.claim(-30_000), setup.claim(-30_000, { key: "5G:next" })];
  assert.match(await book.accept(first.key, first.nonce).catch(String) ?? "", /no space left/);
  isFull = false;
  await book.accept(next.key, next.nonce);
  const kept = setup.storage.logs.get("axon_nonces")?.join() ?? "";
  assert.include(kept, first.key);
  assert.include(kept, next.key);
});

test("what was accepted is on the disk a second later", async () => {
  const setup = new Setup();
  const { key, nonce } = setup.claim(0);
  await (await setup.open()).accept(key, nonce);
  await setup.time.until((async () => {
    while (setup.storage.logs.size === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  })());
  const again = (await setup.open()).faultOf({ key, nonce, version: VERSION, timeout: 12 });
  assert.equal(again, "Nonce is too old, a newer one was last processed");
});

test("after a crash nonces of the unwritten second are refused, later ones are not", async () => {
  const setup = new Setup();
  const book = await setup.open();
  await book.accept("5G:u", setup.claim(0).nonce);
  await book.flush();
  setup.time.advance(500);
  const unwritten = setup.claim(0);
  await book.accept(unwritten.key, unwritten.nonce);
  setup.time.advance(5_000);
  const next = await setup.open();
  assert.isDefined(next.faultOf(unwritten));
  assert.isUndefined(next.faultOf(setup.claim(0)));
  assert.isUndefined(next.faultOf(setup.claim(1_000)), "a slow clock is none of its own fault");
});

test("an old SDK's nonce that is no time is refused, unless the book is lenient", async () => {
  const setup = new Setup();
  const claim = setup.claim(0, { nonce: 123_456_789n, version: 7_001_999 });
  assert.isDefined((await setup.open()).faultOf(claim));
  assert.isUndefined((await setup.open(true)).faultOf(claim));
});

test("a lenient book takes nonces of any time to come, as the reference does", async () => {
  const setup = new Setup();
  assert.isUndefined((await setup.open(true)).faultOf(setup.claim(-1e9)));
});

test("what the age alone refuses is forgotten", async () => {
  const setup = new Setup();
  const book = await setup.open();
  await book.accept("5G:old", setup.claim(0).nonce);
  setup.time.advance(605_000);
  await book.accept("5G:new", setup.claim(0).nonce);
  await book.flush();
  assert.notInclude(setup.storage.logs.get("axon_nonces")?.join() ?? "", "5G:old");
});

test("what is on the disk in another form is no reason not to start", async () => {
  const setup = new Setup();
  await setup.storage.replaceRecords("axon_nonces", [{ nonces: "all" }]);
  assert.isUndefined((await setup.open()).faultOf(setup.claim(0)));
});

const TOO_OLD = "Nonce is too old, a newer one was last processed";

test("a hotkey's fresh uuids push out none of another's nonces", async () => {
  const setup = new Setup();
  const book = await setup.open();
  const captured = setup.claim(0);
  await book.accept(captured.key, captured.nonce);
  for (let at = 0; at < 110_000; at++) await book.accept(`5F:${at}`, captured.nonce);
  assert.equal(book.faultOf({ ...captured, timeout: 600 }), TOO_OLD);
});

test("a hotkey's own fresh uuids let none of its requests pass again", async () => {
  const setup = new Setup();
  const book = await setup.open();
  const claims = Array.from(
    { length: 1_000 },
    (_, at) => setup.claim(1_000 - at, { key: `5G:${at}` }),
  );
  for (const { key, nonce } of claims) await book.accept(key, nonce);
  for (const claim of claims) assert.equal(book.faultOf({ ...claim, timeout: 600 }), TOO_OLD);
  assert.isUndefined(book.faultOf(setup.claim(0, { key: "5G:new" })), "what is newer is good");
});

test("what was dropped of a hotkey is refused after a restart too", async () => {
  const setup = new Setup();
  const book = await setup.open();
  // Ahead of our clock, where the restart alone refuses nothing.
  const ahead = Array.from(
    { length: 300 },
    (_, at) => setup.claim(-30_000 - at, { key: `5G:${at}` }),
  );
  for (const { key, nonce } of ahead) await book.accept(key, nonce);
  const next = await setup.open();
  assert.equal(next.faultOf(ahead[0]), TOO_OLD);
});

test("hotkeys that are let in nowhere push out none that are", async () => {
  const setup = new Setup();
  const book = await setup.open();
  const captured = setup.claim(0);
  await book.accept(captured.key, captured.nonce);
  for (let at = 0; at < 110_000; at++) await book.accept(`5F${at}:u`, captured.nonce, true);
  assert.equal(book.faultOf({ ...captured, timeout: 600 }), TOO_OLD);
});

test("a hotkey that is let in nowhere is not on the disk", async () => {
  const setup = new Setup();
  const book = await setup.open();
  await book.accept("5F:u", setup.claim(-30_000).nonce, true);
  await book.flush();
  assert.equal(setup.storage.logs.size, 0);
});
