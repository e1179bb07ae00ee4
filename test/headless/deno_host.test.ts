import { test } from "#test";
import { assert } from "chai";
import { createDenoHost, createLog, LOG_LEVELS } from "../../headless/deno_host.ts";
import { BACKENDS, loadWebGpu } from "../../headless/webgpu.ts";
import { withTempFolder } from "./temp_folder.ts";

// At import: Deno counts a library that a test opens as a leak of that test.
for (const backend of BACKENDS) await loadWebGpu(backend);

for (const backend of BACKENDS) {
  test(`loadWebGpu("${backend}") gives a working adapter again after a device has gone`, async () => {
    for (let round = 0; round < 2; round++) {
      const { gpu } = await loadWebGpu(backend);
      const device = await (await gpu.requestAdapter())?.requestDevice();
      if (!device) assert.fail("no device");
      const buffer = device.createBuffer({ size: 16, usage: 0x08 | 0x01, label: "round" });
      device.queue.writeBuffer(buffer, 0, Uint32Array.of(1, 2, 3, round));
      // wgpu holds writes back until something is submitted.
      device.queue.submit([]);
      await buffer.mapAsync(0x01);
      assert.deepEqual([...new Uint32Array(buffer.getMappedRange())], [1, 2, 3, round]);
      buffer.unmap();
      device.destroy();
      assert.equal((await device.lost).reason, "destroyed");
    }
  });
}

test("createLog() shows its level and those above", () => {
  for (const [at, level] of LOG_LEVELS.entries()) {
    const lines: string[] = [];
    const log = createLog(level, (line) => lines.push(line));
    for (const each of LOG_LEVELS) log[each]("x");
    assert.deepEqual(lines, ["debug: x", "x", "warning: x", "error: x"].slice(at));
  }
});

test("createDenoHost() gives a clock that does not go back and sleeps", async () => {
  await withTempFolder(async (runDir) => {
    const { clock } = createDenoHost({ runDir, backend: "wgpu", logLevel: "info" });
    const before = clock.nowMs();
    await clock.sleep(0);
    assert.isAtLeast(clock.nowMs(), before);
  });
});
