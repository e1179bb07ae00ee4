/**
 * What queues must do.
 *
 * @module
 */

import { assert } from "chai";
import type { Lease, SwarmState } from "../../../../core/iota/orchestrator/state.ts";
import { defined, LONG_MS, openTwo, type RegisterCase } from "./place.ts";

/** Work that goes in and out. */
export function queueCases(register: RegisterCase): void {
  register("an empty queue gives nothing", async (place) => {
    const { queues } = await place.open();
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
    assert.deepEqual(await queues.count("forward.0"), { waiting: 0, leased: 0 });
    await queues.clear("forward.0");
  });

  register("work is handed out in order, once each, to two connections", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    for (const id of ["b", "a", "c"]) await queues.add("forward.0", id);
    assert.deepEqual(await ids(queues, 1), ["b"]);
    assert.deepEqual(await ids(other.queues, 1), ["a"]);
    assert.deepEqual(await ids(queues, 2), ["c", undefined]);
  });

  register("of many who take at once each gets work of its own", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    const added = Array.from({ length: 20 }, (_, index) => `id-${index}`);
    for (const id of added) await queues.add("forward.0", id);
    const takes = added.map((_, index) =>
      (index % 2 ? queues : other.queues).take("forward.0", LONG_MS)
    );
    const taken = (await Promise.all(takes)).map((lease) => lease?.id);
    assert.sameMembers(taken, added);
  });

  register("queues do not mix, though one's name begins with the other's", async (place) => {
    const { queues } = await place.open();
    await queues.add("forward.1", "a");
    await queues.add("forward.12", "a");
    await queues.add("forward", "b");
    assert.deepEqual((await queues.take("forward", LONG_MS))?.id, "b");
    await queues.clear("forward.1");
    assert.deepEqual(await queues.count("forward.12"), { waiting: 1, leased: 0 });
    assert.isUndefined(await queues.take("forward.1", LONG_MS));
  });

  register("the count tells what waits from what is handed out", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    for (const id of ["a", "b", "c"]) await queues.add("forward.0", id);
    const lease = await take(queues);
    assert.deepEqual(await other.queues.count("forward.0"), { waiting: 2, leased: 1 });
    await other.queues.acknowledge("forward.0", lease.token);
    assert.deepEqual(await queues.count("forward.0"), { waiting: 2, leased: 0 });
  });

  register("a cleared queue has nothing, neither waiting nor handed out", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    for (const id of ["a", "b", "c"]) await queues.add("forward.0", id);
    const lease = await take(queues);
    await other.queues.clear("forward.0");
    assert.deepEqual(await queues.count("forward.0"), { waiting: 0, leased: 0 });
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
    await queues.acknowledge("forward.0", lease.token);
    await queues.giveBack("forward.0", lease.token);
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
  });

  register("a cleared queue takes new work", async (place) => {
    const { queues } = await place.open();
    await queues.add("forward.0", "a");
    await take(queues);
    await queues.clear("forward.0");
    await queues.add("forward.0", "b");
    assert.equal((await take(queues)).id, "b");
  });
}

