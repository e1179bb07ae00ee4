import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "#test";
import { assert } from "chai";
import { SqliteComputeBook } from "../../headless/sqlite_compute_book.ts";
import { type MinerSpecs, readMinerSpecs } from "../../core/compute/validator/miner_specs.ts";
import type { ChallengeRow } from "../../core/compute/validator/challenge_book.ts";
import { withTempFolder } from "./temp_folder.ts";
import { failureOf } from "../harness/kept_log.ts";

const START_MS = 1_750_000_000_000;

function row(at: number, changes: Partial<ChallengeRow> = {}): ChallengeRow {
  return {
    ...{ uid: 7, hotkey: "5A", success: true, elapsedS: 0.5, difficulty: 7 },
    ...{ unixMs: START_MS + 1000 * at, ...changes },
  };
}

async function withBook(
  body: (book: SqliteComputeBook, file: string) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const file = join(dir, "database.db");
    const book = new SqliteComputeBook(file);
    try {
      await body(book, file);
    } finally {
      book.close();
    }
  });
}

test("rows come back as they went in, the newest first", async () => {
  await withBook(async (book) => {
    const rows = [row(1), row(3, { success: false, elapsedS: 30 }), row(2, { difficulty: 12 })];
    await book.add(rows);
    assert.deepEqual(await book.lastRows(7, "5A", 10), [rows[1], rows[2], rows[0]]);
  });
});

test("no more rows come than were asked for", async () => {
  await withBook(async (book) => {
    await book.add(Array.from({ length: 70 }, (_, at) => row(at)));
    const rows = await book.lastRows(7, "5A", 60);
    assert.deepEqual([rows.length, rows[0].unixMs], [60, START_MS + 69_000]);
  });
});

test("of rows of the same moment the one that was written last is the newest", async () => {
  await withBook(async (book) => {
    await book.add([row(1, { difficulty: 7 }), row(1, { difficulty: 8 })]);
    assert.deepEqual((await book.lastRows(7, "5A", 2)).map(({ difficulty }) => difficulty), [8, 7]);
  });
});

test("a uid that another hotkey has now begins anew", async () => {
  await withBook(async (book) => {
    await book.add([row(1)]);
    await book.add([row(2, { hotkey: "5B" })]);
    assert.isEmpty(await book.lastRows(7, "5A", 10));
    assert.lengthOf(await book.lastRows(7, "5B", 10), 1);
  });
});

test("a hotkey that comes back under another uid begins anew", async () => {
  await withBook(async (book) => {
    await book.add([row(1)]);
    await book.add([row(2, { uid: 9 })]);
    assert.lengthOf(await book.lastRows(9, "5A", 10), 1);
  });
});

test("who is not registered any more is forgotten", async () => {
  await withBook(async (book) => {
    await book.add([row(1), row(1, { uid: 8, hotkey: "5B" })]);
    await book.keepOnly(new Set(["5B"]));
    assert.isEmpty(await book.lastRows(7, "5A", 10));
    assert.lengthOf(await book.lastRows(8, "5B", 10), 1);
  });
});

test("a file that the published validator wrote is taken over", async () => {
  await withTempFolder(async (dir) => {
    const file = join(dir, "database.db");
    const published = new DatabaseSync(file);
    published.exec(`
      CREATE TABLE miner (uid INTEGER PRIMARY KEY, ss58_address TEXT UNIQUE);
      CREATE TABLE challenge_details (
        uid INTEGER, ss58_address TEXT, success BOOLEAN, elapsed_time REAL, difficulty INTEGER,
        created_at TIMESTAMP
      );
      INSERT INTO miner VALUES (7, '5A');
      INSERT INTO challenge_details VALUES (7, '5A', 1, 1.25, 8, '2024-05-01 12:00:00.123456');`);
    published.close();
    const book = new SqliteComputeBook(file);
    const [stored] = await book.lastRows(7, "5A", 1);
    book.close();
    const unixMs = Date.UTC(2024, 4, 1, 12, 0, 0, 123);
    assert.deepEqual(stored, row(0, { elapsedS: 1.25, difficulty: 8, unixMs }));
  });
});

test("scores are written down, each uid once", async () => {
  await withBook(async (book, file) => {
    const score = { uid: 7, hotkey: "5A", gpu: undefined, isAllocated: true };
    await book.writeScores([{ ...score, score: 0.5 }]);
    await book.writeScores([{ ...score, score: 0.75 }]);
    const other = new DatabaseSync(file, { readOnly: true });
    const stored = other.prepare("SELECT score, allocated FROM stats").all();
    other.close();
    assert.deepEqual(stored.map(({ score, allocated }) => [score, allocated]), [[75, 1]]);
  });
});

