import { test } from "#test";
import { assert } from "chai";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import type { LedgerCells } from "../../../core/chain/ledger/store.ts";
import { WeftError } from "../../../core/errors.ts";
import { caller, NETUID, TABLES, TAO, TestLedger } from "./setup.ts";

/** A ledger with something in it, then changed behind its back. */
function spoiled(change: (cells: LedgerCells) => void): TestLedger {
  const ledger = new TestLedger();
  ledger.inState((state) => {
    state.accounts.put(caller(0).address, { freeRao: TAO, nonce: 0 });
    state.header.issuedRao += TAO;
  });
  ledger.register(caller(0), caller(1));
  ledger.store.transact(change);
  return ledger;
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

test("a ledger that a newer Weft wrote is left alone", () => {
  const ledger = spoiled((cells) => {
    const header: Record<string, unknown> = JSON.parse(cells.get("header", "ledger") ?? "");
    const newer = { ...header, version: 2, somethingNew: true };
    cells.put("header", "ledger", JSON.stringify(newer));
  });
  const before = ledger.dump();
  assert.match(failure(() => ledger.inState(() => {})), /format 2.*newer Weft/);
  assert.deepEqual(ledger.dump(), before);
});

test("a broken record is named by its table and key", () => {
  const key = `${NETUID}/0`;
  for (const text of ["", "{", "null", "[]", "{}", '"x"', "7"]) {
    const ledger = spoiled((cells) => cells.put("neurons", key, text));
    const message = failure(() => ledger.inState((state) => state.neurons.get(key)));
    assert.match(message, /damaged.*neurons.*9\/0/, text);
  }
});

test("a record with a wrong field is named by it", () => {
  const { address } = caller(0);
  const wrong = [{ freeRao: "-1" }, { freeRao: 5 }, { freeRao: "1.5" }, {
    freeRao: "9".repeat(20),
  }];
  for (const change of wrong) {
    const ledger = spoiled((cells) =>
      cells.put("accounts", address, JSON.stringify({ nonce: 0, ...change }))
    );
    const message = failure(() => ledger.inState((state) => state.accounts.get(address)));
    assert.match(message, /accounts.*freeRao/);
  }
});

test("no table takes a record of another", () => {
  for (const table of TABLES.filter((name) => name !== "header")) {
    const ledger = spoiled((cells) => {
      for (const [key] of cells.entries(table, "")) cells.delete(table, key);
      cells.put(table, `${NETUID}/0/0`, JSON.stringify({ strange: [1, 2] }));
    });
    failure(() =>
      ledger.inState((state) => {
        const { accounts, owners, subnets, neurons, uids } = state;
        const { weights, bonds, commits, stakes, usedWork } = state;
        [accounts, owners, subnets, neurons, uids, weights, bonds, commits, stakes, usedWork]
          .forEach((each) => each.entries());
      })
    );
  }
});

test("lists of weights and uids of different lengths are no record", () => {
  const ledger = spoiled((cells) =>
    cells.put("weights", `${NETUID}/0`, JSON.stringify({ uids: [1, 2], values: [1] }))
  );
  failure(() => ledger.inState((state) => state.weights.entries()));
});

test("a transaction that throws leaves the tables as they were", () => {
  const store = new MemoryLedgerStore();
  store.transact((cells) => {
    cells.put("a", "kept", "1");
    cells.put("a", "changed", "1");
  });
  const work = () =>
    store.transact((cells) => {
      cells.put("a", "changed", "2");
      cells.put("a", "changed", "3");
      cells.delete("a", "kept");
      cells.put("b", "new", "1");
      cells.delete("b", "new");
      cells.put("b", "new", "2");
      throw new Error("no");
    });
  assert.throws(work, "no");
  store.transact((cells) => {
    assert.deepEqual(cells.entries("a", "").toSorted(), [["changed", "1"], ["kept", "1"]]);
    assert.isEmpty(cells.entries("b", ""));
  });
});

test("a transaction sees what it has written", () => {
  new MemoryLedgerStore().transact((cells) => {
    cells.put("a", "1/x", "1");
    assert.equal(cells.get("a", "1/x"), "1");
    assert.deepEqual(cells.entries("a", "1/"), [["1/x", "1"]]);
    cells.delete("a", "1/x");
    assert.isUndefined(cells.get("a", "1/x"));
    assert.isEmpty(cells.entries("a", "1/"));
  });
});

test("a prefix finds its own keys and not those that begin alike", () => {
  new MemoryLedgerStore().transact((cells) => {
    for (const key of ["1/a", "1/b", "10/a", "1", "2/a"]) cells.put("t", key, "");
    const keys = cells.entries("t", "1/").map(([key]) => key);
    assert.deepEqual(keys.toSorted(), ["1/a", "1/b"]);
  });
});

test("a transaction within another is refused, and the store goes on", () => {
  const store = new MemoryLedgerStore();
  assert.throws(() => store.transact(() => store.transact(() => {})), "within another");
  assert.equal(store.transact(() => 7), 7);
});
