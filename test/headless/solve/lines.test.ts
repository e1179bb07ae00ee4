import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { UsageError } from "../../../core/errors.ts";
import { LineFile } from "../../../headless/solve/lines.ts";
import { namesIn, withTempFolder } from "../temp_folder.ts";

const IN_PLACE = { makeFolder: false };

test("LineFile adds lines to what is there", async () => {
  await withTempFolder((dir) => {
    const path = join(dir, "out");
    Deno.writeTextFileSync(path, "old\n");
    const file = new LineFile(path, "--outfile", IN_PLACE);
    file.append("é:1");
    file.append("b:2");
    assert.equal(file.read(), "old\né:1\nb:2\n");
    file.close();
  });
});

test("LineFile does not join its line to one that was cut off", async () => {
  await withTempFolder((dir) => {
    const path = join(dir, "out");
    Deno.writeTextFileSync(path, "old");
    const file = new LineFile(path, "--outfile", IN_PLACE);
    file.append("new");
    file.append("newer");
    assert.equal(file.read(), "old\nnew\nnewer\n");
    file.close();
  });
});

test("LineFile shares a file with another writer", async () => {
  await withTempFolder((dir) => {
    const path = join(dir, "out");
    const [one, other] = [1, 2].map(() => new LineFile(path, "--outfile", IN_PLACE));
    one.append("1");
    other.append("2");
    one.append("3");
    assert.equal(other.read(), "1\n2\n3\n");
    one.close();
    other.close();
  });
});

test("LineFile makes a file that only the user can read", async () => {
  await withTempFolder((dir) => {
    const path = join(dir, "a", "b", "pot");
    new LineFile(path, "the potfile", { makeFolder: true }).close();
    if (Deno.build.os !== "windows") assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  });
});

test("LineFile says which flag named a place that cannot be written", async () => {
  await withTempFolder((dir) => {
    Deno.writeTextFileSync(join(dir, "file"), "");
    for (const name of ["absent/out", ".", "file/out"]) {
      const open = (): LineFile => new LineFile(join(dir, name), "--outfile", IN_PLACE);
      assert.throws(open, UsageError, /^--outfile .* cannot be written/);
    }
    assert.deepEqual(namesIn(dir), ["file"]);
  });
});
