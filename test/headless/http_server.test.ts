import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import type { ServedRequest } from "../../core/host.ts";
import { listenHttp } from "../../headless/http_server.ts";
import { nodeHttp } from "../../headless/node_http.ts";
import { failureOf, KeptLog } from "../harness/kept_log.ts";
import {
  aborted,
  bareConnection,
  readAll,
  Signpost,
  textAnswer,
  textOf,
  withServer,
} from "./http_setup.ts";

const PIECE = new Uint8Array(65_536);
const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

test("a handler sees method, target, headers, body and address of a request", async () => {
  let seen: Pick<ServedRequest, "method" | "target" | "remoteAddress"> | undefined;
  let header: string | null = "";
  let body = "";
  await withServer(async (request) => {
    seen = request;
    header = request.headers.get("x-a");
    body = await textOf(request.body);
    return textAnswer("");
  }, async ({ port }) => {
    const ending = "connection: close\r\ncontent-length: 2\r\nX-A: 1\r\n\r\nhi";
    await readAll(bareConnection(port, `PUT /a%20b?c=d HTTP/1.1\r\nhost: a\r\n${ending}`));
  });
  assert.equal(`${seen?.method} ${seen?.target}`, "PUT /a%20b?c=d");
  assert.equal(seen?.remoteAddress, "127.0.0.1");
  assert.equal(header, "1");
  assert.equal(body, "hi");
});

test("a header that was not sent is null, whatever JavaScript has by that name", async () => {
  const values: unknown[] = [];
  await withServer(({ headers }) => {
    values.push(headers.get("x-a"), headers.get("constructor"), headers.get("__proto__"));
    return Promise.resolve(textAnswer(""));
  }, async ({ port }) => {
    await readAll(bareConnection(port, "GET / HTTP/1.0\r\n\r\n"));
  });
  assert.deepEqual(values, [null, null, null]);
});

test("an answer in bytes is sent with its length", async () => {
  await withServer(() => Promise.resolve(textAnswer("hello", 201)), async ({ port }) => {
    const said = await readAll(bareConnection(port, "GET / HTTP/1.0\r\n\r\n"));
    assert.match(said, /^HTTP\/1\.1 201 /);
    assert.match(said, /content-length: 5\r\n/i);
    assert.match(said, /\r\n\r\nhello$/);
  });
});

test("an answer to HEAD has a length and no body, and the connection serves the next", async () => {
  await withServer(() => Promise.resolve(textAnswer("hello")), async ({ port }) => {
    const asked = "HEAD / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n";
    const said = await readAll(bareConnection(port, asked));
    assert.equal(said.split("HTTP/1.1 200").length - 1, 2);
    assert.equal(said.split("hello").length - 1, 1);
  });
});

test("a handler that throws is answered with 500 and a line without the query", async () => {
  const handler = (): Promise<never> => Promise.reject(new Error("the disk is full"));
  await withServer(handler, async ({ port }, log) => {
    const said = await readAll(bareConnection(port, "GET /a?key=secret HTTP/1.0\r\n\r\n"));
    assert.match(said, /^HTTP\/1\.1 500 /);
    assert.notInclude(said, "disk");
    assert.deepEqual(log.lines, ["error: GET /a failed: the disk is full"]);
  });
});

test("a header with a line break is not sent but fails", async () => {
  const answer = { ...textAnswer("ok"), headers: { "x-a": "1\r\nx-b: 2" } };
  await withServer(() => Promise.resolve(answer), async ({ port }) => {
    const said = await readAll(bareConnection(port, "GET / HTTP/1.0\r\n\r\n"));
    assert.match(said, /^HTTP\/1\.1 500 /);
    assert.notInclude(said, "x-b");
  });
});

