import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { WeftError } from "../../../core/errors.ts";
import {
  filesAt,
  type NewKeyfile,
  readKeyfile,
  writeKeyfiles,
} from "../../../headless/wallet/keyfile_disk.ts";
import { namesIn, withTempFolder } from "../temp_folder.ts";

/** Tests may make no links, a program of its own may. */
async function link(target: string, path: string): Promise<void> {
  const program = `Deno.symlinkSync(${JSON.stringify(target)}, ${JSON.stringify(path)})`;
  const { success } = await new Deno.Command("deno", { args: ["eval", program] }).output();
  assert.isTrue(success);
}

function file(path: string, text: string): NewKeyfile {
  return { path, bytes: new TextEncoder().encode(text) };
}

/** The two files of a key, private first. */
function pair(dir: string, text: string, name = "key"): NewKeyfile[] {
  return [file(join(dir, name), `private ${text}`), file(join(dir, `${name}pub.txt`), text)];
}

/** What is in a folder: names and texts. */
function contents(dir: string): Record<string, string> {
  return Object.fromEntries(
    namesIn(dir).map((name) => [name, Deno.readTextFileSync(join(dir, name))]),
  );
}

function failure(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    assert.instanceOf(error, WeftError, String(error));
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  assert.fail("nothing failed");
}

test("writeKeyfiles() writes both files and leaves nothing else", async () => {
  await withTempFolder((dir) => {
    writeKeyfiles(pair(dir, "new"), { overwrite: false });
    assert.deepEqual(contents(dir), { "key": "private new", "keypub.txt": "new" });
  });
});

test("writeKeyfiles() gives files to their owner alone, and the folders that it makes", async () => {
  await withTempFolder((dir) => {
    const folder = join(dir, "wallet", "hotkeys");
    writeKeyfiles(pair(folder, "new"), { overwrite: false });
    const modes = ["", "key", "keypub.txt", ".."].map((name) =>
      (Deno.statSync(join(folder, name)).mode ?? 0) & 0o777
    );
    assert.deepEqual(modes, [0o700, 0o600, 0o600, 0o700]);
  });
});

test("writeKeyfiles() leaves the mode of a folder that was there", async () => {
  await withTempFolder((dir) => {
    Deno.chmodSync(dir, 0o755);
    writeKeyfiles(pair(dir, "new"), { overwrite: false });
    assert.equal((Deno.statSync(dir).mode ?? 0) & 0o777, 0o755);
  });
});

test("writeKeyfiles() replaces neither file if one of them is there", async () => {
  for (const there of ["key", "keypub.txt"]) {
    await withTempFolder((dir) => {
      Deno.writeTextFileSync(join(dir, there), "old");
      const message = failure(() => writeKeyfiles(pair(dir, "new"), { overwrite: false }));
      assert.include(message, `${join(dir, there)} is there already`);
      assert.deepEqual(contents(dir), { [there]: "old" });
    });
  }
});

test("writeKeyfiles() with overwrite replaces what is there, with mode 0600", async () => {
  await withTempFolder((dir) => {
    Deno.writeTextFileSync(join(dir, "key"), "old", { mode: 0o644 });
    Deno.writeTextFileSync(join(dir, "keypub.txt"), "old");
    writeKeyfiles(pair(dir, "new"), { overwrite: true });
    assert.deepEqual(contents(dir), { "key": "private new", "keypub.txt": "new" });
    assert.equal((Deno.statSync(join(dir, "key")).mode ?? 0) & 0o777, 0o600);
  });
});

test("writeKeyfiles() with overwrite replaces half a pair", async () => {
  for (const there of ["key", "keypub.txt"]) {
    await withTempFolder((dir) => {
      Deno.writeTextFileSync(join(dir, there), "old");
      writeKeyfiles(pair(dir, "new"), { overwrite: true });
      assert.deepEqual(contents(dir), { "key": "private new", "keypub.txt": "new" });
    });
  }
});

test("writeKeyfiles() leaves no half pair when the second name is too long for the disk", async () => {
  // 255 bytes are the most on the usual file systems: the first file fits, aside and in its place.
  const name = "k".repeat(210);
  for (const overwrite of [false, true]) {
    await withTempFolder((dir) => {
      const message = failure(() => writeKeyfiles(pair(dir, "new", name), { overwrite }));
      assert.include(message, "the key was not written: ");
      assert.deepEqual(namesIn(dir), []);
    });
  }
});

test("writeKeyfiles() keeps both old files when the second place turns out to be a folder", async () => {
  for (const overwrite of [false, true]) {
    await withTempFolder((dir) => {
      Deno.mkdirSync(join(dir, "keypub.txt"));
      const old: Record<string, string> = overwrite ? { key: "old" } : {};
      for (const [name, text] of Object.entries(old)) Deno.writeTextFileSync(join(dir, name), text);
      failure(() => writeKeyfiles(pair(dir, "new"), { overwrite }));
      Deno.removeSync(join(dir, "keypub.txt"));
      assert.deepEqual(contents(dir), old);
    });
  }
});

