import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { CACHE_DIR, exists, unpackOnce } from "../../headless/unpack.ts";

function withFolder(body: (dir: string) => void): void {
  const dir = join(CACHE_DIR, `test-${crypto.randomUUID()}`);
  Deno.mkdirSync(dir, { recursive: true });
  try {
    body(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map((entry) => entry.name);
}

test("unpackOnce() leaves nothing behind when filling fails half way", () => {
  withFolder((dir) => {
    const fail = (aside: string): never => {
      Deno.writeTextFileSync(join(aside, "half"), "");
      throw new Error("disk full");
    };
    assert.throws(() => unpackOnce(join(dir, "target"), fail), "disk full");
    assert.deepEqual(namesIn(dir), []);
  });
});

test("unpackOnce() does not show the target before it is whole", () => {
  withFolder((dir) => {
    const target = join(dir, "target");
    unpackOnce(target, () => assert.isFalse(exists(target)));
    assert.isTrue(exists(target));
  });
});

test("unpackOnce() keeps what another process finished in the meantime", () => {
  withFolder((dir) => {
    const target = join(dir, "target");
    const fillAs = (name: string) => (aside: string): void =>
      Deno.writeTextFileSync(join(aside, name), "");
    unpackOnce(target, (aside) => {
      fillAs("late")(aside);
      unpackOnce(target, fillAs("early"));
    });
    assert.deepEqual(namesIn(target), ["early"]);
    assert.deepEqual(namesIn(dir), ["target"]);
  });
});

test("unpackOnce() does not fill a target that exists", () => {
  withFolder((dir) => {
    unpackOnce(dir, () => assert.fail("filled again"));
  });
});
