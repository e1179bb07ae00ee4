import { assert } from "chai";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unixHttp } from "../../../headless/docker/unix_http.ts";
import { DockerEngine } from "../../../headless/docker/engine.ts";
import { FakeTime } from "../../iota/fake_time.ts";
import { withTempFolder } from "../temp_folder.ts";
import { test } from "#test";

const SCRIPT = fileURLToPath(new URL("socket_talk.ts", import.meta.url));

/** What a process told that may use a socket. */
async function talk(): Promise<Record<string, unknown>> {
  let told: unknown;
  await withTempFolder(async (dir) => {
    const path = join(dir, "docker.sock");
    const allowed = ["--allow-read", `--allow-write=${dir}`, `--allow-net=unix:${path}`];
    const { stdout } = await new Deno.Command("deno", {
      args: ["run", "--no-prompt", ...allowed, "--allow-env", SCRIPT, path],
      stderr: "inherit",
    }).output();
    told = JSON.parse(new TextDecoder().decode(stdout));
  });
  if (typeof told !== "object" || told === null) throw new Error("the process told nothing");
  return { ...told };
}

const told = await talk();

test("Over a socket an image is built, a container run, and a command's output read", () => {
  assert.notProperty(told, "fault");
  assert.deepEqual(told.output, { exitCode: 0, output: "ssh-ed25519 ä\n" });
  assert.isNull(told.state);
});

test("A socket that is not there is a fault that names it and what to do", () => {
  assert.match(
    `${told.nobody}`,
    /^Docker cannot be used: no answer at the socket .*docker\.sock .*; install it, start it/,
  );
});

for (const name of ["garbage", "closed", "cut"]) {
  test(`A server whose answer is ${name} is an error that names the socket`, () => {
    assert.match(`${told[name]}`, /^WeftError: no answer at the socket .*docker\.sock/);
  });
}

test("A server that hangs is given up when the signal says so", () => {
  assert.strictEqual(told.hanging, "Error: given up");
});

test("An answer that gets stuck is given up when the signal says so", () => {
  assert.strictEqual(told.stuck, "given up");
});

test("A process that may not use the socket says so", async () => {
  const engine = new DockerEngine(unixHttp("/run/no-such-folder/docker.sock"), new FakeTime());
  assert.match(await engine.fault() ?? "", /Requires \w+ access to ".*docker\.sock"/);
});
