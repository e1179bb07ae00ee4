import { assert } from "chai";
import type { DeviceRequirement } from "../../../core/compute/allocation/requirements.ts";
import { readSynapse, SynapseFormatError } from "../../../core/compute/synapse/synapse.ts";
import { ALLOCATE } from "../../../core/compute/synapse/synapses.ts";
import { type PythonData, PythonFloat } from "../../../core/formats/python_json.ts";
import {
  ALICE,
  ALICE_KEY,
  ask,
  BOB,
  BOB_KEY,
  callOf,
  change,
  DAY_MS,
  DeskSetup,
  FakeRental,
  FREE,
  IS_FREE,
  IS_HELD,
  PASSWORD,
  plain,
} from "./allocation_setup.ts";
import { test } from "#test";

type Fields = Readonly<Record<string, PythonData>>;

test("A machine that nobody rents is free, and held by nobody", async () => {
  const desk = await new DeskSetup().desk();
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
  assert.deepEqual(await ask(desk, IS_HELD), plain(false));
});

test("A renter gets in with what only its key reads", async () => {
  const desk = await new DeskSetup().desk();
  const { status, info, port } = await ask(desk);
  assert.deepEqual([status, port], [true, 4444]);
  const access = await ALICE_KEY.open(info);
  const expected = { username: "root", password: PASSWORD, port: 4444, version: 183 };
  assert.deepEqual(access, expected);
});

test("The answer has the machine's own port wherever the renter wanted another", async () => {
  const desk = await new DeskSetup().desk({ port: 4567 });
  const docker_requirement = { ssh_port: 22, base_image: "x" };
  const fields = await desk.answer(callOf({ fields: { docker_requirement, output: { a: 1 } } }));
  assert.deepEqual(fields.docker_requirement, { ssh_port: 4567, base_image: "x" });
  assert.strictEqual(fields.output.port, 4567);
  assert.notProperty(fields.output, "a");
});

test("What is rented is not free, and held by its key alone", async () => {
  const desk = await new DeskSetup().desk();
  await ask(desk);
  assert.deepEqual(await ask(desk, IS_FREE), plain(false));
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
  const others = { checking: true, timeline: 0, public_key: BOB_KEY.pem };
  assert.deepEqual(await ask(desk, { fields: others }), plain(false));
});

test("A key is the same with other line ends", async () => {
  const desk = await new DeskSetup().desk();
  await ask(desk, { fields: { public_key: ALICE_KEY.pem.replaceAll("\n", "\r\n") } });
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
  assert.deepEqual(await ask(desk, FREE), plain(true));
});

test("Of two that rent at once one gets it, and the other an answer right away", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  const started = Promise.withResolvers<void>();
  setup.rental.starting = started.promise;
  const first = ask(desk);
  const bob = { hotkey: BOB, fields: { public_key: BOB_KEY.pem } };
  assert.deepEqual(await ask(desk, bob), plain(false));
  assert.deepEqual(await ask(desk, IS_FREE), plain(false));
  started.resolve();
  assert.isTrue((await first).status);
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
  assert.lengthOf(setup.rental.orders, 1);
});

test("Nobody takes over what runs, not even its renter", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  assert.deepEqual(await ask(desk), plain(false));
  const bob = { hotkey: BOB, fields: { public_key: BOB_KEY.pem } };
  assert.deepEqual(await ask(desk, bob), plain(false));
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
});

test("Who has rented gives back, once", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  assert.deepEqual(await ask(desk, FREE), plain(true));
  assert.strictEqual(setup.rental.state, "gone");
  assert.deepEqual(await ask(desk, FREE), plain(false));
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
  assert.deepEqual(setup.renters, [ALICE, undefined]);
});

for (
  const [name, asked] of Object.entries({
    "another hotkey with the key": { hotkey: BOB },
    "the hotkey with another key": { fields: { public_key: BOB_KEY.pem } },
    "the hotkey without a key": { fields: { public_key: "" } },
  })
) {
  test(`Nothing is freed or changed by ${name}`, async () => {
    const setup = new DeskSetup();
    const desk = await setup.desk();
    await ask(desk);
    for (const { fields } of [FREE, change({ action: "restart" })]) {
      const own = "fields" in asked ? asked.fields : {};
      assert.deepEqual(await ask(desk, { ...asked, fields: { ...fields, ...own } }), plain(false));
    }
    assert.deepEqual(setup.rental.done, ["stop", "start"]);
  });
}

test("Where the key is enough, as with the reference, another hotkey may free", async () => {
  const desk = await new DeskSetup().desk({ keyIsEnough: true });
  await ask(desk);
  const others = { timeline: 0, public_key: BOB_KEY.pem };
  assert.deepEqual(await ask(desk, { fields: others }), plain(false));
  assert.deepEqual(await ask(desk, { ...FREE, hotkey: BOB }), plain(true));
});

