import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { denoParts } from "../../../headless/doctor/process_system.ts";
import type { HeldPort, PortFault } from "../../../headless/doctor/system.ts";
import { withTempFolder } from "../temp_folder.ts";

/** A port of this machine that is free. */
function freePortNumber(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

function held(port: HeldPort | PortFault): HeldPort {
  if (typeof port === "string") assert.fail(`the port is ${port}`);
  return port;
}

test("stat() tells files, folders and what is missing", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "file"), "x", { mode: 0o640 });
    assert.include(await denoParts.stat(join(dir, "file")), { kind: "file", mode: 0o640 });
    assert.include(await denoParts.stat(dir), { kind: "folder" });
    assert.deepEqual(await denoParts.stat(join(dir, "none")), { kind: "missing" });
    assert.deepEqual(await denoParts.stat(join(dir, "file", "below")), { kind: "missing" });
  });
});

test("stat() shows permissions without the kind's bits, and the owner", async () => {
  await withTempFolder(async (dir) => {
    Deno.chmodSync(dir, 0o1777);
    const { mode, ownerId } = await denoParts.stat(dir);
    assert.equal(mode, 0o777);
    assert.isNumber(ownerId);
  });
});

test("a held port takes connections, tells of the first, and is free again afterwards", async () => {
  const port = freePortNumber();
  const first = held(denoParts.holdPort("127.0.0.1", port));
  assert.equal(denoParts.holdPort("127.0.0.1", port), "inUse");
  assert.isTrue(await denoParts.connects("127.0.0.1", port));
  assert.isTrue(await denoParts.connects("127.0.0.1", port));
  await first.reached;
  first.close();
  assert.isFalse(await denoParts.connects("127.0.0.1", port));
  held(denoParts.holdPort("127.0.0.1", port)).close();
});

test("connects() says no where nobody listens", async () => {
  assert.isFalse(await denoParts.connects("127.0.0.1", freePortNumber()));
});
