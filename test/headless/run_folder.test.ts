import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { WeftError } from "../../core/errors.ts";
import { dataFolder, defaultRunFolder, lockRunFolder } from "../../headless/run_folder.ts";
import { withTempFolder } from "./temp_folder.ts";

const RUN = { model: "nano", precision: "f32", text: "moby-dick", seed: 1 };
const NAME = "weft/runs/nano-f32-moby-dick-seed1";

test("defaultRunFolder() lies among the user's data, by system", () => {
  const HOME = "/home/a";
  const folder = (os: string, variables: Record<string, string>): string =>
    defaultRunFolder(RUN, os, variables);
  assert.equal(folder("linux", { HOME }), `/home/a/.local/share/${NAME}`);
  assert.equal(folder("linux", { HOME, XDG_DATA_HOME: "/data" }), `/data/${NAME}`);
  assert.equal(folder("darwin", { HOME }), `/home/a/Library/Application Support/${NAME}`);
  assert.equal(folder("windows", { LOCALAPPDATA: "/local" }), `/local/${NAME}`);
});

test("defaultRunFolder() ignores an XDG_DATA_HOME that is relative or empty", () => {
  for (const XDG_DATA_HOME of ["", "data"]) {
    const folder = defaultRunFolder(RUN, "linux", { HOME: "/h", XDG_DATA_HOME });
    assert.equal(folder, `/h/.local/share/${NAME}`);
  }
});

test("defaultRunFolder() makes one folder name of whatever the text is called", () => {
  const folder = defaultRunFolder({ ...RUN, text: "../a b/ü" }, "linux", { HOME: "/h" });
  assert.equal(folder, "/h/.local/share/weft/runs/nano-f32-..-a-b--seed1");
});

test("defaultRunFolder() asks for --run.dir where the environment names no home", () => {
  for (const os of ["linux", "windows"]) {
    assert.throws(() => defaultRunFolder(RUN, os, {}), WeftError, "--run.dir");
  }
});

test("dataFolder() is undefined where the environment names no home", () => {
  assert.isUndefined(dataFolder("linux", { HOME: "", LOCALAPPDATA: "/local" }));
  assert.isUndefined(dataFolder("windows", { HOME: "/h" }));
});

test("lockRunFolder() makes the folder and refuses it to a second holder, naming the first", async () => {
  await withTempFolder((dir) => {
    const run = join(dir, "a", "b");
    const lock = lockRunFolder(run);
    assert.throws(() => lockRunFolder(run), WeftError, `in use by process ${Deno.pid}`);
    lock.release();
  });
});

test("lockRunFolder() takes a folder that was released", async () => {
  await withTempFolder((dir) => {
    lockRunFolder(dir).release();
    lockRunFolder(dir).release();
  });
});

test("lockRunFolder() takes over the lock of a process that was killed", async () => {
  await withTempFolder(async (dir) => {
    const module = new URL("../../headless/run_folder.ts", import.meta.url).href;
    const program = `import { lockRunFolder } from ${JSON.stringify(module)};
      lockRunFolder(${JSON.stringify(dir)});
      await Deno.stdout.write(new Uint8Array(1));
      await new Promise(() => setInterval(() => {}, 1e6));`;
    const child = new Deno.Command("deno", { args: ["eval", program], stdout: "piped" }).spawn();
    await child.stdout[Symbol.asyncIterator]().next();
    assert.throws(() => lockRunFolder(dir), WeftError, `process ${child.pid}`);
    child.kill("SIGKILL");
    await child.status;
    lockRunFolder(dir).release();
  });
});

test("lockRunFolder() is not fooled by a lock file that nobody holds", async () => {
  await withTempFolder((dir) => {
    Deno.writeTextFileSync(join(dir, "run.lock"), `${Deno.pid}\n`);
    lockRunFolder(dir).release();
  });
});

test("lockRunFolder() says in one line that a file is in the folder's place", async () => {
  await withTempFolder((dir) => {
    const file = join(dir, "file");
    Deno.writeTextFileSync(file, "");
    assert.throws(() => lockRunFolder(file), WeftError, "cannot be used");
  });
});
