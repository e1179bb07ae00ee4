/**
 * What journals must do.
 *
 * @module
 */

import { assert } from "chai";
import { openTwo, type RegisterCase } from "./place.ts";

/** All of it. */
export function journalCases(register: RegisterCase): void {
  register("a journal gives back what was written, in order", async (place) => {
    const [{ journals }, other] = await openTwo(place);
    const sequences = [];
    for (const value of ["a", { b: [null] }, 3]) {
      sequences.push(await journals.append("losses", value));
    }
    const entries = await other.journals.after("losses", 0, 10);
    assert.deepEqual(entries.map(({ value }) => value), ["a", { b: [null] }, 3]);
    assert.deepEqual(entries.map(({ sequence }) => sequence), sequences);
    assert.equal(sequences[0], 1);
  });

  register("a journal is read on from where one was", async (place) => {
    const { journals } = await place.open();
    for (let entry = 0; entry < 5; entry++) await journals.append("losses", entry);
    const first = await journals.after("losses", 0, 2);
    const rest = await journals.after("losses", first[1].sequence, 2);
    const end = await journals.after("losses", rest[1].sequence, 2);
    const values = [first, rest, end].map((part) => part.map(({ value }) => value));
    assert.deepEqual(values, [[0, 1], [2, 3], [4]]);
    assert.deepEqual(await journals.after("losses", end[0].sequence, 2), []);
  });

  register("the last entries come oldest first", async (place) => {
    const { journals } = await place.open();
    for (let entry = 0; entry < 5; entry++) await journals.append("losses", entry);
    assert.deepEqual((await journals.last("losses", 2)).map(({ value }) => value), [3, 4]);
    assert.equal((await journals.last("losses", 100)).length, 5);
    assert.deepEqual(await journals.last("losses", 0), []);
  });

  register("a journal that nobody has written is empty", async (place) => {
    const { journals } = await place.open();
    assert.deepEqual(await journals.after("losses", 0, 10), []);
    assert.deepEqual(await journals.last("losses", 10), []);
  });

  register("journals do not mix", async (place) => {
    const { journals } = await place.open();
    await journals.append("losses", 1);
    await journals.append("events", 2);
    await journals.append("losses.0", 3);
    assert.deepEqual((await journals.after("losses", 0, 10)).map(({ value }) => value), [1]);
    assert.deepEqual((await journals.last("losses.0", 10)).map(({ value }) => value), [3]);
  });

  register(
    "what two connections append at once is all there, numbered once each",
    async (place) => {
      const [{ journals }, other] = await openTwo(place);
      const appends = Array.from(
        { length: 40 },
        (_, index) => (index % 2 ? journals : other.journals).append("losses", index),
      );
      const sequences = await Promise.all(appends);
      assert.equal(new Set(sequences).size, 40);
      const entries = await journals.after("losses", 0, 100);
      assert.sameMembers(
        entries.map(({ value }) => value),
        sequences.map((_, index) => index),
      );
      assert.deepEqual(entries.map((entry) => entry.sequence), sequences.toSorted((a, b) => a - b));
    },
  );
}
