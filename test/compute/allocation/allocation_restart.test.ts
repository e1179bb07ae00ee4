import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import {
  ALICE,
  ALICE_KEY,
  ask,
  DAY_MS,
  DeskSetup,
  FREE,
  IS_FREE,
  IS_HELD,
  plain,
} from "./allocation_setup.ts";
import { test } from "#test";

const LOG_NAME = "allocation";

test("A restarted process knows who rents, and until when", async () => {
  const setup = new DeskSetup();
  await ask(await setup.desk(), { fields: { timeline: 3 } });
  await setup.time.pass(DAY_MS);
  const desk = await setup.desk();
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
  assert.strictEqual(desk.current?.hotkey, ALICE);
  assert.strictEqual(desk.book.remainingMs, 2 * DAY_MS);
  assert.deepEqual(setup.renters, [ALICE, ALICE]);
  assert.deepEqual(await ask(desk, FREE), plain(true));
});

test("What ended while the process was down is undone when it is back", async () => {
  const setup = new DeskSetup();
  await ask(await setup.desk());
  await setup.time.pass(DAY_MS);
  const desk = await setup.desk();
  assert.strictEqual(setup.rental.state, "gone");
  assert.isUndefined(desk.current);
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
});

test("A process that died between the start and its record leaves nothing running", async () => {
  const setup = new DeskSetup();
  const first = await setup.desk();
  setup.rental.starting = new Promise(() => {});
  ask(first);
  await setup.time.settle();
  assert.strictEqual(setup.rental.state, "running");
  setup.storage = setup.storage.copy();
  const desk = await setup.desk();
  assert.strictEqual(setup.rental.state, "gone");
  assert.deepEqual(await ask(desk, IS_HELD), plain(false));
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
});

test("What runs without a record is ended", async () => {
  const setup = new DeskSetup();
  setup.rental.state = "running";
  const desk = await setup.desk();
  assert.strictEqual(setup.rental.state, "gone");
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
});

test("What could not be ended at the beginning is ended later, but not a new rental", async () => {
  const setup = new DeskSetup();
  setup.rental.state = "running";
  setup.rental.faults.set("stop", "Docker sleeps");
  const desk = await setup.desk();
  setup.rental.faults.clear();
  assert.isTrue((await ask(desk)).status);
  await desk.tidy();
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
});

test("A rental of a machine whose clock was set back lasts no longer than it was to", async () => {
  const setup = new DeskSetup();
  await ask(await setup.desk(), { fields: { timeline: 2 } });
  setup.time.skew(-300 * DAY_MS);
  assert.strictEqual((await setup.desk()).book.remainingMs, 2 * DAY_MS);
});

for (
  const record of [
    { stage: "rented" },
    { stage: "sold", rental: "fake", hotkey: "a", publicKey: "", fromMs: 0, untilMs: 1e15 },
    "rented",
    null,
  ]
) {
  test(`A record that is none rents nothing: ${JSON.stringify(record).slice(0, 40)}`, async () => {
    const setup = new DeskSetup();
    setup.rental.state = "running";
    await setup.storage.appendRecord(LOG_NAME, record);
    const desk = await setup.desk();
    assert.strictEqual(setup.rental.state, "gone");
    assert.lengthOf(setup.log.lines, 1);
    assert.isTrue((await ask(desk)).status);
    assert.isTrue((await ask(await setup.desk(), IS_HELD)).status);
  });
}

test("A rental of a kind that is lent no more is freed by its renter", async () => {
  const setup = new DeskSetup();
  await ask(await setup.desk());
  const desk = await setup.desk({ rentals: [] });
  assert.deepEqual(await ask(desk, IS_HELD), plain(false));
  assert.deepEqual(await ask(desk, FREE), plain(true));
});

test("Where nothing can be kept nothing is started", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  setup.storage.replaceRecords = () => Promise.reject(new WeftError("the disk is full"));
  assert.deepEqual(await ask(desk), plain(false));
  assert.lengthOf(setup.rental.orders, 0);
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
});

test("What cannot be confirmed is undone, as soon as that can be kept", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  const { storage } = setup;
  const replace = storage.replaceRecords.bind(storage);
  storage.replaceRecords = async (name, records) => {
    await replace(name, records);
    storage.replaceRecords = () => Promise.reject(new WeftError("the disk is full"));
  };
  assert.deepEqual(await ask(desk), plain(false));
  assert.strictEqual(setup.rental.state, "gone");
  assert.deepEqual(await ask(desk, IS_HELD), plain(false));
  storage.replaceRecords = replace;
  await desk.tidy();
  assert.isUndefined(desk.current);
});

test("What is kept is who rents, their key in base64 and until when", async () => {
  const setup = new DeskSetup();
  await ask(await setup.desk());
  const [record] = await setup.storage.readRecords(LOG_NAME);
  assert.deepEqual(record, {
    ...{ stage: "rented", rental: "fake", hotkey: ALICE, isPaused: false },
    publicKey: btoa(ALICE_KEY.pem.trim()),
    ...{ fromMs: setup.time.unixMs(), untilMs: setup.time.unixMs() + DAY_MS },
  });
});
