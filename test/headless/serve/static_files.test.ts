/**
 * The built page over HTTP: the right bytes under the right policy, and nothing else of the disk.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { HttpHandler, ServedResponse } from "../../../core/host.ts";
import { staticFiles } from "../../../headless/serve/static_files.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { requestOf } from "../../iota/store/memory_files.ts";
import { withTempFolder } from "../temp_folder.ts";

const SCRIPT = "const words = 1;\n".repeat(500);

/** A built page, with a secret beside it. */
async function withPage(body: (handler: HttpHandler, dir: string) => Promise<void>): Promise<void> {
  await withTempFolder(async (dir) => {
    const page = join(dir, "web");
    Deno.mkdirSync(join(page, "assets"), { recursive: true });
    Deno.writeTextFileSync(join(dir, "secret.txt"), "secret");
    Deno.writeTextFileSync(join(page, "index.html"), "<!doctype html><title>Weft</title>");
    Deno.writeTextFileSync(join(page, "assets", "main-1a2b.js"), SCRIPT);
    await body(await staticFiles(page), dir);
  });
}

async function get(
  handler: HttpHandler,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<ServedResponse & { readonly body: Uint8Array }> {
  const { body, ...answer } = await handler(requestOf({ method, url, headers }));
  if (!(body instanceof Uint8Array)) throw new Error("bytes were expected");
  return { ...answer, body };
}

test("the page is served at / and by its name, under a policy without eval and inline scripts", async () => {
  await withPage(async (handler) => {
    for (const path of ["/", "/index.html", "/?a=1"]) {
      const { status, headers, body } = await get(handler, path);
      assert.equal(status, 200);
      assert.include(new TextDecoder().decode(body), "<title>Weft");
      assert.equal(headers["content-type"], "text/html; charset=utf-8");
      const policy = headers["content-security-policy"];
      assert.notMatch(policy, /'unsafe-eval'|'unsafe-inline'|\*(?!:| |;|$)/);
      assert.include(policy, "default-src 'none'");
      assert.include(policy, "script-src 'self' 'wasm-unsafe-eval';");
      assert.equal(headers["cross-origin-opener-policy"], "same-origin");
      assert.equal(headers["cross-origin-embedder-policy"], "require-corp");
      assert.equal(headers["x-content-type-options"], "nosniff");
    }
  });
});

test("what its name's hash tells is kept for a year, the page itself is asked for anew", async () => {
  await withPage(async (handler) => {
    const script = await get(handler, "/assets/main-1a2b.js");
    assert.equal(script.headers["cache-control"], "public, max-age=31536000, immutable");
    assert.equal((await get(handler, "/")).headers["cache-control"], "no-cache");
  });
});

test("who has it already gets no bytes again", async () => {
  await withPage(async (handler) => {
    const { headers: { etag } } = await get(handler, "/");
    for (const tags of [etag, `"other", ${etag}`]) {
      const { status, body } = await get(handler, "/", { "if-none-match": tags });
      assert.deepEqual([status, body.length], [304, 0]);
    }
    assert.equal((await get(handler, "/", { "if-none-match": '"other"' })).status, 200);
  });
});

test("brotli goes before gzip, and either gives the file's own bytes back", async () => {
  await withPage(async (handler) => {
    const path = "/assets/main-1a2b.js";
    const best = await get(handler, path, { "accept-encoding": "gzip, deflate, br" });
    assert.equal(best.headers["content-encoding"], "br");
    assert.equal(`${brotliDecompressSync(best.body)}`, SCRIPT);
    const older = await get(handler, path, { "accept-encoding": "gzip;q=1.0, br;q=0" });
    assert.equal(older.headers["content-encoding"], "gzip");
    assert.equal(`${gunzipSync(older.body)}`, SCRIPT);
    assert.equal(older.headers.vary, "accept-encoding");
    const plain = await get(handler, path);
    assert.notProperty(plain.headers, "content-encoding");
    assert.equal(new TextDecoder().decode(plain.body), SCRIPT);
  });
});

test("paths that lead out of the folder, however they are written, are no files", async () => {
  await withPage(async (handler, dir) => {
    const paths = [
      ...["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt"],
      ...[`/${dir}/secret.txt`, "//secret.txt", "/secret.txt\0.js", "/assets/", "/."],
      ...["/\\..\\secret.txt", "/__proto__", "/constructor"],
    ];
    for (const path of paths) {
      const { status, body } = await get(handler, path);
      assert.equal(status, 404, path);
      assert.notInclude(new TextDecoder().decode(body), "secret");
    }
  });
});

test("only reading is possible", async () => {
  await withPage(async (handler) => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const { status, headers } = await get(handler, "/", {}, method);
      assert.deepEqual([status, headers.allow], [405, "GET, HEAD"]);
    }
  });
});

test("a folder without a page is told with what to do", async () => {
  await withTempFolder(async (dir) => {
    for (const missing of [dir, join(dir, "nowhere")]) {
      assert.match(String(await failureOf(staticFiles(missing))), /run deno task build first/);
    }
  });
});
