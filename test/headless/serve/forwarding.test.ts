/**
 * Asking in the page's stead: only servers that were named, only for the page, over real HTTP.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { HttpHandler, ServedResponse } from "../../../core/host.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { forwarding, isTarget } from "../../../headless/serve/forwarding.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { pieces, requestOf, type Sent } from "../../iota/store/memory_files.ts";
import { textAnswer, textOf } from "../http_setup.ts";

/** A page of the same server. */
const SAME_SITE = { "sec-fetch-site": "same-origin" };

/** Gives `body` a way to ask a server that does what `handler` does. */
async function withServer(
  handler: HttpHandler,
  body: (
    ask: (sent: Partial<Sent> & { path?: string }) => Promise<ServedResponse>,
    host: string,
  ) => Promise<void>,
): Promise<void> {
  const log = new KeptLog();
  const listener = await listenHttp(handler, { hostname: "127.0.0.1", port: 0, log });
  const http = nodeHttp();
  const host = `127.0.0.1:${listener.port}`;
  try {
    const forward = forwarding([`http://${host}`], http);
    await body(async ({ path = "/a?b=1", url, headers = SAME_SITE, ...sent }) => {
      const answer = forward(
        requestOf({ url: url ?? `/forward/http/${host}${path}`, headers, ...sent }),
      );
      if (!answer) throw new Error("it is none of the forwarder's");
      return await answer;
    }, host);
  } finally {
    http.close();
    await listener.close();
  }
}

async function bodyOf({ body }: ServedResponse): Promise<string> {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : await textOf(body);
}

test("method, path, query, body and signed headers arrive as they were sent", async () => {
  const seen: string[] = [];
  await withServer(async ({ method, target, headers, body }) => {
    seen.push(method, target, headers.get("epistula-signed-by") ?? "", await textOf(body));
    return { ...textAnswer("yes", 201), headers: { etag: '"1"', "set-cookie": "a=b" } };
  }, async (ask) => {
    const headers = { ...SAME_SITE, "epistula-signed-by": "5key", "content-length": "5" };
    const answer = await ask({ method: "POST", headers, body: pieces("hello") });
    assert.deepEqual(seen, ["POST", "/a?b=1", "5key", "hello"]);
    assert.deepEqual([answer.status, await bodyOf(answer)], [201, "yes"]);
    assert.equal(answer.headers.etag, '"1"');
    assert.notProperty(answer.headers, "set-cookie");
  });
});

test("cookies, the page's origin and its address do not go along", async () => {
  const seen: (string | null)[] = [];
  await withServer(({ headers }) => {
    seen.push(
      ...["cookie", "origin", "referer", "sec-fetch-site"].map((name) => headers.get(name)),
    );
    return Promise.resolve(textAnswer("ok"));
  }, async (ask) => {
    const headers = { ...SAME_SITE, cookie: "a=b", origin: "http://x", referer: "http://x/y" };
    await ask({ headers });
    assert.deepEqual(seen, [null, null, null, null]);
  });
});

test("a server that was not named is not asked, whatever the address looks like", async () => {
  await withServer(() => Promise.resolve(textAnswer("ok")), async (ask, host) => {
    const urls = [
      "/forward/http/127.0.0.1:1/a",
      `/forward/https/${host}/a`,
      "/forward/http/169.254.169.254/latest/meta-data",
      `/forward/http/evil@${host}/a`,
      `/forward/http/${host}@evil/a`,
      `/forward/http/${host}.evil/a`,
      "/forward/ftp/host/a",
      "/forward/http/",
      "/forward/http/[::1]:80/a",
    ];
    for (const url of urls) assert.include([400, 403], (await ask({ url })).status, url);
  });
});

test("only the page itself may ask", async () => {
  await withServer(() => Promise.resolve(textAnswer("ok")), async (ask) => {
    for (const site of ["cross-site", "same-site", "none"]) {
      assert.equal((await ask({ headers: { "sec-fetch-site": site } })).status, 403, site);
    }
    assert.equal((await ask({ headers: { origin: "https://evil.example" } })).status, 403);
    assert.equal((await ask({ headers: {} })).status, 200);
  });
});

test("where a server sends elsewhere, nobody goes", async () => {
  const answer = {
    status: 302,
    headers: { location: "http://127.0.0.1:1/" },
    body: new Uint8Array(0),
  };
  await withServer(() => Promise.resolve(answer), async (ask) => {
    const { status, headers } = await ask({});
    assert.equal(status, 302);
    assert.notProperty(headers, "location");
  });
});

test("a server that is not there is told as such", async () => {
  const http = nodeHttp();
  const forward = forwarding(["http://127.0.0.1:1"], http);
  const answer = await forward(
    requestOf({ url: "/forward/http/127.0.0.1:1/a", headers: SAME_SITE }),
  );
  assert.equal(answer?.status, 502);
  http.close();
});

test("more than a gibibyte is not passed on", async () => {
  await withServer(() => Promise.resolve(textAnswer("ok")), async (ask) => {
    const headers = { ...SAME_SITE, "content-length": `${2 ** 30 + 1}` };
    assert.equal((await ask({ method: "PUT", headers })).status, 413);
  });
});

test("what a server sends is not run in the page's name", async () => {
  const script = { ...textAnswer("<script>1</script>"), headers: { "content-type": "text/html" } };
  await withServer(() => Promise.resolve(script), async (ask) => {
    const { headers } = await ask({});
    assert.equal(headers["content-disposition"], "attachment");
    assert.include(headers["content-security-policy"], "default-src 'none'");
    assert.equal(headers["x-content-type-options"], "nosniff");
  });
});

test("other paths and methods are not the forwarder's", async () => {
  assert.isUndefined(forwarding([], nodeHttp())(requestOf({ url: "/index.html" })));
  await withServer(() => Promise.resolve(textAnswer("ok")), async (ask) => {
    for (const method of ["DELETE", "OPTIONS", "CONNECT"]) {
      assert.equal((await ask({ method })).status, 405, method);
    }
  });
});

test("a star stands for the names below a host, not for the host or another one", async () => {
  const asked: string[] = [];
  const forward = forwarding(["https://*.store.example"], ({ url }) => {
    asked.push(url);
    return Promise.resolve({ status: 200, headers: { get: () => null }, body: pieces() });
  });
  const statuses: (number | undefined)[] = [];
  for (const host of ["a.store.example", "a.b.store.example", "store.example", "xstore.example"]) {
    const answer = forward(requestOf({ url: `/forward/https/${host}/k`, headers: SAME_SITE }));
    statuses.push((await answer)?.status);
  }
  assert.deepEqual(statuses, [200, 200, 403, 403]);
  assert.lengthOf(asked, 2);
});

test("targets are servers: no paths, no accounts, no other stars", () => {
  for (const text of ["https://a.example", "http://127.0.0.1:8000", "https://*.a.example/"]) {
    assert.isTrue(isTarget(text), text);
  }
  for (
    const text of ["a.example", "https://", "https://a/b", "https://*", "https://u@a", "ws://a"]
  ) {
    assert.isFalse(isTarget(text), text);
  }
});
