import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { useWriteAheadLog } from "../../headless/write_ahead_log.ts";
import { withTempFolder } from "./temp_folder.ts";

/** A file of a database while the work is done. */
function withFile(work: (file: string) => void): Promise<void> {
  return withTempFolder((dir) => work(join(dir, "new.db")));
}

function modeOf(database: DatabaseSync): unknown {
  return database.prepare("PRAGMA journal_mode").get()?.journal_mode;
}

test("the log stays turned on for who opens the file next", async () => {
  await withFile((file) => {
    const first = new DatabaseSync(file);
    useWriteAheadLog(first);
    first.exec("CREATE TABLE t (a)");
    first.close();
    const next = new DatabaseSync(file);
    assert.equal(modeOf(next), "wal");
    next.close();
  });
});

test("a file that another is writing into is used as it is", async () => {
  await withFile((file) => {
    const [writer, other] = [new DatabaseSync(file), new DatabaseSync(file, { timeout: 0 })];
    writer.exec("BEGIN IMMEDIATE");
    useWriteAheadLog(other);
    assert.equal(modeOf(other), "delete");
    writer.exec("COMMIT");
    writer.close();
    other.close();
  });
});

test("a file that is no database is not taken for a busy one", async () => {
  await withFile((file) => {
    Deno.writeTextFileSync(file, "no database, whatever its name says".repeat(100));
    const database = new DatabaseSync(file);
    assert.throws(() => useWriteAheadLog(database), /not a database/);
    database.close();
  });
});
