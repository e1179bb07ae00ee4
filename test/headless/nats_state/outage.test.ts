import { testWhere } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { changeRecord, type RecordKind } from "../../../core/iota/orchestrator/records.ts";
import { NatsServer, natsServerMissing } from "../../harness/nats_server.ts";
import { failure, LEASE_MS, Place } from "./place.ts";

const MISSING = natsServerMissing();
const never = new AbortController().signal;
const COUNTER: RecordKind<{ readonly count: number }> = {
  prefix: "counter",
  schema: v.object({ count: v.number() }),
};

/** A test that kills its server. */
function serverTest(
  name: string,
  body: (server: NatsServer, place: Place) => Promise<void>,
): void {
  testWhere(MISSING, name, async () => {
    const server = await NatsServer.start();
    const place = new Place(server.url);
    try {
      await body(server, place);
    } finally {
      await place.close();
      await server.end();
    }
  });
}

serverTest(
  "a killed server and a new connection have all that was answered",
  async (server, place) => {
    const before = await place.open();
    const revision = await before.records.put("miner.a", { layer: 1 }, 0);
    for (const id of ["a", "b", "c"]) await before.queues.add("forward.0", id);
    const held = await before.queues.take("forward.0", 600_000);
    await before.journals.append("losses", 2.5);
    await server.kill();
    await place.close();
    await server.startAgain();

    const { records, queues, journals } = await place.open();
    assert.deepEqual(await records.get("miner.a"), {
      value: { layer: 1 },
      revision: revision ?? 0,
    });
    assert.deepEqual([...(await records.list("miner")).keys()], ["miner.a"]);
    await queues.acknowledge("forward.0", held?.token ?? "");
    assert.equal((await queues.take("forward.0", 600_000))?.id, "b");
    assert.deepEqual(await queues.count("forward.0"), { waiting: 1, leased: 1 });
    assert.equal(await journals.append("losses", 2.4), 2);
  },
);

serverTest(
  "what is asked while the server is away is done once when it is back",
  async (server, place) => {
    const { records, queues, journals } = await place.open();
    await records.put("miner.a", 0, 0);
    for (const id of ["a", "b"]) await queues.add("forward.0", id);
    const held = await queues.take("forward.0", 600_000);
    await journals.append("losses", 0);
    await server.kill();
    const asked = Promise.all([
      records.put("miner.b", 1, 0),
      records.get("miner.a"),
      records.list("miner"),
      queues.add("forward.0", "c"),
      queues.acknowledge("forward.0", held?.token ?? ""),
      queues.take("forward.0", 600_000),
      journals.append("losses", 1),
    ]);
    await server.startAgain();
    const [, a, , , , lease] = await asked;
    assert.equal(a?.value, 0);
    assert.equal(lease?.id, "b");
    assert.equal((await records.get("miner.b"))?.value, 1);
    assert.equal((await records.list("miner")).size, 2);
    assert.deepEqual(await queues.count("forward.0"), { waiting: 1, leased: 1 });
    assert.deepEqual((await journals.last("losses", 9)).map(({ value }) => value), [0, 1]);
  },
);

serverTest(
  "a server that is killed in the midst of writing loses and doubles nothing",
  async (server, place) => {
    const { records, journals } = await place.open();
    const add = (now: { count: number } | undefined): { count: number } => ({
      count: (now?.count ?? 0) + 1,
    });
    let isOver = false;
    const write = async (writer: number): Promise<number> => {
      for (let count = 1;; count++) {
        await changeRecord(records, COUNTER, `${writer}`, add);
        await journals.append(`losses.${writer}`, count);
        if (isOver) return count;
      }
    };
    const writers = Array.from({ length: 8 }, (_, writer) => write(writer));
    // The first kill comes while streams are made.
    for (const entries of [1, 11, 21]) {
      while ((await journals.last("losses.0", 1)).every(({ sequence }) => sequence < entries));
      await server.kill();
      await server.startAgain();
    }
    isOver = true;
    for (const [writer, count] of (await Promise.all(writers)).entries()) {
      assert.deepEqual((await records.get(`counter.${writer}`))?.value, { count });
      const values = (await journals.after(`losses.${writer}`, 0, 1e6)).map(({ value }) => value);
      assert.deepEqual(values, Array.from({ length: count }, (_, index) => index + 1));
    }
  },
);

serverTest(
  "who waits for a signal is woken after an outage, for it may have gone by",
  async (server, place) => {
    const { signals } = await place.open();
    const woken = signals.next(["phase.0"], never);
    await server.kill();
    await server.startAgain();
    await woken;
  },
);

serverTest("signals and lists work on after an outage", async (server, place) => {
  const [state, other] = [await place.open(), await place.open()];
  await state.records.put("layer.0", 0, 0);
  await server.kill();
  await server.startAgain();
  await Promise.all([state.records.get("layer.0"), other.records.get("layer.0")]);
  // The outage itself wakes once; by then both are back.
  for (let round = 1; round <= 5; round++) {
    const told = other.signals.next([`phase.${round}`], never);
    await state.records.put(`layer.${round}`, round, 0);
    state.signals.raise(`phase.${round}`);
    await told;
    assert.equal((await other.records.list("layer")).size, round + 1);
  }
});

serverTest("a call fails in one line when the server stays away", async (server, place) => {
  const { records, queues, journals } = await place.open({ patienceMs: 300 });
  await server.kill();
  const calls = [
    () => records.get("miner.a"),
    () => records.put("miner.a", 1, 0),
    () => records.list("miner"),
    () => queues.take("forward.0", LEASE_MS),
    () => queues.count("forward.0"),
    () => journals.append("losses", 1),
  ];
  for (const message of await Promise.all(calls.map(failure))) {
    assert.match(message, /^NATS at 127\.0\.0\.1:\d+ has not answered for 0\.3 s/);
  }
});

serverTest("what failed while the server was away works when it is back", async (server, place) => {
  const { records, journals } = await place.open({ patienceMs: 300 });
  await server.kill();
  await failure(() => journals.append("losses", 1));
  await failure(() => records.list("miner"));
  await server.startAgain();
  let written: number | undefined;
  // The client itself looks for the server only from time to time.
  while (written === undefined) written = await journals.append("losses", 2).catch(() => undefined);
  assert.equal((await journals.last("losses", 1))[0].value, 2);
  assert.equal((await records.list("miner")).size, 0);
});
