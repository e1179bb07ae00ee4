import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { Placement } from "../../../headless/wallet/placement.ts";
import { namesIn, withTempFolder } from "../temp_folder.ts";

const NEW = new TextEncoder().encode("new");

/** Runs the body with a placement at a path where a file may be. */
async function withPlacement(
  old: string | undefined,
  body: (placement: Placement, path: string, dir: string) => void,
): Promise<void> {
  await withTempFolder((dir) => {
    const path = join(dir, "key");
    if (old !== undefined) Deno.writeTextFileSync(path, old);
    body(new Placement(path, NEW), path, dir);
  });
}

/** Steps of a replacement, in order. */
const STEPS: ((placement: Placement) => void)[] = [
  (placement) => placement.writeAside(),
  (placement) => placement.keepOld(),
  (placement) => placement.removeOld(),
  (placement) => placement.place({ overwrite: true }),
];

test("undo() after any step leaves the old file as it was, and nothing beside it", async () => {
  for (let count = 0; count <= STEPS.length; count++) {
    await withPlacement("old", (placement, path, dir) => {
      for (const step of STEPS.slice(0, count)) step(placement);
      placement.undo();
      assert.equal(Deno.readTextFileSync(path), "old");
      assert.deepEqual(namesIn(dir), ["key"]);
    });
  }
});

test("undo() after any step leaves an empty place empty", async () => {
  for (let count = 0; count <= STEPS.length; count++) {
    await withPlacement(undefined, (placement, _, dir) => {
      for (const step of STEPS.slice(0, count)) step(placement);
      placement.undo();
      assert.deepEqual(namesIn(dir), []);
    });
  }
});

test("undo() without removeOld() brings back the file that was replaced", async () => {
  await withPlacement("old", (placement, path, dir) => {
    placement.writeAside();
    placement.keepOld();
    placement.place({ overwrite: true });
    assert.equal(Deno.readTextFileSync(path), "new");
    placement.undo();
    assert.equal(Deno.readTextFileSync(path), "old");
    assert.deepEqual(namesIn(dir), ["key"]);
  });
});

test("undo() after a place that was taken leaves the file of the other", async () => {
  await withPlacement(undefined, (placement, path, dir) => {
    placement.writeAside();
    Deno.writeTextFileSync(path, "another's");
    assert.throws(() => placement.place({ overwrite: false }), "is there already");
    placement.undo();
    assert.equal(Deno.readTextFileSync(path), "another's");
    assert.deepEqual(namesIn(dir), ["key"]);
  });
});

test("finish() leaves the new file alone", async () => {
  for (const old of ["old", undefined]) {
    await withPlacement(old, (placement, path, dir) => {
      STEPS.forEach((step) => step(placement));
      placement.finish();
      assert.equal(Deno.readTextFileSync(path), "new");
      assert.deepEqual(namesIn(dir), ["key"]);
    });
  }
});

test("what is written aside is its owner's alone and hidden", async () => {
  await withPlacement(undefined, (placement, _, dir) => {
    placement.writeAside();
    const [name] = namesIn(dir);
    assert.isTrue(name.startsWith("."));
    assert.equal((Deno.statSync(join(dir, name)).mode ?? 0) & 0o777, 0o600);
    assert.equal(Deno.readTextFileSync(join(dir, name)), "new");
  });
});

test("a place is empty until the whole file is in it", async () => {
  await withPlacement(undefined, (placement, path) => {
    placement.writeAside();
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    placement.place({ overwrite: false });
    assert.equal(Deno.readTextFileSync(path), "new");
    placement.finish();
  });
});
