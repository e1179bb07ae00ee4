import { assert } from "chai";
import { ContainerRental } from "../../../core/compute/allocation/container_rental.ts";
import { DockerEngine } from "../../../headless/docker/engine.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { FakeDocker, fault } from "../../headless/docker/fake_docker.ts";
import { FakeTime } from "../../iota/fake_time.ts";
import { ALICE_KEY, ask, DeskSetup, FREE, IS_FREE, IS_HELD, plain } from "./allocation_setup.ts";
import { test } from "#test";

const BASE = { tag: "base:1", dockerfile: "FROM somewhere" };
const ORDER = { hotkey: "5Renter", testing: false, sshKey: "", dockerfile: "" };
const KEY_FILE = "/root/.ssh/authorized_keys";

interface Setup {
  readonly docker: FakeDocker;
  readonly time: FakeTime;
  readonly rental: ContainerRental;
}

function setUp(freeMemory: number | undefined = 1000): Setup {
  const docker = new FakeDocker();
  docker.images.set(BASE.tag, BASE.dockerfile);
  const time = new FakeTime();
  const rental = new ContainerRental({
    ...{ engine: new DockerEngine(docker.http, time), sshPort: 4444, baseImage: BASE },
    randomBytes: (length) => new Uint8Array(length),
    freeMemory: () => freeMemory,
  });
  return { docker, time, rental };
}

test("A renter gets a container that knows its password and key", async () => {
  const { docker, rental } = setUp();
  const access = await rental.start({ ...ORDER, sshKey: "ssh-ed25519 A 'b" });
  assert.deepEqual(access, { username: "root", password: "aaaaaaaaaa", port: 4444 });
  const container = docker.containers.get("ssh-container");
  assert.strictEqual(container?.password, "aaaaaaaaaa");
  assert.strictEqual(container?.files.get(KEY_FILE), "ssh-ed25519 A 'b\n");
  assert.strictEqual(container?.body.Image, "base:1");
  assert.isTrue(await rental.isRunning());
});

test("Nothing that is built or created has the password", async () => {
  const { docker, rental } = setUp();
  await rental.start({ ...ORDER, dockerfile: "echo hi" });
  const kept = [...docker.images.values(), ...docker.asked];
  const { body } = docker.containers.get("ssh-container") ?? {};
  assert.notInclude(JSON.stringify([kept, body]), "aaaaaaaaaa");
});

test("Shared memory is nine tenths of what is free, or the engine's own where nobody knows", async () => {
  for (const [free, bytes] of [[1001, 900], [undefined, undefined]]) {
    const docker = new FakeDocker();
    docker.images.set(BASE.tag, "");
    const rental = new ContainerRental({
      ...{ engine: new DockerEngine(docker.http, new FakeTime()), sshPort: 1, baseImage: BASE },
      ...{ randomBytes: (length) => new Uint8Array(length), freeMemory: () => free },
    });
    await rental.start(ORDER);
    const { body } = docker.containers.get("ssh-container") ?? {};
    assert.include(JSON.stringify(body), bytes === undefined ? '"on-failure"' : '"ShmSize":900');
    assert.strictEqual(JSON.stringify(body).includes("ShmSize"), bytes !== undefined);
  }
});

test("A test has a container of another name, and the older one is gone", async () => {
  const { docker, rental } = setUp();
  await rental.start(ORDER);
  await rental.start({ ...ORDER, testing: true });
  assert.deepEqual([...docker.containers.keys()], ["ssh-test-container"]);
});

test("What a renter wants done to the image is done to one of its own", async () => {
  const { docker, rental } = setUp();
  await rental.start({ ...ORDER, dockerfile: "pip install x" });
  assert.strictEqual(docker.images.get("weft-rental-own"), "FROM base:1\nRUN pip install x\n");
  await rental.stop();
  assert.deepEqual([...docker.images.keys()], ["base:1"]);
  assert.strictEqual(docker.containers.size, 0);
});

test("Each of the two keys has its line, and an exchange leaves the other", async () => {
  const { docker, rental } = setUp();
  await rental.start({ ...ORDER, sshKey: "first" });
  await rental.exchangeKey("second", "terminal");
  await rental.exchangeKey("third", "user");
  assert.strictEqual(
    docker.containers.get("ssh-container")?.files.get(KEY_FILE),
    "third\nsecond\n",
  );
  assert.lengthOf(docker.asked.filter((line) => line.includes("/restart")), 2);
});