test("writeKeyfiles() says so where a folder cannot be made", async () => {
  await withTempFolder((dir) => {
    Deno.writeTextFileSync(join(dir, "wallet"), "a file");
    const inFile = join(dir, "wallet", "hotkeys");
    const message = failure(() => writeKeyfiles(pair(inFile, "new"), { overwrite: false }));
    assert.include(message, "the key was not written: ");
    assert.deepEqual(contents(dir), { wallet: "a file" });
  });
});

test("writeKeyfiles() says so where a file is in place of its folder", async () => {
  await withTempFolder((dir) => {
    const path = join(dir, "wallet");
    Deno.writeTextFileSync(path, "a file");
    const message = failure(() => writeKeyfiles(pair(path, "new"), { overwrite: false }));
    assert.include(message, `${path} is no folder`);
  });
});

test("of processes that write the same key at once one wins, with both its files", async () => {
  await withTempFolder(async (dir) => {
    const module = new URL("../../../headless/wallet/keyfile_disk.ts", import.meta.url).href;
    const children = ["a", "b", "c", "d"].map((text) => {
      const files = pair(join(dir, "wallet"), text).map(({ path }, at) =>
        `{ path: ${JSON.stringify(path)}, bytes: new TextEncoder().encode("${
          at === 0 ? `private ${text}` : text
        }") }`
      );
      const program = `import { writeKeyfiles } from "${module}";
        await new Response(Deno.stdin.readable).text();
        try { writeKeyfiles([${files}], { overwrite: false }); console.log("won"); }
        catch (error) { console.log(error.name); }`;
      return new Deno.Command("deno", {
        args: ["eval", program],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
    });
    await Promise.all(children.map((child) => child.stdin.close()));
    const outputs = await Promise.all(children.map((child) => child.output()));
    const words = outputs.map(({ stdout }) => new TextDecoder().decode(stdout).trim());
    const winner = words.indexOf("won");
    assert.deepEqual(words.toSorted(), ["WeftError", "WeftError", "WeftError", "won"]);
    assert.deepEqual(contents(join(dir, "wallet")), {
      "key": `private ${"abcd"[winner]}`,
      "keypub.txt": "abcd"[winner],
    });
  });
});

test("filesAt() tells which files are there, and does not read them", async () => {
  await withTempFolder((dir) => {
    const [one, two] = [join(dir, "one"), join(dir, "two")];
    Deno.writeTextFileSync(two, "", { mode: 0o000 });
    assert.deepEqual(filesAt([one, two, join(dir, "none", "three")]), [two]);
  });
});

test("filesAt() refuses a folder and a link in place of a key, wherever the link leads", async () => {
  await withTempFolder(async (dir) => {
    const at = (name: string): string => join(dir, name);
    Deno.mkdirSync(at("folder"));
    Deno.writeTextFileSync(at("file"), "");
    await link("file", at("link"));
    await link("nowhere", at("dangling"));
    assert.include(failure(() => filesAt([at("folder")])), `${at("folder")} is a folder`);
    for (const name of ["link", "dangling"]) {
      assert.include(failure(() => filesAt([at(name)])), `${at(name)} is a symbolic link`);
    }
  });
});

test("readKeyfile() reads a file, and undefined where none is", async () => {
  await withTempFolder((dir) => {
    Deno.writeTextFileSync(join(dir, "key"), "text", { mode: 0o600 });
    const read = readKeyfile(join(dir, "key"));
    assert.equal(new TextDecoder().decode(read?.bytes), "text");
    assert.isUndefined(read?.wideMode);
    assert.isUndefined(readKeyfile(join(dir, "none")));
    assert.isUndefined(readKeyfile(join(dir, "none", "key")));
  });
});

test("readKeyfile() tells the mode of a file that others may read or change", async () => {
  await withTempFolder((dir) => {
    const path = join(dir, "key");
    Deno.writeTextFileSync(path, "text");
    for (const mode of [0o644, 0o640, 0o602, 0o666]) {
      Deno.chmodSync(path, mode);
      assert.equal(readKeyfile(path)?.wideMode, mode);
    }
    Deno.chmodSync(path, 0o400);
    assert.isUndefined(readKeyfile(path)?.wideMode);
  });
});

test("readKeyfile() reads through a link, as secrets are often mounted", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "key"), "text", { mode: 0o600 });
    await link("key", join(dir, "link"));
    assert.equal(new TextDecoder().decode(readKeyfile(join(dir, "link"))?.bytes), "text");
  });
});

test("readKeyfile() refuses a folder, a link to nowhere, and a file of any size", async () => {
  await withTempFolder(async (dir) => {
    const at = (name: string): string => join(dir, name);
    Deno.mkdirSync(at("folder"));
    await link("nowhere", at("dangling"));
    using image = Deno.createSync(at("image"));
    image.truncateSync(1 << 30);
    assert.include(failure(() => readKeyfile(at("folder"))), "is a folder, expected a keyfile");
    assert.include(failure(() => readKeyfile(at("dangling"))), `${at("dangling")} cannot be read`);
    assert.include(failure(() => readKeyfile(at("image"))), "is a file of 1073741824 bytes");
  });
});