for (const length of ["70000", "65535"]) {
  test(`a stream of 65536 bytes that promised ${length} does not look whole`, async () => {
    async function* body(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
      yield await Promise.resolve(PIECE);
    }
    const answer = { status: 200, headers: { "content-length": length }, body: body() };
    await withServer(() => Promise.resolve(answer), async ({ url }, log) => {
      const http = nodeHttp();
      const { body } = await http({ method: "GET", url });
      const failure = await failureOf(textOf(body));
      // Too much is cut at what was promised, which a client cannot tell from an answer that is whole.
      if (length === "70000") assert.instanceOf(failure, WeftError);
      assert.include(log.lines.join(), `65536 bytes were there to send, not ${length}`);
      http.close();
    });
  });
}

test("a stream that fails half-way breaks the connection, with a line in the log", async () => {
  async function* body(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield PIECE;
    await Promise.reject(new Error("the disk is gone"));
  }
  await withServer(
    () => Promise.resolve({ status: 200, headers: {}, body: body() }),
    async ({ url }, log) => {
      const http = nodeHttp();
      const { body } = await http({ method: "GET", url });
      assert.instanceOf(await failureOf(textOf(body)), WeftError);
      assert.deepEqual(log.lines, ["error: GET / failed: the disk is gone"]);
      http.close();
    },
  );
});

test("a stream waits for a client that does not read, and is left when it goes", async () => {
  const left = new Signpost();
  const served = new Signpost();
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for (;; pieces++) {
        if (pieces === 10) served.reach();
        yield await Promise.resolve(PIECE);
      }
    } finally {
      left.reach();
    }
  }
  await withServer(
    () => Promise.resolve({ status: 200, headers: {}, body: endless() }),
    async ({ port }, log) => {
      const socket = bareConnection(port, GET).pause();
      await served.reached;
      socket.destroy();
      await left.reached;
      // What the kernel buffers of a loopback connection is some megabytes.
      assert.isBelow(pieces * PIECE.length, 64 * 1024 ** 2);
      assert.deepEqual(log.lines, []);
    },
  );
});

test("a client that resets in the middle of its body ends the reading, the signal, and no more", async () => {
  const begun = new Signpost();
  const ended = new Signpost();
  let failure: unknown;
  await withServer(async ({ target, body, signal }) => {
    if (target === "/next") return textAnswer("still there");
    begun.reach();
    failure = await failureOf(textOf(body));
    await aborted(signal);
    ended.reach();
    throw failure;
  }, async ({ port }, log) => {
    const socket = bareConnection(
      port,
      "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc",
    );
    await begun.reached;
    socket.resetAndDestroy();
    await ended.reached;
    assert.instanceOf(failure, Error);
    const said = await readAll(bareConnection(port, "GET /next HTTP/1.0\r\n\r\n"));
    assert.include(said, "still there");
    assert.deepEqual(log.lines, []);
  });
});

test("a client that goes while its answer is held back aborts the signal", async () => {
  const begun = new Signpost();
  const gone = new Signpost();
  await withServer(async ({ signal }) => {
    begun.reach();
    await aborted(signal);
    gone.reach();
    return textAnswer("too late");
  }, async ({ port }) => {
    const socket = bareConnection(port, GET);
    await begun.reached;
    socket.destroy();
    await gone.reached;
  });
});

test("a small body that nobody read does not spoil the connection", async () => {
  await withServer(({ target }) => Promise.resolve(textAnswer(target, 403)), async ({ port }) => {
    const first = "PUT /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc";
    const said = await readAll(bareConnection(port, `${first}GET /2 HTTP/1.0\r\n\r\n`));
    assert.include(said, "/1");
    assert.include(said, "/2");
  });
});

test("a large body that nobody read ends the connection instead of being read", async () => {
  await withServer(() => Promise.resolve(textAnswer("no", 413)), async ({ port }) => {
    const asked = "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\nabc";
    const said = await readAll(bareConnection(port, asked));
    assert.match(said, /^HTTP\/1\.1 413 /);
    assert.match(said, /connection: close/i);
  });
});