test("What is rented is changed as its renter wants", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  const key = { action: "exchange_key", ssh_key: "ssh-ed25519 A b\r\n", key_type: "user", x: 1 };
  for (
    const action of [
      key,
      ...["pause", "unpause", "pause", "resume", "restart"].map((name) => ({
        action: name,
      })),
    ]
  ) {
    assert.deepEqual(await ask(desk, change(action)), plain(true));
  }
  const done = ["pause", "unpause", "pause", "unpause", "restart"];
  const expected = ["stop", "start", "exchangeKey user ssh-ed25519 A b", ...done];
  assert.deepEqual(setup.rental.done, expected);
});

for (
  const action of [
    { action: "explode" },
    { action: ["pause"] },
    {},
    { action: "exchange_key", ssh_key: "k" },
    { action: "exchange_key", ssh_key: "k", key_type: "root" },
    { action: "exchange_key", ssh_key: "a\nb", key_type: "user" },
    { action: "exchange_key", ssh_key: "a\u0000b", key_type: "user" },
    { action: "exchange_key", ssh_key: 5, key_type: "user" },
    { action: "exchange_key", ssh_key: "k".repeat(20_000), key_type: "user" },
  ] as readonly Fields[]
) {
  test(`A change is refused: ${JSON.stringify(action).slice(0, 70)}`, async () => {
    const setup = new DeskSetup();
    const desk = await setup.desk();
    await ask(desk);
    assert.deepEqual(await ask(desk, change(action)), plain(false));
    assert.deepEqual(setup.rental.done, ["stop", "start"]);
  });
}

test("What is paused is neither free nor gone", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  await ask(desk, change({ action: "pause" }));
  assert.deepEqual(await ask(desk, IS_FREE), plain(false));
  assert.deepEqual(await ask(await setup.desk(), IS_FREE), plain(false));
});

test("A pause that fails leaves what is rented as it was", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  setup.rental.faults.set("pause", "no freezer");
  assert.deepEqual(await ask(desk, change({ action: "pause" })), plain(false));
  assert.isFalse(desk.current?.isPaused);
});

test("What has ended by itself is held by nobody and can be rented anew", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  setup.rental.state = "gone";
  assert.deepEqual(await ask(desk, IS_HELD), plain(false));
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
  const bob = { hotkey: BOB, fields: { public_key: BOB_KEY.pem } };
  assert.isTrue((await ask(desk, bob)).status);
  assert.deepEqual(setup.renters, [ALICE, undefined, BOB]);
});

test("What cannot be looked at does not pass for gone", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  setup.rental.faults.set("isRunning", "hangs");
  assert.deepEqual(await ask(desk, IS_FREE), plain(false));
  assert.deepEqual(await ask(desk, IS_HELD), plain(false));
  assert.deepEqual(await ask(desk), plain(false));
  assert.strictEqual(setup.rental.state, "running");
});

for (const timeline of [-1, 0, -(10n ** 30n)]) {
  test(`A timeline of ${timeline} days rents nothing`, async () => {
    const setup = new DeskSetup();
    const desk = await setup.desk();
    assert.deepEqual(await ask(desk, { fields: { timeline } }), plain(false));
    assert.isUndefined(desk.current);
  });
}

for (const timeline of [10 ** 9, 3651, 10n ** 30n]) {
  test(`A timeline of ${timeline} days is refused, asked or rented`, async () => {
    const setup = new DeskSetup();
    const desk = await setup.desk();
    assert.deepEqual(await ask(desk, { fields: { timeline, checking: true } }), plain(false));
    assert.deepEqual(await ask(desk, { fields: { timeline } }), plain(false));
    assert.lengthOf(setup.rental.orders, 0);
  });
}

test("A timeline with a fraction does not come as far as the desk, a whole float does", () => {
  const read = (timeline: PythonData): unknown =>
    readSynapse(ALLOCATE, { timeline }).fields.timeline;
  assert.throws(() => read(new PythonFloat(0.5)), SynapseFormatError);
  assert.strictEqual(read(new PythonFloat(2)), 2);
});

test("A key that is none costs one line and starts nothing", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  assert.deepEqual(await ask(desk, { fields: { public_key: "x\ny" } }), plain(false));
  assert.lengthOf(setup.log.lines, 1);
  assert.match(setup.log.lines[0], /^warn: Allocate of 5Grw.*the renter's public key is not used/);
  assert.lengthOf(setup.rental.orders, 0);
});

test("A start that fails is undone", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  setup.rental.faults.set("start", "no GPU");
  assert.deepEqual(await ask(desk), plain(false));
  assert.deepEqual(setup.rental.done, ["stop", "start", "stop"]);
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
  assert.deepEqual(setup.renters, []);
});

test("A renter who is gone before the answer has rented nothing", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  const client = new AbortController();
  setup.rental.starting = setup.time.settle().then(() => client.abort());
  assert.deepEqual(await ask(desk, { signal: client.signal }), plain(false));
  assert.strictEqual(setup.rental.state, "gone");
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
});

