/**
 * What records must do.
 *
 * @module
 */

import { assert } from "chai";
import * as v from "valibot";
import { changeRecord, type RecordKind } from "../../../../core/iota/orchestrator/records.ts";
import { defined, openTwo, type RegisterCase } from "./place.ts";

const COUNTER: RecordKind<{ readonly count: number }> = {
  prefix: "counter",
  schema: v.object({ count: v.number() }),
};

/** One who reads and one who writes. */
export function recordCases(register: RegisterCase): void {
  register("a record that is not there is undefined", async (place) => {
    const { records } = await place.open();
    assert.isUndefined(await records.get("miner.a"));
  });

  register("another connection reads what was put, with its revision", async (place) => {
    const [{ records }, other] = await openTwo(place);
    const value = { text: "ä€😀\u0000", list: [1, -0.5, 1e300, null, true], inner: { a: "" } };
    const revision = await records.put("miner.a", value, 0);
    assert.deepEqual(await other.records.get("miner.a"), { value, revision: defined(revision) });
  });

  register("fields that are undefined are left out", async (place) => {
    const { records } = await place.open();
    await records.put("miner.a", { kept: 1, left: undefined }, 0);
    assert.deepEqual((await records.get("miner.a"))?.value, { kept: 1 });
  });

  register("a value that is changed after it was put or read stays as it was", async (place) => {
    const { records } = await place.open();
    const list = [1];
    await records.put("miner.a", list, 0);
    list.push(2);
    const read = (await records.get("miner.a"))?.value;
    if (Array.isArray(read)) read.push(3);
    assert.deepEqual((await records.get("miner.a"))?.value, [1]);
    assert.deepEqual((await records.list("miner")).get("miner.a")?.value, [1]);
  });

  register("a record of 200 kB is kept whole", async (place) => {
    const [{ records }, other] = await openTwo(place);
    const value = { weights: "w".repeat(200_000) };
    await records.put("layer.0", value, 0);
    assert.deepEqual((await other.records.get("layer.0"))?.value, value);
  });

  register("a list has the records below a prefix by name, and no others", async (place) => {
    const [{ records }, other] = await openTwo(place);
    const names = ["miner.b", "miner.a", "miner.a.x", "minerx.a", "miner", "layer.0", "miner-1.a"];
    for (const [index, name] of names.entries()) await records.put(name, index, 0);
    const found = await other.records.list("miner");
    assert.deepEqual([...found.keys()], ["miner.a", "miner.a.x", "miner.b"]);
    assert.equal(found.get("miner.b")?.value, 0);
    assert.deepEqual(found.get("miner.b"), await records.get("miner.b"));
  });

  register("a list has what another connection has just written and removed", async (place) => {
    const [{ records }, other] = await openTwo(place);
    for (let round = 0; round < 20; round++) {
      const revision = defined(await records.put(`miner.${round}`, round, 0));
      if (round > 0) await records.remove(`miner.${round - 1}`, revision - 1);
      assert.isTrue((await other.records.list("miner")).has(`miner.${round}`), `round ${round}`);
    }
  });

  register("what was removed is neither read nor listed", async (place) => {
    const [{ records }, other] = await openTwo(place);
    const revision = defined(await records.put("miner.a", 1, 0));
    assert.isTrue(await other.records.remove("miner.a", revision));
    assert.isUndefined(await records.get("miner.a"));
    assert.equal((await records.list("miner")).size, 0);
    assert.equal((await other.records.list("miner")).size, 0);
  });
}

/** Several who write. */
export function raceCases(register: RegisterCase): void {
  register("a record that is there cannot be put as a new one", async (place) => {
    const [{ records }, other] = await openTwo(place);
    await records.put("miner.a", "first", 0);
    assert.isUndefined(await other.records.put("miner.a", "second", 0));
    assert.equal((await records.get("miner.a"))?.value, "first");
  });

  register("a record cannot be put over what was not seen", async (place) => {
    const [{ records }, other] = await openTwo(place);
    const seen = defined(await records.put("miner.a", 1, 0));
    await other.records.put("miner.a", 2, seen);
    assert.isUndefined(await records.put("miner.a", 3, seen));
    assert.equal((await records.get("miner.a"))?.value, 2);
  });

  register("a record cannot be removed by who has not seen the latest", async (place) => {
    const [{ records }, other] = await openTwo(place);
    const seen = defined(await records.put("miner.a", 1, 0));
    await other.records.put("miner.a", 2, seen);
    assert.isFalse(await records.remove("miner.a", seen));
    assert.equal((await records.get("miner.a"))?.value, 2);
  });

  register("a record that is not there is neither changed nor removed", async (place) => {
    const { records } = await place.open();
    assert.isUndefined(await records.put("miner.a", 1, 7));
    assert.isFalse(await records.remove("miner.a", 0));
    assert.isFalse(await records.remove("miner.a", 7));
    assert.isUndefined(await records.get("miner.a"));
  });

  register(
    "a record that was removed and made anew is not the one that was seen",
    async (place) => {
      const [{ records }, other] = await openTwo(place);
      const seen = defined(await records.put("miner.a", 1, 0));
      await other.records.remove("miner.a", seen);
      const again = defined(await other.records.put("miner.a", 1, 0));
      assert.notEqual(again, seen);
      assert.isUndefined(await records.put("miner.a", 2, seen));
      assert.isFalse(await records.remove("miner.a", seen));
      assert.deepEqual(await records.get("miner.a"), { value: 1, revision: again });
    },
  );

  register("of many who put at once exactly one succeeds", async (place) => {
    const [{ records }, other] = await openTwo(place);
    const seen = defined(await records.put("miner.a", "old", 0));
    const tries = Array.from(
      { length: 20 },
      (_, index) => (index % 2 ? records : other.records).put("miner.a", index, seen),
    );
    const done = (await Promise.all(tries)).flatMap((revision, index) =>
      revision === undefined ? [] : [{ revision, value: index }]
    );
    assert.equal(done.length, 1);
    assert.deepEqual(await records.get("miner.a"), done[0]);
  });

  register("no change is lost when two connections change a record at once", async (place) => {
    const states = await openTwo(place);
    const add = (now: { count: number } | undefined): { count: number } => ({
      count: (now?.count ?? 0) + 1,
    });
    const changes = states.map(async ({ records }) => {
      for (let time = 0; time < 25; time++) await changeRecord(records, COUNTER, "a", add);
    });
    await Promise.all(changes);
    assert.deepEqual((await states[0].records.get("counter.a"))?.value, { count: 50 });
  });
}
