/**
 * What becomes of requests to a tab as time passes, on a clock that the test moves.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { RelayedTab } from "../../../core/compute/relay/relayed_tab.ts";
import type { Socket } from "../../../core/host.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { FakeTime } from "../../iota/fake_time.ts";

const REQUEST = {
  ...{ method: "POST", target: "/Synapse", headers: {}, remoteAddress: "192.0.2.7" },
  body: new Uint8Array(0),
};

/** A tab whose connection keeps what it is sent. */
function setup(): {
  tab: RelayedTab;
  time: FakeTime;
  sent: { kind: string; id?: number; reason?: string }[];
  isClosed: () => boolean;
} {
  const time = new FakeTime();
  const sent: { kind: string; id?: number; reason?: string }[] = [];
  let isClosed = false;
  const socket: Socket = {
    addEventListener: () => {},
    send: (text) => void sent.push(JSON.parse(text)),
    close: () => void (isClosed = true),
  };
  return { tab: new RelayedTab("5tab", socket, time), time, sent, isClosed: () => isClosed };
}

function ask(
  tab: RelayedTab,
  signal = new AbortController().signal,
): ReturnType<RelayedTab["ask"]> {
  return tab.ask(REQUEST, signal);
}

function answer(id: number, headers = {}): string {
  return JSON.stringify({ kind: "answer", id, status: 200, headers, body: "aGk=" });
}

test("answers go to whom they belong, in whatever order they come", async () => {
  const { tab } = setup();
  const asked = [ask(tab), ask(tab)];
  tab.receive(answer(1, { name: "second" }));
  tab.receive(answer(0, { name: "first" }));
  const names = (await Promise.all(asked)).map(({ headers }) => headers.name);
  assert.deepEqual(names, ["first", "second"]);
});

test("an answer that nobody waits for is passed over", () => {
  const { tab, isClosed } = setup();
  tab.receive(answer(7));
  assert.isFalse(isClosed());
});

test("an answer's headers that are none of an axon's are left out", async () => {
  const { tab } = setup();
  const asked = ask(tab);
  const headers = {
    "set-cookie": "a=b",
    location: "https://evil",
    bt_header_axon_ip: "a\nb",
    name: "x",
  };
  tab.receive(answer(0, headers));
  assert.deepEqual((await asked).headers, { name: "x" });
});

test("a tab that does not answer is given up after a hundred seconds, and told so", async () => {
  const { tab, time, sent } = setup();
  const failing = failureOf(ask(tab));
  await time.pass(101_000);
  assert.match(String(await failing), /does not answer/);
  assert.deepEqual(sent.at(-1), { kind: "cancel", id: 0 });
});

test("who waits for less is answered in its own time", async () => {
  const { tab, time } = setup();
  const failing = failureOf(tab.ask(REQUEST, new AbortController().signal, 12_000));
  await time.pass(12_500);
  assert.match(String(await failing), /does not answer/);
});

test("who asks too much at once is refused at once, and the open ones go on", async () => {
  const { tab } = setup();
  const open = Array.from({ length: 64 }, () => ask(tab));
  assert.match(String(await failureOf(ask(tab))), /too much to do/);
  for (let id = 0; id < 64; id++) tab.receive(answer(id));
  assert.lengthOf(await Promise.all(open), 64);
});

test("a request whose client goes is cancelled at the tab", async () => {
  const { tab, sent } = setup();
  const gone = new AbortController();
  const failing = failureOf(ask(tab, gone.signal));
  gone.abort();
  await failing;
  assert.deepEqual(sent.at(-1), { kind: "cancel", id: 0 });
});

test("a tab that is silent is closed, one that answers pings is not", async () => {
  const { tab, time, sent, isClosed } = setup();
  tab.welcome();
  for (let at = 0; at < 8; at++) {
    await time.pass(15_000);
    tab.receive('{"kind":"pong"}');
  }
  assert.isFalse(isClosed());
  assert.isAbove(sent.filter(({ kind }) => kind === "ping").length, 5);
  await time.pass(75_000);
  assert.isTrue(isClosed());
});

test("a closed tab takes nothing any more", async () => {
  const { tab } = setup();
  const failing = failureOf(ask(tab));
  tab.close("enough", true);
  assert.match(String(await failing), /is gone/);
  assert.match(String(await failureOf(ask(tab))), /is gone/);
});

test("what cannot be read closes the connection", () => {
  for (const text of ["", "{", '{"kind":"answer","id":-1}', answer(0).replace("200", "99")]) {
    const { tab, sent, isClosed } = setup();
    tab.receive(text);
    assert.isTrue(isClosed(), text);
    assert.equal(sent.at(-1)?.kind, "refused");
  }
});
