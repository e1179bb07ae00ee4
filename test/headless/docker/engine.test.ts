import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { DockerEngine } from "../../../headless/docker/engine.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { FakeTime } from "../../iota/fake_time.ts";
import { type FakeAnswer, FakeDocker, fault, frames } from "./fake_docker.ts";
import { test } from "#test";

const SPEC = { image: "base:1", sshPort: 4444, sharedMemoryBytes: 900 };

interface Setup {
  readonly docker: FakeDocker;
  readonly time: FakeTime;
  readonly engine: DockerEngine;
}

function setUp(): Setup {
  const docker = new FakeDocker();
  docker.images.set("base:1", "");
  const time = new FakeTime();
  return { docker, time, engine: new DockerEngine(docker.http, time) };
}

test("An engine that answers has no fault, and no time limit is left", async () => {
  const { docker, time, engine } = setUp();
  assert.isUndefined(await engine.fault());
  assert.deepEqual(docker.asked, ["GET /_ping", "GET /version", "GET /v1.43/info"]);
  await time.settle();
  assert.strictEqual(time.sleepers, 0);
});

for (
  const [oldest, newest, used] of [["1.12", "1.43", 43], ["1.44", "1.52", 44], ["1.12", "1.40", 40]]
) {
  test(`Of an engine of ${oldest} to ${newest} version 1.${used} is asked`, async () => {
    const { docker, engine } = setUp();
    docker.version = { ApiVersion: newest, MinAPIVersion: oldest };
    await engine.info();
    assert.include(docker.asked, `GET /v1.${used}/info`);
  });
}

test("An engine that was replaced is asked for its version anew", async () => {
  const { docker, engine } = setUp();
  await engine.fault();
  docker.version = { ApiVersion: "1.52", MinAPIVersion: "1.44" };
  await engine.fault();
  assert.strictEqual(docker.asked.at(-1), "GET /v1.44/info");
});

test("The engine's machine is told in plain numbers", async () => {
  const expected = { version: "24.0.7", os: "linux", cpuCount: 8, memoryBytes: 2 ** 34 };
  assert.deepEqual(await setUp().engine.info(), expected);
});

test("A container is made with all GPUs, the port and the shared memory", async () => {
  const { docker, engine } = setUp();
  await engine.run("ssh-container", SPEC);
  const container = docker.containers.get("ssh-container");
  assert.strictEqual(container?.state, "running");
  assert.deepEqual(container?.body, {
    Image: "base:1",
    Env: ["NVIDIA_VISIBLE_DEVICES=all"],
    ExposedPorts: { "22/tcp": {} },
    HostConfig: {
      DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }],
      PortBindings: { "22/tcp": [{ HostPort: "4444" }] },
      Init: true,
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
      ShmSize: 900,
    },
  });
});

test("A container is paused, resumed, restarted, stopped and removed", async () => {
  const { engine } = setUp();
  const states: unknown[] = [await engine.stateOf("a")];
  await engine.run("a", SPEC);
  for (const act of ["pause", "unpause", "stop", "restart", "remove"] as const) {
    await engine[act]("a");
    states.push(await engine.stateOf("a"));
  }
  const expected = [undefined, "paused", "running", "stopped", "running", undefined];
  assert.deepEqual(states, expected);
});

test("What is not there is removed without an error, what does not stop by force", async () => {
  const { docker, engine } = setUp();
  await engine.remove("a");
  await engine.run("a", SPEC);
  docker.faults.set("POST /containers/a/stop", fault(500, "cannot stop"));
  await engine.remove("a");
  assert.isUndefined(await engine.stateOf("a"));
  assert.include(docker.asked, "DELETE /v1.43/containers/a?force=1&v=1");
});

test("A command's output is what it wrote to stdout, over the borders of frames", async () => {
  const { docker, engine } = setUp();
  await engine.run("a", SPEC);
  docker.containers.get("a")?.files.set("f", "zwölf Schlüssel\n");
  const expected = { exitCode: 0, output: "zwölf Schlüssel\n" };
  assert.deepEqual(await engine.execute("a", ["cat", "f"], {}), expected);
});

