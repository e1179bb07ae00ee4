import { test } from "#test";
import { assert } from "chai";
import {
  blockHash,
  blockNumberAt,
  blockUnixMs,
  genesisHashOf,
} from "../../../core/chain/ledger/block_time.ts";
import { Ledger, type LedgerSettings } from "../../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import { UsageError } from "../../../core/errors.ts";
import { GENESIS_MS, ManualTime } from "./manual_time.ts";

const TIME = { genesisUnixMs: GENESIS_MS, blockMs: 250 };

function setUp(settings: Partial<LedgerSettings> = {}): {
  time: ManualTime;
  ledger: Ledger;
  again: (changes?: Partial<LedgerSettings>) => Ledger;
} {
  const time = new ManualTime();
  const store = new MemoryLedgerStore();
  const again = (changes: Partial<LedgerSettings> = {}) =>
    new Ledger(store, {
      wallClock: time,
      clock: time,
      endpoint: "ledger:test",
      ...settings,
      ...changes,
    });
  return { time, ledger: again(), again };
}

/** Lets what is on its way arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test("a block lasts from its first millisecond to the one before the next block's first", () => {
  assert.equal(blockNumberAt(TIME, GENESIS_MS), 0);
  assert.equal(blockNumberAt(TIME, GENESIS_MS + 249), 0);
  assert.equal(blockNumberAt(TIME, GENESIS_MS + 250), 1);
  assert.equal(blockUnixMs(TIME, 7), GENESIS_MS + 1750);
});

test("before the ledger began it is at block 0", () => {
  assert.equal(blockNumberAt(TIME, GENESIS_MS - 1), 0);
  assert.equal(blockNumberAt(TIME, 0), 0);
});

test("blocks have hashes of their own, the same each time", () => {
  const genesis = genesisHashOf(TIME);
  const hashes = [0, 1, 2, 255, 256, 2 ** 32].map((number) => blockHash(genesis, number));
  assert.equal(new Set(hashes).size, hashes.length);
  assert.deepEqual(
    hashes,
    [0, 1, 2, 255, 256, 2 ** 32].map((number) => blockHash(genesis, number)),
  );
  for (const hash of hashes) assert.match(hash, /^0x[0-9a-f]{64}$/);
  assert.equal(hashes[0], genesis);
});

test("ledgers that began at other times have other hashes", () => {
  const hashes = [TIME, { ...TIME, blockMs: 251 }, { ...TIME, genesisUnixMs: GENESIS_MS + 1 }]
    .map(genesisHashOf);
  assert.equal(new Set(hashes).size, 3);
});

test("a ledger begins at block 0 when it is first asked, with 12 seconds a block", async () => {
  const { time, ledger } = setUp();
  await time.advance(5000);
  assert.deepInclude(await ledger.head(), { number: 0, unixMs: GENESIS_MS + 5000 });
  await time.advance(24_000);
  const head = await ledger.head();
  assert.deepInclude(head, { number: 2, unixMs: GENESIS_MS + 29_000 });
  assert.equal(head.hash, blockHash((await ledger.identity()).genesisHash, 2));
});

test("a ledger goes on where it was, whoever opens it", async () => {
  const { time, ledger, again } = setUp({ blockMs: 250 });
  const { genesisHash } = await ledger.identity();
  await time.advance(1000);
  const later = again({ blockMs: undefined });
  assert.equal((await later.head()).number, 4);
  assert.equal((await later.identity()).genesisHash, genesisHash);
});

test("a ledger keeps its block time", async () => {
  const { ledger, again } = setUp({ blockMs: 250 });
  await ledger.head();
  const failure = await again({ blockMs: 12_000 }).head().catch((error: unknown) => error);
  assert.instanceOf(failure, UsageError);
  assert.match(String(failure), /every 250 ms/);
});

test("a block time that is none is wrong use", async () => {
  for (const blockMs of [0, -1, 0.5, NaN, Infinity]) {
    const failure = await setUp({ blockMs }).ledger.head().catch((error: unknown) => error);
    assert.instanceOf(failure, UsageError, String(blockMs));
  }
});

test("the block number stands still while the clock is behind, also for whoever comes later", async () => {
  const { time, ledger, again } = setUp({ blockMs: 250 });
  await ledger.head();
  await time.advance(10_000);
  assert.equal((await ledger.head()).number, 40);
  time.setWall(GENESIS_MS + 5000);
  assert.equal((await ledger.head()).number, 40);
  assert.equal((await again().head()).number, 40);
  time.setWall(GENESIS_MS - 1_000_000);
  assert.equal((await again().head()).number, 40);
  time.setWall(GENESIS_MS + 10_250);
  assert.equal((await again().head()).number, 41);
});

test("a clock with fractions of a millisecond is no trouble", async () => {
  const time = new ManualTime();
  time.setWall(GENESIS_MS + 0.75);
  const settings = { wallClock: time, clock: time, endpoint: "" };
  const ledger = new Ledger(new MemoryLedgerStore(), settings);
  assert.equal((await ledger.head()).unixMs, GENESIS_MS);
});

test("watchHead() calls with each block that comes, and not with the present one", async () => {
  const { time, ledger } = setUp({ blockMs: 200 });
  const seen: number[] = [];
  await ledger.watchHead((number) => seen.push(number));
  for (let step = 0; step < 6; step++) {
    await time.advance(100);
    await settle();
  }
  assert.deepEqual(seen, [1, 2, 3]);
  await ledger.close();
});

test("watchHead() leaves out blocks that passed while the machine slept", async () => {
  const { time, ledger } = setUp({ blockMs: 200 });
  const seen: number[] = [];
  await ledger.watchHead((number) => seen.push(number));
  await time.advance(1_000_000);
  await settle();
  assert.deepEqual(seen, [5000]);
  await ledger.close();
});

test("watchHead() is silent while the clock is behind", async () => {
  const { time, ledger } = setUp({ blockMs: 200 });
  await time.advance(10_000);
  await ledger.head();
  await time.advance(10_000);
  const seen: number[] = [];
  await ledger.watchHead((number) => seen.push(number));
  time.setWall(GENESIS_MS + 1000);
  await time.advance(200);
  await settle();
  assert.isEmpty(seen);
  time.setWall(GENESIS_MS + 30_000);
  await time.advance(200);
  await settle();
  assert.lengthOf(seen, 1);
  await ledger.close();
});

test("watchHead() calls no more once it was ended, and sleeps no more", async () => {
  const { time, ledger } = setUp({ blockMs: 200 });
  const seen: number[] = [];
  const end = await ledger.watchHead((number) => seen.push(number));
  end();
  for (let step = 0; step < 3; step++) {
    await time.advance(200);
    await settle();
  }
  assert.isEmpty(seen);
  assert.equal(time.sleeperCount, 0);
});

test("close() ends all watches", async () => {
  const { time, ledger } = setUp({ blockMs: 200 });
  const seen: number[] = [];
  await ledger.watchHead((number) => seen.push(number));
  await ledger.watchHead((number) => seen.push(-number));
  await ledger.close();
  await time.advance(1000);
  await settle();
  assert.isEmpty(seen);
  assert.equal(time.sleeperCount, 0);
});

test("a watch sleeps in pieces, so that ending it holds no process up for a block", async () => {
  const { time, ledger } = setUp({ blockMs: 12_000 });
  const end = await ledger.watchHead(() => {});
  end();
  await time.advance(200);
  await settle();
  assert.equal(time.sleeperCount, 0);
});