test("what is no HTTP is answered with 400, and the next request as always", async () => {
  await withServer(() => Promise.resolve(textAnswer("fine")), async ({ port }) => {
    assert.match(await readAll(bareConnection(port, "\0\0\0\r\n\r\n")), /^HTTP\/1\.1 400 /);
    const said = await readAll(bareConnection(port, "GET / HTTP/1.0\r\n\r\n"));
    assert.match(said, /fine$/);
  });
});

test("two lengths for one body are refused, for proxies may take the other", async () => {
  await withServer(() => Promise.resolve(textAnswer("fine")), async ({ port }) => {
    const asked = "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd";
    assert.match(await readAll(bareConnection(port, asked)), /^HTTP\/1\.1 400 /);
  });
});

test("listenHttp() says which address is taken", async () => {
  await withServer(() => Promise.resolve(textAnswer("")), async ({ port }) => {
    const taken = { hostname: "127.0.0.1", port, log: new KeptLog() };
    const failure = await failureOf(listenHttp(() => Promise.resolve(textAnswer("")), taken));
    assert.instanceOf(failure, WeftError);
    assert.include(`${failure}`, `127.0.0.1:${port}`);
  });
});

test("close() tells answers that are held back, and lets them be sent", async () => {
  const begun = new Signpost();
  const log = new KeptLog();
  const server = await listenHttp(async ({ signal }) => {
    begun.reach();
    await aborted(signal);
    return textAnswer("closing");
  }, { hostname: "127.0.0.1", port: 0, log });
  const socket = bareConnection(server.port, GET);
  await begun.reached;
  const [said] = await Promise.all([readAll(socket), server.close()]);
  assert.match(said, /closing$/);
});

test("an answer that rests ends its connection, and what came meanwhile is not looked at", async () => {
  const targets: string[] = [];
  const begun = new Signpost();
  await withServer(({ target }) => {
    targets.push(target);
    begun.reach();
    return Promise.resolve({ ...textAnswer("later", 429), restMs: 20 });
  }, async ({ port }) => {
    const socket = bareConnection(port, "GET /1 HTTP/1.1\r\nhost: a\r\n\r\n");
    await begun.reached;
    await new Promise((resolve) => setTimeout(resolve, 0));
    socket.write("GET /2 HTTP/1.1\r\nhost: a\r\n\r\n");
    await readAll(socket).catch(() => "");
    assert.match(await readAll(bareConnection(port, "GET /3 HTTP/1.0\r\n\r\n")), /later$/);
  });
  assert.deepEqual(targets, ["/1", "/3"]);
});

test("requests that came together rest together", async () => {
  await withServer(
    () => Promise.resolve({ ...textAnswer("later", 429), restMs: 20 }),
    async ({ port }) => {
      const said = await readAll(bareConnection(port, GET.repeat(50)));
      assert.match(said, /^HTTP\/1\.1 429 /);
      assert.match(said, /connection: close/i);
    },
  );
});

test("close() does not wait for answers that rest", async () => {
  const begun = new Signpost();
  const server = await listenHttp(() => {
    begun.reach();
    return Promise.resolve({ ...textAnswer("later", 429), restMs: 1e6 });
  }, { hostname: "127.0.0.1", port: 0, log: new KeptLog() });
  const socket = bareConnection(server.port, GET);
  await begun.reached;
  const [said] = await Promise.all([readAll(socket), server.close()]);
  assert.match(said, /later$/);
});

test("close() ends connections that are idle", async () => {
  const server = await listenHttp(() => Promise.resolve(textAnswer("ok")), {
    hostname: "127.0.0.1",
    port: 0,
    log: new KeptLog(),
  });
  const http = nodeHttp();
  await textOf((await http({ method: "GET", url: server.url })).body);
  await server.close();
  assert.instanceOf(await failureOf(http({ method: "GET", url: server.url })), WeftError);
  http.close();
});
