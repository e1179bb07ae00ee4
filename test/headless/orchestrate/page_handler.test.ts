import { assert } from "chai";
import { test } from "#test";
import type { ServedResponse } from "../../../core/host.ts";
import { pageHandler } from "../../../headless/orchestrate/page_handler.ts";

function ask(target: string, method = "GET"): Promise<ServedResponse> | undefined {
  return pageHandler({
    method,
    target,
    headers: new Headers(),
    body: nothing(),
    remoteAddress: "127.0.0.1",
    signal: new AbortController().signal,
  });
}

async function* nothing(): AsyncGenerator<Uint8Array<ArrayBuffer>> {}

async function textAt(target: string): Promise<string> {
  const answer = await ask(target);
  if (!(answer?.body instanceof Uint8Array)) assert.fail(`${target} is not there`);
  return new TextDecoder().decode(answer.body);
}

/** Every file that the page or one of its scripts asks for. */
async function filesOfPage(): Promise<string[]> {
  const found = new Set(["/"]);
  for (const at of found) {
    const text = await textAt(at);
    for (const [, name] of text.matchAll(/(?:href|src)="(page\/[^"]+)"/g)) found.add(`/${name}`);
    for (const [, name] of text.matchAll(/from "\.\/([^"]+)"/g)) found.add(`/page/${name}`);
  }
  return [...found];
}

test("every file that the page names is served", async () => {
  assert.sameMembers(await filesOfPage(), [
    ...["/", "/page/page.js", "/page/page.css", "/page/icon.svg", "/page/charts.js"],
    ...["/page/dom.js", "/page/miners_table.js", "/page/plot.js"],
  ]);
});

test("the policy lets nothing run or load but files from here", async () => {
  const answer = await ask("/");
  const policy = answer?.headers["content-security-policy"] ?? "";
  assert.include(policy, "default-src 'none'");
  assert.notMatch(policy, /unsafe|\*|https?:|data:/);
});

test("the page has no script, style or handler of its own that the policy would stop", async () => {
  const html = await textAt("/");
  assert.notMatch(html, /<style|\sstyle=|\son\w+=/);
  assert.notMatch(html, /<script(?![^>]*\ssrc=)/);
});

test("the scripts write no HTML", async () => {
  for (const at of await filesOfPage()) {
    assert.notMatch(await textAt(at), /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, at);
  }
});

test("every element that the scripts look for by its name is there", async () => {
  const html = await textAt("/");
  const scripts = await Promise.all((await filesOfPage()).map(textAt));
  const names = scripts.flatMap((script) => [...script.matchAll(/(?:byId|show)\(\s*"([\w-]+)"/g)]);
  assert.isNotEmpty(names);
  for (const [, name] of names) assert.include(html, `id="${name}"`);
});

test("each file says what it is", async () => {
  const types = await Promise.all(
    ["/", "/page/page.js", "/page/page.css", "/page/icon.svg"].map(async (at) =>
      (await ask(at))?.headers["content-type"]
    ),
  );
  assert.deepEqual(types, [
    "text/html; charset=utf-8",
    "text/javascript; charset=utf-8",
    "text/css; charset=utf-8",
    "image/svg+xml",
  ]);
});

test("paths of others are left to others", () => {
  for (
    const at of ["/orchestrator/overview", "/page", "/page/", "/page/../x", "//", "/index.html"]
  ) {
    assert.isUndefined(ask(at), at);
  }
});

test("a query behind a path changes nothing", async () => {
  assert.equal((await ask("/?a=1"))?.status, 200);
});

test("the page cannot be written to", async () => {
  assert.equal((await ask("/", "POST"))?.status, 405);
});

test("a small screen hides the same columns in the table's head and in its rows", async () => {
  const head = [...(await textAt("/")).matchAll(/<th\s+scope="col"(\s+class="wide")?>/g)];
  const rows = [...(await textAt("/page/miners_table.js")).matchAll(/"td", \{( class: "wide")?/g)];
  const isHidden = ([, wide]: RegExpMatchArray): boolean => wide !== undefined;
  assert.deepEqual(rows.map(isHidden), head.map(isHidden));
});
