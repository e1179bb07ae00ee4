import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { WeftError } from "../../core/errors.ts";
import { Ledger } from "../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../core/chain/ledger/memory_store.ts";
import type { LedgerCells } from "../../core/chain/ledger/store.ts";
import { SqliteLedgerStore } from "../../headless/sqlite_ledger_store.ts";
import { ManualTime } from "../chain/ledger/manual_time.ts";
import { caller, keypair, NETUID, TAO, TestLedger } from "../chain/ledger/setup.ts";
import { namesIn, withTempFolder } from "./temp_folder.ts";

/** Gives `body` the name of a file that is not there, in a folder of its own. */
async function withFile(body: (file: string) => void | Promise<void>): Promise<void> {
  await withTempFolder((dir) => body(join(dir, "ledger.db")));
}

/** Gives `body` a store and closes it afterwards. */
function withStore<T>(file: string, body: (store: SqliteLedgerStore) => T): T {
  const store = new SqliteLedgerStore(file);
  try {
    return body(store);
  } finally {
    store.close();
  }
}

function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.instanceOf(error, WeftError, String(error));
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  assert.fail("nothing failed");
}

/** Adds one to a number that is kept as text. */
function countUp(cells: LedgerCells): number {
  const count = Number(cells.get("test", "count") ?? 0) + 1;
  cells.put("test", "count", String(count));
  return count;
}

test("what one connection kept, another finds", async () => {
  await withFile((file) => {
    withStore(file, (store) =>
      store.transact((cells) => {
        cells.put("a", "x", "1");
        cells.put("a", "y", "2");
        cells.put("a", "x", "3");
        cells.put("b", "x", "4");
        cells.delete("a", "y");
      }));
    withStore(file, (store) =>
      store.transact((cells) => {
        assert.deepEqual(cells.entries("a", ""), [["x", "3"]]);
        assert.equal(cells.get("b", "x"), "4");
        assert.isUndefined(cells.get("a", "y"));
      }));
  });
});

test("a prefix finds its own keys and not those that begin alike", async () => {
  await withFile((file) =>
    withStore(file, (store) =>
      store.transact((cells) => {
        for (const key of ["1/a", "1/é", "1/\u{10ffff}", "10/a", "1", "2/a"]) {
          cells.put("t", key, "");
        }
        const keys = cells.entries("t", "1/").map(([key]) => key);
        assert.deepEqual(keys.toSorted(), ["1/a", "1/é", "1/\u{10ffff}"]);
      }))
  );
});

test("a transaction that throws leaves nothing", async () => {
  await withFile((file) =>
    withStore(file, (store) => {
      store.transact(countUp);
      assert.throws(
        () =>
          store.transact((cells) => {
            countUp(cells);
            throw new Error("no");
          }),
        "no",
      );
      assert.equal(store.transact(countUp), 2);
    })
  );
});

test("a transaction within another is refused, and the outer one leaves nothing", async () => {
  await withFile((file) =>
    withStore(file, (store) => {
      failure(() =>
        store.transact((cells) => {
          countUp(cells);
          store.transact(countUp);
        })
      );
      assert.equal(store.transact(countUp), 1);
    })
  );
});

test("two connections never lose an update", async () => {
  await withFile((file) => {
    const stores = [new SqliteLedgerStore(file), new SqliteLedgerStore(file)];
    for (let i = 0; i < 50; i++) stores[i % 2].transact(countUp);
    assert.equal(stores[0].transact(countUp), 51);
    stores.forEach((store) => store.close());
  });
});

test("several processes that make and use a ledger at once never lose an update", async () => {
  await withFile(async (file) => {
    const module = new URL("../../headless/sqlite_ledger_store.ts", import.meta.url).href;
    const program = `import { SqliteLedgerStore } from "${module}";
      await new Response(Deno.stdin.readable).text();
      const store = new SqliteLedgerStore(${JSON.stringify(file)});
      for (let i = 0; i < 100; i++) store.transact((cells) => {
        cells.put("test", "count", String(Number(cells.get("test", "count") ?? 0) + 1));
      });
      store.close();`;
    const children = Array.from(
      { length: 4 },
      () =>
        new Deno.Command("deno", { args: ["eval", program], stdin: "piped", stderr: "piped" })
          .spawn(),
    );
    await Promise.all(children.map((child) => child.stdin.close()));
    for (const { code, stderr } of await Promise.all(children.map((child) => child.output()))) {
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    }
    assert.equal(withStore(file, (store) => store.transact(countUp)), 401);
  });
});

test("a ledger leaves no files beside its own once it is closed", async () => {
  await withTempFolder((dir) => {
    withStore(join(dir, "ledger.db"), (store) => store.transact(countUp));
    assert.deepEqual(namesIn(dir), ["ledger.db"]);
  });
});