const SPECS: MinerSpecs | undefined = readMinerSpecs('{"cpu":{"count":4},"has_docker":true}');
const H100 = { name: "NVIDIA H100", count: 8 };

test("what a miner told comes back, and the newer replaces the older", async () => {
  await withBook(async (book) => {
    await book.addSpecs("5A", readMinerSpecs('{"cpu":{"count":2}}'));
    await book.addSpecs("5A", SPECS);
    assert.deepEqual(await book.specsOf("5A"), SPECS);
    assert.isUndefined(await book.specsOf("5B"));
  });
});

test("what a miner told is forgotten when it is silent for the fifth time in a row", async () => {
  await withBook(async (book) => {
    await book.addSpecs("5A", SPECS);
    for (let round = 0; round < 4; round++) await book.addSpecs("5A", undefined);
    assert.deepEqual(await book.specsOf("5A"), SPECS);
    await book.addSpecs("5A", undefined);
    assert.isUndefined(await book.specsOf("5A"));
  });
});

test("a miner that speaks again begins to count anew", async () => {
  await withBook(async (book) => {
    await book.addSpecs("5A", undefined);
    for (let round = 0; round < 4; round++) await book.addSpecs("5A", undefined);
    await book.addSpecs("5A", SPECS);
    for (let round = 0; round < 4; round++) await book.addSpecs("5A", undefined);
    assert.deepEqual(await book.specsOf("5A"), SPECS);
  });
});

test("details of before 1.3.11 are taken over, without their count", async () => {
  await withTempFolder(async (dir) => {
    const file = join(dir, "database.db");
    const published = new DatabaseSync(file);
    published.exec(
      "CREATE TABLE miner_details (id INTEGER PRIMARY KEY, hotkey TEXT, details TEXT)",
    );
    published.prepare("INSERT INTO miner_details (hotkey, details) VALUES ('5A', ?)")
      .run('{"cpu": {"count": 4}, "has_docker": true}');
    published.close();
    const book = new SqliteComputeBook(file);
    assert.deepEqual(await book.specsOf("5A"), SPECS);
    await book.addSpecs("5A", undefined);
    await book.addSpecs("5B", SPECS);
    book.close();
  });
});

test("what was proven is forgotten with the fourth failure in a row", async () => {
  await withBook(async (book) => {
    await book.addGpu("5A", H100);
    for (let round = 0; round < 3; round++) await book.addGpu("5A", undefined);
    assert.deepEqual(await book.gpuOf("5A"), H100);
    await book.addGpu("5A", undefined);
    assert.isUndefined(await book.gpuOf("5A"));
  });
});

test("the newest proof counts, each miner's own", async () => {
  await withBook(async (book) => {
    await book.addGpu("5A", { name: "NVIDIA L4", count: 1 });
    await book.addGpu("5A", H100);
    await book.addGpu("5B", { name: "NVIDIA L4", count: 1 });
    assert.deepEqual(await book.gpuOf("5A"), H100);
  });
});

test("foreign keys of a published file keep nothing from being written", async () => {
  await withTempFolder(async (dir) => {
    const file = join(dir, "database.db");
    const published = new DatabaseSync(file);
    published.exec(`CREATE TABLE pog_stats (
      id INTEGER PRIMARY KEY AUTOINCREMENT, hotkey TEXT, gpu_name TEXT, num_gpus INTEGER,
      created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
      FOREIGN KEY (hotkey) REFERENCES miner_details (hotkey) ON DELETE CASCADE)`);
    published.close();
    const book = new SqliteComputeBook(file);
    await book.addGpu("5A", H100);
    assert.deepEqual(await book.gpuOf("5A"), H100);
    book.close();
  });
});

test("who is rented is known by the published table", async () => {
  await withBook(async (book, file) => {
    const other = new DatabaseSync(file);
    other.exec("INSERT INTO allocation (hotkey, details) VALUES ('5A', '{}')");
    other.close();
    assert.deepEqual([...await book.allocated()], ["5A"]);
  });
});

test("who is gone takes with it what it told and proved", async () => {
  await withBook(async (book) => {
    await book.add([row(1)]);
    await book.addSpecs("5A", SPECS);
    await book.addGpu("5A", H100);
    await book.keepOnly(new Set());
    assert.deepEqual([await book.specsOf("5A"), await book.gpuOf("5A")], [undefined, undefined]);
  });
});

test("a file that is no database is refused by its name", async () => {
  await withTempFolder(async (dir) => {
    const file = join(dir, "notes.txt");
    await Deno.writeTextFile(file, "shopping list ".repeat(100));
    const failure = await failureOf((async () => {
      await Promise.resolve();
      new SqliteComputeBook(file);
    })());
    assert.match(`${failure}`, /notes\.txt cannot be used as a validator's database/);
  });
});
