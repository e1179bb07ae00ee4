/**
 * What a person and a program see of a miner in a swarm elsewhere.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Http } from "../../../core/host.ts";
import {
  type RemoteEvent,
  RemoteReport,
  type StartedEvent,
} from "../../../headless/mine/remote_report.ts";
import { Traffic } from "../../../core/node/traffic.ts";
import { FakeTime, START_MS } from "../../iota/fake_time.ts";
import { type FakeScreen, fakeScreen, type FakeScreenOptions } from "../fake_screen.ts";

const STARTED: StartedEvent = {
  ...{ kind: "started", url: "http://there", isWeft: true, hotkey: "5Hot", uid: null },
  ...{ model: "nano", layers: 3, batch: 1, seq: 64, batchesBeforeMerging: 10, precision: "f32" },
  ...{ localOptimizerSteps: 10, weightsDtype: "bfloat16", maxCachedActivations: 2, seed: 42 },
};
const STEP: RemoteEvent = {
  ...{ kind: "step", learningRate: 2e-4, step: 12, applied: true, norm: 0.5 },
};
const REGISTERED: RemoteEvent = { kind: "registered", layer: 2 };
const FORWARD: RemoteEvent = { kind: "forward", uid: "a", loss: undefined };
const BACKWARD: RemoteEvent = { kind: "backward", uid: "a" };

/** A report, its screen, and time. */
interface Setup extends FakeScreen {
  readonly report: RemoteReport;
  readonly time: FakeTime;
  show(...events: readonly RemoteEvent[]): string[];
}

function setUp(isJson = false, options: FakeScreenOptions = {}): Setup {
  const fake = fakeScreen({ columns: 100, ...options });
  const [time, traffic] = [new FakeTime(), new Traffic()];
  traffic.sentBytes = 1500;
  const report = new RemoteReport(fake.screen, { clock: time, wallClock: time }, traffic, isJson);
  return {
    ...{ ...fake, report, time },
    show: (...events) => {
      for (const event of events) report.show(event);
      return fake.out().trimEnd().split("\n");
    },
  };
}

test("the header says where, who, what and how", () => {
  assert.deepEqual(setUp().show({ ...STARTED, uid: 7, health: "http://me/health" }), [
    "orchestrator  http://there",
    "hotkey        5Hot, uid 7",
    "model         nano in 3 layers, f32",
    "batch         1 sample of 64 tokens, 10 batches before merging",
    "health        http://me/health",
  ]);
});

test("each step is a row with what was done before it; headings come once", () => {
  const loss: RemoteEvent = { kind: "forward", uid: "a", loss: 2 };
  const lines = setUp().show(
    REGISTERED,
    loss,
    { ...loss, loss: 3 },
    BACKWARD,
    STEP,
    BACKWARD,
    STEP,
  );
  assert.deepEqual(lines.slice(1), [
    "layer     step  forwards  backwards    loss      rate     norm  merges      sent  received",
    "    2       12         2          1  2.5000  0.000200   0.5000       0    1.5 kB       0 B",
    "    2       12         2          2       -  0.000200   0.5000       0    1.5 kB       0 B",
  ]);
});

test("a step that was left out does not count", () => {
  const { report, show } = setUp();
  show(STEP, { ...STEP, applied: false });
  assert.equal(report.totals.steps, 1);
});

const LOADED: RemoteEvent = { kind: "weights loaded", layer: 2, epoch: 4 };
const MERGED: RemoteEvent = {
  ...{ kind: "merged", layer: 2, epoch: 4, layerBytes: 1e6 },
  ...{ uploadedBytes: 1e6, downloadedBytes: 2e6 },
};

test("a merge is a line between the rows, with the weights that came of it", () => {
  const lines = setUp().show(LOADED, MERGED, FORWARD);
  assert.deepEqual(lines, [
    "layer 2: merge 4, 1.0 MB sent, 2.0 MB received, of about 4.0 MB at most",
  ]);
});

test("weights of a merge without this miner are a line of their own", () => {
  const lines = setUp().show(LOADED, FORWARD, FORWARD);
  assert.deepEqual(lines, ["layer 2: the weights of merge 4 are loaded"]);
});

test("what the miner logs itself is not shown again", () => {
  const lost: RemoteEvent = { kind: "device lost", reason: "unplugged" };
  assert.deepEqual(setUp().show(REGISTERED, FORWARD, { kind: "lost", reason: "late" }, lost), [""]);
});

test("on a terminal the row to come is rewritten, not at every event", async () => {
  const { show, time, out } = setUp(false, { isLive: true });
  show(FORWARD, FORWARD, BACKWARD);
  assert.equal(out().split("\r").length - 1, 1);
  await time.pass(200);
  show(BACKWARD);
  assert.equal(out().split("\r").length - 1, 2);
});

test("the end is counted", () => {
  const { report, show } = setUp();
  show(FORWARD, BACKWARD, BACKWARD, { kind: "lost", reason: "late" });
  assert.equal(
    show({ kind: "finished", ...report.totals }).at(-1),
    "Stopped: 1 forward, 2 backwards, 1 in vain, 0 steps, 0 merges; 1.5 kB sent, 0 B received.",
  );
});

test("with --json every event is one object with its time", () => {
  const lines = setUp(true).show(STARTED, REGISTERED, FORWARD, STEP);
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    { ...STARTED, unixMs: START_MS },
    { ...REGISTERED, unixMs: START_MS },
    { kind: "forward", uid: "a", unixMs: START_MS },
    { ...STEP, unixMs: START_MS },
  ]);
});

test("traffic is the bytes of bodies, streamed or not", async () => {
  const traffic = new Traffic();
  const pieces = async function* (): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    yield await Promise.resolve(new Uint8Array(3));
    yield new Uint8Array(4);
  };
  const http: Http = async ({ body }) => {
    if (body !== undefined && !(body instanceof Uint8Array)) { for await (const _ of body); }
    return { status: 200, headers: { get: () => null }, body: pieces() };
  };
  const counted = traffic.counted(http);
  const ask = async (body?: Parameters<Http>[0]["body"]): Promise<void> => {
    const asked = { method: "POST", url: "http://there" } as const;
    const response = await counted(body === undefined ? asked : { ...asked, body });
    for await (const _ of response.body);
  };
  await ask();
  await ask(new Uint8Array(10));
  await ask(pieces());
  assert.deepEqual([traffic.sentBytes, traffic.receivedBytes], [17, 21]);
});