test("a ledger goes on in the midst of it all after a restart", async () => {
  await withFile((file) => {
    const memory = new TestLedger({ maxNeuronCount: 3, immunityBlocks: 30 });
    const steps = (ledger: TestLedger, from: number, to: number): void => {
      for (let step = from; step < to; step++) {
        ledger.time.setWall(1_700_000_000_000 + step * 7000);
        if (step === 0) {
          ledger.inState((state) => {
            state.accounts.put(caller(0).address, { freeRao: 100n * TAO, nonce: 0 });
            state.header.issuedRao += 100n * TAO;
          });
        }
        if (step % 4 === 0) ledger.register(caller(0), caller(step + 1));
        if (step === 5) ledger.stake(caller(0), caller(1), TAO);
        if (step === 9) ledger.weigh(caller(1), [1], [1]);
      }
    };
    steps(memory, 0, 12);
    for (const [from, to] of [[0, 1], [1, 6], [6, 10], [10, 12]]) {
      withStore(
        file,
        (store) =>
          steps(new TestLedger({ maxNeuronCount: 3, immunityBlocks: 30 }, store), from, to),
      );
    }
    const kept = withStore(file, (store) => new TestLedger({}, store).dump());
    assert.deepEqual(kept, memory.dump());
  });
});

test("a signed call through one connection is seen through another at once", async () => {
  await withFile(async (file) => {
    const time = new ManualTime();
    const settings = { wallClock: time, clock: time, endpoint: `ledger:${file}` };
    const [one, two] = [1, 2].map(() => new Ledger(new SqliteLedgerStore(file), settings));
    const alice = await keypair("Alice");
    await one.faucet(alice.address, 10n * TAO);
    const { address } = caller(9);
    await Promise.all([one, two, one, two].map((ledger) => ledger.transfer(alice, address, TAO)));
    assert.equal((await two.balance(address)).freeRao, 4n * TAO);
    assert.equal((await one.identity()).genesisHash, (await two.identity()).genesisHash);
    await one.close();
    await two.close();
  });
});

test("both stores hold the same after the same calls", async () => {
  await withFile((file) =>
    withStore(file, (store) => {
      const dumps = [store, new MemoryLedgerStore()].map((each) => {
        const ledger = new TestLedger({}, each);
        ledger.inState((state) => {
          state.accounts.put(caller(0).address, { freeRao: 100n * TAO, nonce: 0 });
        });
        for (let i = 1; i <= 12; i++) ledger.register(caller(0), caller(i));
        ledger.stake(caller(0), caller(11), TAO);
        ledger.time.setWall(1_700_000_000_000 + 65_000);
        ledger.inState((state) => assert.equal(state.subnets.entries().length, 2));
        return ledger.dump();
      });
      assert.deepEqual(dumps[0], dumps[1]);
    })
  );
});

test("a file of something else is refused and left as it is", async () => {
  await withFile((file) => {
    const text = "a diary, and no database\n".repeat(100);
    Deno.writeTextFileSync(file, text);
    assert.match(failure(() => new SqliteLedgerStore(file)), /ledger\.db.*not a database/);
    assert.equal(Deno.readTextFileSync(file), text);
  });
});

test("another program's database is refused and left as it is", async () => {
  await withFile((file) => {
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE cells (bucket TEXT, key TEXT, value TEXT)");
    other.close();
    const before = Deno.readFileSync(file);
    assert.match(failure(() => new SqliteLedgerStore(file)), /is no ledger/);
    assert.deepEqual(Deno.readFileSync(file), before);
  });
});

test("a file of a newer Weft is refused", async () => {
  await withFile((file) => {
    withStore(file, (store) => store.transact(countUp));
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 2");
    database.close();
    assert.match(failure(() => new SqliteLedgerStore(file)), /format 2.*newer Weft/);
  });
});

test("a file that was cut off is refused", async () => {
  await withFile((file) => {
    withStore(file, (store) =>
      store.transact((cells) => {
        for (let i = 0; i < 2000; i++) cells.put("t", String(i), "x".repeat(50));
      }));
    Deno.truncateSync(file, 20_000);
    const message = failure(() =>
      withStore(file, (store) => store.transact((cells) => cells.entries("t", "")))
    );
    assert.include(message, "ledger.db");
  });
});

test("a missing folder, and a folder in the file's place, are named", async () => {
  await withTempFolder((dir) => {
    const missing = join(dir, "none", "ledger.db");
    assert.include(failure(() => new SqliteLedgerStore(missing)), missing);
    assert.include(failure(() => new SqliteLedgerStore(dir)), dir);
  });
});

test("a ledger that was closed says so, and closing it again is no fault", async () => {
  await withFile((file) => {
    const store = new SqliteLedgerStore(file);
    store.close();
    store.close();
    assert.include(failure(() => store.transact(countUp)), "ledger.db");
  });
});

test("a record that someone else broke is a clear error", async () => {
  await withFile((file) => {
    withStore(file, (store) => new TestLedger({}, store).inState(() => {}));
    const database = new DatabaseSync(file);
    database.exec("UPDATE cells SET value = '{}' WHERE bucket = 'subnets'");
    database.close();
    withStore(file, (store) => {
      const message = failure(() => new TestLedger({}, store).inState(() => {}));
      assert.match(message, new RegExp(`damaged.*subnets.*(${NETUID}|0)`));
    });
  });
});