test("An image is built of its Dockerfile", async () => {
  const { docker, engine } = setUp();
  assert.isFalse(await engine.hasImage("new:1"));
  await engine.buildImage("new:1", "FROM base\nRUN true\n");
  assert.strictEqual(docker.images.get("new:1"), "FROM base\nRUN true\n");
  assert.isTrue(await engine.hasImage("new:1"));
  await engine.removeImage("new:1");
  assert.isFalse(await engine.hasImage("new:1"));
});

test("A build that fails says so in a line of an answer with status 200", async () => {
  const { docker, engine } = setUp();
  const line = '{"stream":"Step"}\r\n{"errorDetail":{"code":100},"error":"apt-get\\nfailed"}\r\n';
  docker.faults.set("POST /build", { status: 200, body: new TextEncoder().encode(line) });
  const error = await failureOf(engine.buildImage("new:1", "FROM base"));
  assert.strictEqual(
    `${error}`,
    "WeftError: Docker could not build the image new:1 (apt-get failed)",
  );
});

test("A build whose answer is cut short is no image", async () => {
  const { docker, engine } = setUp();
  docker.faults.set("POST /build", { status: 200, body: new TextEncoder().encode('{"strea') });
  assert.include(`${await failureOf(engine.buildImage("new:1", "FROM base"))}`, "ended before");
});

const garbage = new TextEncoder().encode("<html>\n\u0000nginx</html>");

for (
  const [name, answer, part] of [
    ["500", fault(500, "could not select device driver"), "(500: could not select device driver)"],
    ["409", fault(409, "name in\nuse"), "(409: name in use)"],
    ["garbage", { status: 200, body: garbage }, ""],
    ["garbage with 502", { status: 502, body: garbage }, "(502: <html>"],
    ["nothing", { status: 201 }, "not what the Engine API says"],
    ["a path for an id", { status: 201, body: { Id: "../../x" } }, "not what the Engine API says"],
    ["too much", { status: 201, body: new Uint8Array(2 ** 21) }, "longer than"],
  ] satisfies [string, FakeAnswer, string][]
) {
  test(`An engine that answers ${name} makes an error of one line`, async () => {
    const { docker, engine } = setUp();
    docker.faults.set("POST /containers/create", answer);
    const error = await failureOf(engine.run("a", SPEC));
    assert.instanceOf(error, WeftError);
    assert.include(`${error}`, part);
    assert.notInclude(`${error}`, "\n");
  });
}

for (
  const [name, bytes] of [
    ["cut in its header", frames("ab").subarray(0, 5)],
    ["cut in its text", frames("abcd").subarray(0, 9)],
    ["of text alone", new TextEncoder().encode("no frames at all")],
  ] as const
) {
  test(`Output that is ${name} is an error`, async () => {
    const { docker, engine } = setUp();
    await engine.run("a", SPEC);
    docker.faults.set("POST /exec/", { status: 200, body: bytes });
    assert.instanceOf(await failureOf(engine.execute("a", ["cat", "f"], {})), WeftError);
  });
}

test("A command that has not ended is an error", async () => {
  const { docker, engine } = setUp();
  await engine.run("a", SPEC);
  docker.faults.set("GET /exec/", { status: 200, body: { Running: true, ExitCode: null } });
  assert.include(`${await failureOf(engine.execute("a", ["true"], {}))}`, "has not ended");
});

test("An engine that hangs is given up in time, and that is a fault", async () => {
  const { docker, time, engine } = setUp();
  docker.faults.set("GET /_ping", "hang");
  const fault = engine.fault();
  await time.pass(9_999);
  assert.strictEqual(time.sleepers, 1);
  await time.pass(1);
  assert.include(await fault, "could not say that it is there within 10 s");
});

test("An engine of Windows containers is no use", async () => {
  const { docker, engine } = setUp();
  const body = { OSType: "windows", NCPU: 1, MemTotal: 1, ServerVersion: "1" };
  docker.faults.set("GET /info", { status: 200, body });
  assert.include(await engine.fault(), "windows");
});

test("An engine that asks for a password is a fault with what to do", async () => {
  const { docker, engine } = setUp();
  docker.faults.set("GET /_ping", fault(403, "no"));
  assert.match(await engine.fault() ?? "", /^Docker cannot be used: .*403: no.*group docker/);
});
