import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { WeftError } from "../../core/errors.ts";
import { processClock } from "../../headless/deno_host.ts";
import { SqliteState } from "../../headless/sqlite_state.ts";
import { stateCases } from "../iota/orchestrator/state_cases.ts";
import { namesIn, withTempFolder } from "./temp_folder.ts";

const LEASE_MS = 60_000;
const WRITER = fileURLToPath(new URL("write_state.ts", import.meta.url));
const KILLS = 5;

/** A file for states, and the time that they go by. */
class Place {
  readonly #opened: SqliteState[] = [];
  readonly file: string;
  readonly leaseMs = LEASE_MS;
  #nowMs = 1_800_000_000_000;

  constructor(dir: string) {
    this.file = join(dir, "state.db");
  }

  openNow(): SqliteState {
    const wallClock = { unixMs: () => this.#nowMs };
    const state = new SqliteState(this.file, { clock: processClock, wallClock });
    this.#opened.push(state);
    return state;
  }

  open(): Promise<SqliteState> {
    return Promise.resolve(this.openNow());
  }

  pass(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  passLease(): Promise<void> {
    return Promise.resolve(this.pass(LEASE_MS));
  }

  async close(): Promise<void> {
    for (const state of this.#opened.splice(0)) await state.close();
  }
}

async function withPlace(body: (place: Place) => Promise<void>): Promise<void> {
  await withTempFolder(async (dir) => {
    const place = new Place(dir);
    try {
      await body(place);
    } finally {
      await place.close();
    }
  });
}

/** The one-line message with which something fails. */
async function failure(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert.instanceOf(error, WeftError, String(error));
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  assert.fail("nothing failed");
}

stateCases((name, body) => test(`SQLite: ${name}`, () => withPlace(body)));

test("a state that is opened again has all that it had", async () => {
  await withPlace(async (place) => {
    const before = place.openNow();
    const revision = await before.records.put("miner.a", { layer: 1 }, 0);
    for (const id of ["a", "b", "c"]) await before.queues.add("forward.0", id);
    const held = await before.queues.take("forward.0", LEASE_MS);
    const back = await before.queues.take("forward.0", LEASE_MS);
    await before.queues.giveBack("forward.0", back?.token ?? "");
    await before.journals.append("losses", 2.5);
    await place.close();

    const { records, queues, journals } = place.openNow();
    assert.deepEqual(await records.get("miner.a"), {
      value: { layer: 1 },
      revision: revision ?? 0,
    });
    assert.deepEqual(await queues.count("forward.0"), { waiting: 2, leased: 1 });
    await queues.acknowledge("forward.0", held?.token ?? "");
    assert.deepEqual(await queues.count("forward.0"), { waiting: 2, leased: 0 });
    const again = await queues.take("forward.0", LEASE_MS);
    assert.deepEqual([again?.id, again?.deliveries], ["b", 2]);
    assert.equal(await journals.append("losses", 2.4), 2);
    assert.deepEqual((await journals.last("losses", 9)).map(({ value }) => value), [2.5, 2.4]);
  });
});

test("a revision that was removed before a restart does not come again after it", async () => {
  await withPlace(async (place) => {
    const { records } = place.openNow();
    const seen = await records.put("miner.a", 1, 0) ?? 0;
    await records.remove("miner.a", seen);
    await place.close();
    const reopened = place.openNow();
    await reopened.records.put("miner.a", 2, 0);
    assert.isUndefined(await reopened.records.put("miner.a", 3, seen));
  });
});

test("a process killed while it writes loses nothing that was answered", async () => {
  await withPlace(async (place) => {
    let last = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const told = await writeAndKill(place.file, last + 1, last + 100 + 37 * kill);
      const { records, queues, journals } = place.openNow();
      const values = [...(await records.list("number")).values()].map(({ value }) => Number(value));
      const found = Math.max(...values);
      assert.isAtLeast(found, told);
      assert.isAtMost(found, told + 1);
      assert.equal(values.length, found);
      assert.oneOf((await queues.count("numbers")).waiting, [found, found - 1]);
      const [entry] = await journals.last("numbers", 1);
      assert.isAtLeast(Number(entry.value), told);
      // What it was in the midst of, so that the next process begins a new number.
      await queues.add("numbers", `${found}`);
      last = found;
      await place.close();
    }
  });
});

/** Lets a process write from a number on until it has told of another, and kills it. */
async function writeAndKill(file: string, first: number, until: number): Promise<number> {
  const writer = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-read=.", "--allow-write=.", WRITER, file, `${first}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let printed = "";
  let isKilled = false;
  for await (const text of writer.stdout.pipeThrough(new TextDecoderStream())) {
    printed += text;
    if (isKilled || !printed.includes(`${until}\n`)) continue;
    writer.kill("SIGKILL");
    isKilled = true;
  }
  const { signal } = await writer.status;
  assert.equal(signal, "SIGKILL", printed);
  // A line that the kill cut off does not count.
  return Number(printed.split("\n").at(-2));
}

test("several processes that make and use a state at once lose nothing", async () => {
  await withPlace(async (place) => {
    const url = (path: string): string => new URL(`../../${path}`, import.meta.url).href;
    const program = `import { SqliteState } from "${url("headless/sqlite_state.ts")}";
      import { processClock, processWallClock } from "${url("headless/deno_host.ts")}";
      await new Response(Deno.stdin.readable).text();
      const time = { clock: processClock, wallClock: processWallClock };
      const state = new SqliteState(${JSON.stringify(place.file)}, time);
      for (let i = 0; i < 50; i++) {
        for (let done; done === undefined;) {
          const entry = await state.records.get("count");
          done = await state.records.put("count", (entry?.value ?? 0) + 1, entry?.revision ?? 0);
        }
        await state.queues.add("forward.0", "id-" + i);
        await state.journals.append("losses", i);
      }
      await state.close();`;
    const children = Array.from(
      { length: 3 },
      () =>
        new Deno.Command("deno", { args: ["eval", program], stdin: "piped", stderr: "piped" })
          .spawn(),
    );
    await Promise.all(children.map((child) => child.stdin.close()));
    for (const { code, stderr } of await Promise.all(children.map((child) => child.output()))) {
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    }
    const { records, queues, journals } = place.openNow();
    assert.equal((await records.get("count"))?.value, 150);
    assert.deepEqual(await queues.count("forward.0"), { waiting: 50, leased: 0 });
    assert.equal((await journals.last("losses", 1))[0].sequence, 150);
  });
});

test("an id may be queued again some minutes after it was done", async () => {
  await withPlace(async (place) => {
    const { queues } = place.openNow();
    await queues.add("forward.0", "a");
    const lease = await queues.take("forward.0", LEASE_MS);
    await queues.acknowledge("forward.0", lease?.token ?? "");
    place.pass(119_999);
    await queues.add("forward.0", "a");
    assert.deepEqual(await queues.count("forward.0"), { waiting: 0, leased: 0 });
    place.pass(1001);
    await queues.add("forward.0", "a");
    assert.deepEqual(await queues.count("forward.0"), { waiting: 1, leased: 0 });
  });
});

test("leases that run out move from the handed out to the waiting in the count", async () => {
  await withPlace(async (place) => {
    const { queues } = place.openNow();
    for (const id of ["a", "b", "c"]) await queues.add("forward.0", id);
    await queues.take("forward.0", LEASE_MS);
    await queues.take("forward.0", 2 * LEASE_MS);
    place.pass(LEASE_MS);
    assert.deepEqual(await queues.count("forward.0"), { waiting: 2, leased: 1 });
    await queues.take("forward.0", LEASE_MS);
    assert.deepEqual(await queues.count("forward.0"), { waiting: 1, leased: 2 });
    place.pass(LEASE_MS);
    await queues.clear("forward.0");
    assert.deepEqual(await queues.count("forward.0"), { waiting: 0, leased: 0 });
  });
});

test("a lease ends to the millisecond", async () => {
  await withPlace(async (place) => {
    const { queues } = place.openNow();
    await queues.add("forward.0", "a");
    await queues.take("forward.0", LEASE_MS);
    place.pass(LEASE_MS - 1);
    assert.isUndefined(await queues.take("forward.0", LEASE_MS));
    place.pass(1);
    assert.equal((await queues.take("forward.0", LEASE_MS))?.deliveries, 2);
  });
});

test("a state leaves no files beside its own once it is closed", async () => {
  await withTempFolder(async (dir) => {
    const place = new Place(dir);
    await place.openNow().records.put("miner.a", 1, 0);
    await place.close();
    assert.deepEqual(namesIn(dir), ["state.db"]);
  });
});

test("another program's database is refused and not touched", async () => {
  await withPlace(async (place) => {
    const database = new DatabaseSync(place.file);
    database.exec("CREATE TABLE theirs (a TEXT)");
    database.close();
    const bytes = Deno.readFileSync(place.file);
    assert.include(await failure(() => place.openNow()), "is no orchestrator's state");
    assert.deepEqual(Deno.readFileSync(place.file), bytes);
  });
});

test("a file that is no database is refused and not touched", async () => {
  await withPlace(async (place) => {
    const text = "a diary, ".repeat(100);
    Deno.writeTextFileSync(place.file, text);
    assert.include(await failure(() => place.openNow()), "file is not a database");
    assert.equal(Deno.readTextFileSync(place.file), text);
  });
});

test("a state of a newer Weft is refused", async () => {
  await withPlace(async (place) => {
    place.openNow();
    await place.close();
    const database = new DatabaseSync(place.file);
    database.exec("PRAGMA user_version = 2");
    database.close();
    assert.include(await failure(() => place.openNow()), "has format 2");
  });
});

test("a state in a folder that is not there is refused with its name", async () => {
  await withTempFolder(async (dir) => {
    const place = new Place(join(dir, "missing"));
    assert.include(await failure(() => place.openNow()), join("missing", "state.db"));
  });
});

test("a call after the close says that the state is closed", async () => {
  await withPlace(async (place) => {
    const { records, queues } = place.openNow();
    await place.close();
    assert.include(await failure(() => records.get("miner.a")), "state.db cannot be used");
    assert.include(await failure(() => queues.take("forward.0", 1)), "state.db cannot be used");
  });
});

test("what has been spoilt by another program is refused in one line", async () => {
  await withPlace(async (place) => {
    const { signals } = place.openNow();
    signals.raise("forward.0");
    const database = new DatabaseSync(place.file);
    database.exec("DROP TABLE signals");
    database.close();
    assert.include(await failure(() => signals.raise("forward.0")), "no such table");
  });
});
