import { test } from "#test";
import { assert } from "chai";
import type { Http } from "../../../core/host.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { namesIn, withTempFolder } from "../../headless/temp_folder.ts";
import { serveInProcess } from "./serve.ts";
import { measureTransfers, type TransferRow } from "./transfer.ts";

const SIZE_BYTES = 300_000;
const MEMORY_BYTES = 123;

/** What was measured, by how many copies, and what it left in its folder. */
interface Measured {
  readonly rows: readonly TransferRow[];
  readonly copies: number;
  readonly left: readonly string[];
}

/** Measures with a clock that jumps at each look, in a folder of its own. */
async function measure(http: Http): Promise<Measured> {
  let [nowMs, copies] = [0, 0];
  let measured: Measured | undefined;
  await withTempFolder(async (dir) => {
    const rows = await measureTransfers({
      dir,
      sizeBytes: SIZE_BYTES,
      rounds: 1,
      http,
      nowMs: () => nowMs += 1000,
      serve: serveInProcess,
      copy: (from, to) => {
        copies += 1;
        return Deno.copyFile(from, to);
      },
      settle: () => Promise.resolve(),
      memoryBytes: () => MEMORY_BYTES,
    });
    measured = { rows, copies, left: namesIn(dir) };
  });
  return measured ?? assert.fail("nothing was measured");
}

test("measureTransfers() measures both ways, with and without the disk's time", async () => {
  const http = nodeHttp();
  const { rows, copies, left } = await measure(http);
  http.close();
  const works = ["upload", "download", "upload + download"];
  const expected = [false, true].flatMap((synced) => works.map((work) => [work, synced]));
  assert.deepEqual(rows.map(({ work, synced }) => [work, synced]), expected);
  for (const { moves, ms, copyMs, clientBytes, serverBytes } of rows) {
    assert.deepEqual([ms, copyMs, clientBytes], [1000 * moves, 1000 * moves, MEMORY_BYTES]);
    assert.isAbove(serverBytes, 1e6, "of another process");
  }
  // Two works, in two rounds of which one is not counted, with two kinds of store.
  assert.equal(copies, 8);
  assert.deepEqual(left, ["source.bin", "store-false", "store-true"]);
});

test("measureTransfers() refuses a download that is not what was uploaded", async () => {
  const http = nodeHttp();
  const failure = await failureOf(measure(async (request) => {
    const response = await http(request);
    const length = Number(response.headers.get("content-length"));
    if (length !== SIZE_BYTES) return response;
    await Array.fromAsync(response.body);
    return { ...response, body: zeros(length) };
  }));
  http.close();
  assert.equal(String(failure), "Error: what was downloaded is not what was uploaded");
});

async function* zeros(length: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  yield await Promise.resolve(new Uint8Array(length));
}