/** Leases that end in one way or another. */
export function leaseCases(register: RegisterCase): void {
  register("a lease that runs out goes to another, before younger work", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    await queues.add("forward.0", "a");
    await queues.add("forward.0", "b");
    const first = await take(queues, place.leaseMs);
    assert.equal(first.deliveries, 1);
    await place.passLease();
    const second = await take(other.queues, place.leaseMs);
    assert.deepEqual([second.id, second.deliveries], ["a", 2]);
    assert.notEqual(second.token, first.token);
  });

  register("an acknowledgement after the lease does nothing", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    await queues.add("forward.0", "a");
    const late = await take(queues, place.leaseMs);
    await place.passLease();
    await queues.acknowledge("forward.0", late.token);
    const lease = await take(other.queues, place.leaseMs);
    assert.equal(lease.id, "a");
    await queues.acknowledge("forward.0", late.token);
    await place.passLease();
    assert.equal((await take(queues)).deliveries, 3);
  });

  register("work cannot be given back after the lease", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    await queues.add("forward.0", "a");
    const late = await take(queues, place.leaseMs);
    await place.passLease();
    await take(other.queues);
    await queues.giveBack("forward.0", late.token);
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
  });

  register("acknowledged work does not come back", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    await queues.add("forward.0", "a");
    const lease = await take(queues, place.leaseMs);
    await other.queues.acknowledge("forward.0", lease.token);
    await queues.acknowledge("forward.0", lease.token);
    await place.passLease();
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
    assert.deepEqual(await queues.count("forward.0"), { waiting: 0, leased: 0 });
  });

  register("work that is given back comes at once, before younger work", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    for (const id of ["a", "b", "c"]) await queues.add("forward.0", id);
    const [a, b] = [await take(queues), await take(queues)];
    await other.queues.giveBack("forward.0", a.token);
    await other.queues.giveBack("forward.0", b.token);
    const again = [await take(queues), await take(queues), await take(queues)];
    assert.deepEqual(again.map(({ id, deliveries }) => [id, deliveries]), [
      ["a", 2],
      ["b", 2],
      ["c", 1],
    ]);
  });

  register("a lease that was given back cannot be used again", async (place) => {
    const { queues } = await place.open();
    await queues.add("forward.0", "a");
    const first = await take(queues);
    await queues.giveBack("forward.0", first.token);
    await take(queues);
    await queues.giveBack("forward.0", first.token);
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
  });

  register("a token that nobody got does nothing", async (place) => {
    const { queues } = await place.open();
    await queues.add("forward.0", "a");
    for (const token of ["", "1:1", "x", "$JS.ACK.a.b.1.1.1.1.0 1"]) {
      await queues.acknowledge("forward.0", token);
      await queues.giveBack("forward.0", token);
    }
    assert.equal((await take(queues)).deliveries, 1);
  });

  register("a lease of one queue does nothing in another", async (place) => {
    const { queues } = await place.open();
    await queues.add("forward.0", "a");
    await queues.add("forward.1", "b");
    const lease = await take(queues);
    await queues.take("forward.1", LONG_MS);
    await queues.acknowledge("forward.1", lease.token);
    assert.deepEqual(await queues.count("forward.0"), { waiting: 0, leased: 1 });
    assert.deepEqual(await queues.count("forward.1"), { waiting: 0, leased: 1 });
  });
}

/** Work that is added again. */
export function duplicateCases(register: RegisterCase): void {
  register("an id is queued once, though two connections add it", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    await Promise.all([queues.add("forward.0", "a"), other.queues.add("forward.0", "a")]);
    await queues.add("forward.0", "a");
    assert.deepEqual(await ids(queues, 2), ["a", undefined]);
  });

  register("an id that is handed out is not queued again", async (place) => {
    const { queues } = await place.open();
    await queues.add("forward.0", "a");
    await take(queues);
    await queues.add("forward.0", "a");
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
  });

  register("an id that has just been done is not queued again", async (place) => {
    const [{ queues }, other] = await openTwo(place);
    await queues.add("forward.0", "a");
    await queues.acknowledge("forward.0", (await take(queues)).token);
    await other.queues.add("forward.0", "a");
    assert.isUndefined(await queues.take("forward.0", LONG_MS));
  });

  register("an id that one queue has held may go into another", async (place) => {
    const { queues } = await place.open();
    await queues.add("forward.0", "a");
    await queues.add("forward.1", "a");
    assert.equal((await queues.take("forward.1", LONG_MS))?.id, "a");
  });
}

/** Ids of the next pieces of work of the first queue. */
async function ids(
  queues: SwarmState["queues"],
  count: number,
): Promise<(string | undefined)[]> {
  const found = [];
  for (let time = 0; time < count; time++) {
    found.push((await queues.take("forward.0", LONG_MS))?.id);
  }
  return found;
}

/** The next piece of work of the first queue, which must have some. */
async function take(queues: SwarmState["queues"], leaseMs: number = LONG_MS): Promise<Lease> {
  return defined(await queues.take("forward.0", leaseMs));
}