test("A container that is gone by itself does not run, and cannot be changed", async () => {
  const { docker, rental } = setUp();
  await rental.start(ORDER);
  docker.containers.clear();
  assert.isFalse(await rental.isRunning());
  for (
    const act of [
      () => rental.restart(),
      () => rental.pause(),
      () => rental.unpause(),
      () => rental.exchangeKey("k", "user"),
    ]
  ) {
    assert.include(`${await failureOf(act())}`, "the renter's container is gone");
  }
});

test("What is paused or stopped does not run", async () => {
  const { docker, rental } = setUp();
  await rental.start(ORDER);
  await rental.pause();
  assert.isFalse(await rental.isRunning());
  await rental.unpause();
  assert.isTrue(await rental.isRunning());
  const container = docker.containers.get("ssh-container");
  if (container) container.state = "exited";
  assert.isFalse(await rental.isRunning());
});

test("An image that is not there is an obstacle until it is built, once", async () => {
  const { docker, rental } = setUp();
  docker.images.clear();
  assert.strictEqual(await rental.obstacle(), "the image base:1 is not built yet");
  await Promise.all([rental.prepare(), rental.prepare()]);
  assert.isUndefined(await rental.obstacle());
  await rental.prepare();
  assert.lengthOf(docker.asked.filter((line) => line.includes("/build")), 1);
});

test("A build that hangs is an obstacle that says so, until it is given up", async () => {
  const { docker, time, rental } = setUp();
  docker.images.clear();
  docker.faults.set("POST /build", "hang");
  const building = failureOf(rental.prepare());
  await time.settle();
  assert.strictEqual(await rental.obstacle(), "the image base:1 is being built");
  await time.pass(3_600_000);
  assert.include(`${await building}`, "could not build the image base:1 within 3600 s");
  assert.strictEqual(await rental.obstacle(), "the image base:1 is not built yet");
});

test("An engine's words about the password are not passed on", async () => {
  const { docker, rental } = setUp();
  docker.faults.set("POST /containers/ssh-container/exec", fault(500, "WEFT=aaaaaaaaaa"));
  const error = await failureOf(rental.start(ORDER));
  assert.include(`${error}`, "WEFT_PASSWORD could not be set");
  assert.notInclude(`${error}`, "aaaaaaaaaa");
});

test("A desk rents out a container and takes it back", async () => {
  const { docker, rental } = setUp();
  const desk = await new DeskSetup().desk({ rentals: [rental] });
  const { info } = await ask(desk);
  assert.strictEqual((await ALICE_KEY.open(info)).password, "aaaaaaaaaa");
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
  assert.deepEqual(await ask(desk, IS_FREE), plain(false));
  assert.deepEqual(await ask(desk, FREE), plain(true));
  assert.strictEqual(docker.containers.size, 0);
});

for (
  const [name, answer] of [
    ["500", fault(500, "could not select device driver")],
    ["409", fault(409, "the name is in use")],
    ["garbage", { status: 201, body: new TextEncoder().encode("oops") }],
  ] as const
) {
  test(`A container whose creation is answered by ${name} is rented by nobody`, async () => {
    const { docker, rental } = setUp();
    const setup = new DeskSetup();
    const desk = await setup.desk({ rentals: [rental] });
    docker.faults.set("POST /containers/create", answer);
    assert.deepEqual(await ask(desk), plain(false));
    assert.lengthOf(setup.log.lines, 1);
    assert.deepEqual(await ask(desk, IS_FREE), plain(true));
  });
}

test("An engine that hangs at the start costs a renter its time limit and nothing else", async () => {
  const { docker, time, rental } = setUp();
  const desk = await new DeskSetup().desk({ rentals: [rental] });
  docker.faults.set("POST /containers/0", "hang");
  const answer = ask(desk);
  while (docker.asked.every((line) => !line.endsWith("/start"))) await time.settle();
  await time.pass(20_000);
  assert.deepEqual(await answer, plain(false));
  assert.strictEqual(docker.containers.size, 0);
});

test("Without Docker the answer is no, and one line tells what it costs", async () => {
  const { docker, rental } = setUp();
  docker.faults.set("GET", fault(503, "gone"));
  const setup = new DeskSetup();
  const desk = await setup.desk({ rentals: [rental] });
  for (const asked of [IS_FREE, {}, IS_FREE]) {
    assert.deepEqual(await ask(desk, asked), plain(false));
  }
  assert.lengthOf(setup.log.lines, 1);
  assert.match(setup.log.lines[0], /Docker cannot be used.*proof of GPU over SSH scores it 0$/);
});
