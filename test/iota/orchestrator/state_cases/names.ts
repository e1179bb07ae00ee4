/**
 * Which names a state must take.
 *
 * @module
 */

import { assert } from "chai";
import { LONG_MS, type RegisterCase } from "./place.ts";

/** All of it. */
export function nameCases(register: RegisterCase): void {
  register("what is no name is refused and says so", async (place) => {
    const { records, queues, journals } = await place.open();
    for (const name of ["", ".", "a.", ".a", "a..b", "a b", "a*", ">", "ä", "a/b", "a\n"]) {
      await rejectsWithRange(() => records.get(name));
      await rejectsWithRange(() => records.put(name, 1, 0));
      await rejectsWithRange(() => records.remove(name, 1));
      await rejectsWithRange(() => records.list(name));
      await rejectsWithRange(() => queues.add(name, "a"));
      await rejectsWithRange(() => queues.add("forward.0", name));
      await rejectsWithRange(() => queues.take(name, LONG_MS));
      await rejectsWithRange(() => journals.append(name, 1));
      await rejectsWithRange(() => journals.last(name, 1));
    }
  });

  register("names of all allowed letters and of 200 letters are taken", async (place) => {
    const { records, queues, journals } = await place.open();
    for (const name of ["A-z_0.9", "n".repeat(200)]) {
      await records.put(name, 1, 0);
      assert.equal((await records.get(name))?.value, 1);
      await queues.add(name, name);
      assert.equal((await queues.take(name, LONG_MS))?.id, name);
      await journals.append(name, 2);
      assert.equal((await journals.last(name, 1))[0].value, 2);
    }
  });
}

async function rejectsWithRange(work: () => Promise<unknown>): Promise<void> {
  let failure: unknown;
  await work().catch((error: unknown) => void (failure = error));
  assert.instanceOf(failure, RangeError);
}
