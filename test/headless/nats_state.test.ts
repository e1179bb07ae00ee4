import { test, testWhere } from "#test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { assert } from "chai";
import type { Clock } from "../../core/host.ts";
import { processClock } from "../../headless/deno_host.ts";
import { NatsServer, natsServerMissing } from "../harness/nats_server.ts";
import { stateCases } from "../iota/orchestrator/state_cases.ts";
import { failure, LEASE_MS, Place } from "./nats_state/place.ts";

const MISSING = natsServerMissing();
const never = new AbortController().signal;
// One server for all that need no server of their own: each place has another name on it.
const shared = MISSING === undefined ? await NatsServer.start() : undefined;
shared?.unref();
addEventListener("unload", () => shared?.endNow());

/** A test on the server that all share. */
function natsTest(name: string, body: (place: Place) => Promise<void>): void {
  testWhere(MISSING, name, async () => {
    const place = new Place(shared?.url ?? "");
    try {
      await body(place);
    } finally {
      await place.close();
    }
  });
}

stateCases((name, body) => natsTest(`NATS: ${name}`, body));

natsTest("two names on one server share nothing", async (place) => {
  const [state, other] = [await place.open(), await new Place(shared?.url ?? "").open()];
  try {
    await state.records.put("miner.a", 1, 0);
    await state.queues.add("forward.0", "a");
    await state.journals.append("losses", 1);
    assert.isUndefined(await other.records.get("miner.a"));
    assert.isUndefined(await other.queues.take("forward.0", LEASE_MS));
    assert.deepEqual(await other.journals.last("losses", 1), []);
  } finally {
    await other.close();
  }
});

natsTest("a lease of another length is as long as it says", async (place) => {
  const { queues } = await place.open();
  await queues.add("forward.0", "long");
  await queues.add("forward.0", "short");
  await queues.take("forward.0", 600_000);
  // The consumer's setting is one for all, so the first lease gets shorter as well.
  await queues.take("forward.0", LEASE_MS);
  await place.passLease();
  assert.equal((await queues.take("forward.0", LEASE_MS))?.deliveries, 2);
});

natsTest("more entries of a journal than are asked for at once come in order", async (place) => {
  const { journals } = await place.open();
  const values = Array.from({ length: 600 }, (_, index) => index);
  await Promise.all(values.map((value) => journals.append("losses", value)));
  const entries = await journals.after("losses", 5, 550);
  const numbers = entries.map(({ sequence }) => sequence);
  assert.deepEqual(numbers, values.slice(6, 556));
});

natsTest(
  "a message of strangers on a signal's subject wakes nobody and breaks nothing",
  async (place) => {
    const { signals } = await place.open();
    const name = new URL(place.address).searchParams.get("name");
    const stranger = await connect({ servers: new URL(place.address).host });
    try {
      const woken = signals.next(["phase.0"], never);
      stranger.publish(`${name}.signal.a$b`);
      stranger.publish(`${name}.signal.phase.0`);
      await woken;
    } finally {
      await stranger.close();
    }
  },
);

natsTest(
  "marks of removed records are swept, and a copy that begins later still works",
  async (place) => {
    const clock = new SweepClock();
    const { records } = await place.open({ clock });
    for (const name of ["miner.a", "miner.b", "miner.c"]) {
      const revision = await records.put(name, 1, 0) ?? 0;
      await records.remove(name, revision);
    }
    await records.put("miner.a", 2, 0);
    const last = await records.put("miner.d", 3, 0) ?? 0;
    await records.remove("miner.d", last);
    await records.list("miner");
    assert.equal(await messagesIn(place), 4);
    await clock.sweep();
    // What is left: the new record, and the last mark, for which copies wait.
    assert.equal(await messagesIn(place), 2);
    const other = await place.open();
    assert.deepEqual([...(await other.records.list("miner")).keys()], ["miner.a"]);
    assert.isDefined(await other.records.put("miner.b", 4, 0));
    assert.equal((await records.list("miner")).size, 2);
  },
);

/** Real but for the sleep from one sweep to the next, and its time is ahead by as long as needed. */
class SweepClock implements Clock {
  #sweeps: (() => void)[] = [];
  #aheadMs = 0;

  nowMs(): number {
    return processClock.nowMs() + this.#aheadMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (durationMs < 60_000) return await processClock.sleep(durationMs, signal);
    await new Promise<void>((resolve) => {
      signal?.addEventListener("abort", () => resolve());
      this.#sweeps.push(resolve);
    });
  }

  /** Lets an hour pass, and waits until the sweep is over. */
  async sweep(): Promise<void> {
    this.#aheadMs += 3_600_000;
    const [begin] = this.#sweeps.splice(0);
    begin();
    while (this.#sweeps.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Messages in the bucket of a place. */
async function messagesIn(place: Place): Promise<number> {
  const { host, searchParams } = new URL(place.address);
  const nc = await connect({ servers: host });
  try {
    const { streams } = await jetstreamManager(nc);
    return (await streams.info(`KV_${searchParams.get("name")}-records`)).state.messages;
  } finally {
    await nc.close();
  }
}

natsTest("a call after the close says so", async (place) => {
  const { records, signals } = await place.open();
  await place.close();
  assert.include(await failure(() => records.get("miner.a")), "closed");
  signals.raise("phase.0");
});

test("an address where nobody answers is refused with what to do", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const message = await failure(() => new Place(`nats://127.0.0.1:${port}`).open());
  assert.match(message, /^no NATS at 127\.0\.0\.1:\d+ .*nats-server -js/);
});

testWhere(MISSING, "a server without JetStream is refused with what to do", async () => {
  const server = await NatsServer.start([]);
  try {
    const message = await failure(() => new Place(server.url).open());
    assert.include(message, "has no JetStream");
    assert.include(message, "nats-server -js");
  } finally {
    await server.end();
  }
});