test("An obstacle is told once, with what it costs", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  setup.rental.obstacleNow = "Docker is not there";
  for (let time = 0; time < 3; time++) assert.deepEqual(await ask(desk, IS_FREE), plain(false));
  assert.deepEqual(await ask(desk), plain(false));
  assert.deepEqual(setup.log.lines, [
    "warn: Docker is not there: until then nobody can rent a container here, and proof of GPU " +
    "over SSH scores it 0",
  ]);
});

test("A host with nothing to lend answers no to everything, in one line", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk({ rentals: [] });
  for (const asked of [IS_FREE, IS_HELD, {}]) {
    assert.deepEqual(await ask(desk, asked), plain(false));
  }
  assert.lengthOf(setup.log.lines, 1);
});

test("A machine that lacks what is wanted says no, and its log what is missing", async () => {
  const setup = new DeskSetup();
  const capacity = { cpuCount: 1, ramBytes: 0, diskBytes: 0, gpus: [] };
  const desk = await setup.desk({ capacity: () => Promise.resolve(capacity) });
  const fields = { checking: true, device_requirement: { cpu: { count: 2 } } };
  assert.deepEqual(await ask(desk, { fields }), plain(false));
  assert.include(setup.log.lines.join(), "1 of 2 CPU cores");
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
});

test("What is lent may depend on what is wanted", async () => {
  const setup = new DeskSetup();
  const sandbox = new FakeRental("sandbox");
  const rentals = [setup.rental, sandbox];
  const choose = ({ testing }: DeviceRequirement): FakeRental => testing ? sandbox : setup.rental;
  const desk = await setup.desk({ rentals, choose });
  const device_requirement = { testing: true, colour: "red" };
  assert.isTrue((await ask(desk, { fields: { device_requirement } })).status);
  assert.deepEqual(sandbox.orders, [
    { hotkey: ALICE, testing: true, sshKey: "", dockerfile: "" },
  ]);
  assert.deepEqual([sandbox.state, setup.rental.state], ["running", "gone"]);
  assert.deepEqual(await ask(desk, FREE), plain(true));
  assert.strictEqual(sandbox.state, "gone");
});

for (
  const fields of [
    { device_requirement: { cpu: "many" } },
    { docker_requirement: { ssh_key: 7 } },
    { docker_requirement: { dockerfile: "x".repeat(70_000) } },
  ] as readonly Fields[]
) {
  test(`What is no requirement rents nothing: ${Object.keys(fields)}`, async () => {
    const setup = new DeskSetup();
    const desk = await setup.desk();
    assert.deepEqual(await ask(desk, { fields }), plain(false));
    assert.lengthOf(setup.rental.orders, 0);
  });
}

test("The password is neither in the log nor in what is kept", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  await ask(desk, FREE);
  await ask(desk);
  const kept = JSON.stringify([...setup.storage.logs, ...setup.log.lines]);
  assert.include(kept, btoa(ALICE_KEY.pem.trim()));
  assert.notInclude(kept, PASSWORD);
});

test("A rental ends after its days, and is held until then", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk, { fields: { timeline: 2 } });
  await setup.time.pass(2 * DAY_MS - 90_000);
  const end = new AbortController();
  const running = desk.run(end.signal);
  await setup.time.pass(89_999);
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
  await setup.time.pass(1);
  assert.strictEqual(setup.rental.state, "gone");
  assert.deepEqual(await ask(desk, IS_FREE), plain(true));
  end.abort();
  await running;
  assert.strictEqual(setup.time.sleepers, 0);
});

test("A rental that is over is held by nobody, though nobody has ended it yet", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  await setup.time.pass(DAY_MS);
  assert.deepEqual(await ask(desk, IS_HELD), plain(false));
  assert.deepEqual(await ask(desk, change({ action: "pause" })), plain(false));
  const bob = { hotkey: BOB, fields: { public_key: BOB_KEY.pem } };
  assert.isTrue((await ask(desk, bob)).status);
});

test("A clock that is set back does not prolong a rental", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  setup.time.skew(-300 * DAY_MS);
  await setup.time.pass(DAY_MS);
  await desk.tidy();
  assert.strictEqual(setup.rental.state, "gone");
});

test("What cannot be ended is tried again, and told once", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  setup.log.lines.length = 0;
  setup.rental.faults.set("stop", "hangs");
  await setup.time.pass(DAY_MS);
  const end = new AbortController();
  const running = desk.run(end.signal);
  await setup.time.pass(300_000);
  assert.deepEqual(setup.log.lines, [
    "warn: what was lent is not ended, it is tried again: hangs",
  ]);
  setup.rental.faults.clear();
  await setup.time.pass(60_000);
  assert.isUndefined(desk.current);
  end.abort();
  await running;
});

test("What cannot be ended stays its renter's, who may try again", async () => {
  const setup = new DeskSetup();
  const desk = await setup.desk();
  await ask(desk);
  setup.rental.faults.set("stop", "hangs");
  assert.deepEqual(await ask(desk, FREE), plain(false));
  setup.rental.faults.clear();
  assert.deepEqual(await ask(desk, FREE), plain(true));
});
