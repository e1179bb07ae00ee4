import type { Socket } from "node:net";
import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import type { ByteStream, HttpRequest } from "../../core/host.ts";
import { type NodeHttp, nodeHttp } from "../../headless/node_http.ts";
import { failureOf } from "../harness/kept_log.ts";
import { aborted, Signpost, textAnswer, textOf, withBareServer, withServer } from "./http_setup.ts";

const PIECE = new Uint8Array(65_536).fill(7);
const WHOLE = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole";

/** A client that is closed afterwards. */
async function withClient(work: (http: NodeHttp) => Promise<void>): Promise<void> {
  const http = nodeHttp();
  try {
    await work(http);
  } finally {
    http.close();
  }
}

async function* pieces(count: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < count; at++) yield await Promise.resolve(PIECE);
}

/** An upload of so many pieces. */
function upload(url: string, count: number, body: ByteStream = pieces(count)): HttpRequest {
  const headers = { "content-length": `${count * PIECE.length}` };
  return { method: "PUT", url, headers, body };
}

/** Answers each request of a connection with this text. */
function answering(text: string): (socket: Socket) => void {
  return (socket) => void socket.on("data", () => socket.write(text));
}

test("a body goes with GET", async () => {
  await withServer(
    async ({ method, body }) => textAnswer(`${method} ${await textOf(body)}`),
    async ({ url }) => {
      await withClient(async (http) => {
        const body = new TextEncoder().encode('{"path":"a"}');
        const response = await http({ method: "GET", url, body });
        assert.equal(await textOf(response.body), 'GET {"path":"a"}');
      });
    },
  );
});

test("a POST without a body says that it has none", async () => {
  await withServer(
    ({ headers }) => Promise.resolve(textAnswer(`${headers.get("content-length")}`)),
    async ({ url }) => {
      await withClient(async (http) => {
        assert.equal(await textOf((await http({ method: "POST", url })).body), "0");
      });
    },
  );
});

test("a stream goes up whole, piece by piece", async () => {
  await withServer(async ({ body }) => {
    let sum = 0;
    for await (const piece of body) for (const byte of piece) sum += byte;
    return textAnswer(`${sum}`);
  }, async ({ url }) => {
    await withClient(async (http) => {
      const { body } = await http(upload(url, 40));
      assert.equal(await textOf(body), `${40 * PIECE.length * 7}`);
    });
  });
});

test("an upload waits for a server that does not read", async () => {
  const read = new Signpost();
  let made = 0;
  async function* counted(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for await (const piece of pieces(4_000)) {
      made += piece.length;
      yield piece;
    }
  }
  await withServer(async ({ body }) => {
    await read.reached;
    return textAnswer(`${(await textOf(body)).length}`);
  }, async ({ url }) => {
    await withClient(async (http) => {
      const asked = http(upload(url, 4_000, counted()));
      // A second connection's answer shows that the first has had its time.
      await withServer(() => Promise.resolve(textAnswer("")), async (other) => {
        for (let at = 0; at < 20; at++) {
          await textOf((await http({ method: "GET", url: other.url })).body);
        }
      });
      // What the kernel buffers of a loopback connection is some megabytes.
      assert.isBelow(made, 64 * 1024 ** 2);
      read.reach();
      assert.equal(await textOf((await asked).body), `${4_000 * PIECE.length}`);
    });
  });
});

test("connections are kept for the next request", async () => {
  let connections = 0;
  await withBareServer((socket) => {
    connections += 1;
    answering(WHOLE)(socket);
  }, async (url) => {
    await withClient(async (http) => {
      for (let at = 0; at < 5; at++) {
        assert.equal(await textOf((await http({ method: "GET", url })).body), "whole");
      }
    });
  });
  assert.equal(connections, 1);
});

test("a redirect is an answer like another", async () => {
  const redirect = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
  await withBareServer(answering(redirect), async (url) => {
    await withClient(async (http) => {
      const { status, headers, body } = await http({ method: "GET", url });
      await textOf(body);
      assert.equal(status, 302);
      assert.equal(headers.get("location"), "/elsewhere");
      assert.isNull(headers.get("constructor"));
    });
  });
});

test("a server that is not there is named in one line, without the query", async () => {
  await withClient(async (http) => {
    const failure = await failureOf(
      http({ method: "GET", url: "http://127.0.0.1:1/a?key=secret" }),
    );
    assert.instanceOf(failure, WeftError);
    assert.match(
      `${failure}`,
      /^WeftError: No answer from http:\/\/127\.0\.0\.1:1 \(.*ECONNREFUSED/,
    );
    assert.notMatch(`${failure}`, /secret|\n/);
  });
});

const BROKEN: readonly (readonly [string, string])[] = [
  ["before it answers", ""],
  ["within the headers", "HTTP/1.1 200 OK\r\ncontent-le"],
  ["with something else than HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
];

for (const [when, text] of BROKEN) {
  test(`a server that closes ${when} is a WeftError`, async () => {
    await withBareServer(
      (socket) => void socket.once("data", () => socket.end(text)),
      async (url) => {
        await withClient(async (http) => {
          assert.instanceOf(await failureOf(http({ method: "GET", url })), WeftError);
        });
      },
    );
  });
}

const TRUNCATED: readonly (readonly [string, string])[] = [
  ["with a length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwho"],
  ["in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nwho\r\n"],
];

for (const [how, text] of TRUNCATED) {
  test(`an answer ${how} that is cut off does not look whole`, async () => {
    await withBareServer(
      (socket) => void socket.once("data", () => socket.end(text)),
      async (url) => {
        await withClient(async (http) => {
          const { body } = await http({ method: "GET", url });
          assert.instanceOf(await failureOf(textOf(body)), WeftError);
        });
      },
    );
  });
}

test("a reset while the answer is read is a WeftError", async () => {
  await withBareServer((socket) => {
    socket.once("data", () => socket.write(TRUNCATED[0][1], () => socket.resetAndDestroy()));
  }, async (url) => {
    await withClient(async (http) => {
      const read = async (): Promise<string> => textOf((await http({ method: "GET", url })).body);
      assert.instanceOf(await failureOf(read()), WeftError);
    });
  });
});

test("an aborted signal asks nobody", async () => {
  let connections = 0;
  await withBareServer(() => void (connections += 1), async (url) => {
    await withClient(async (http) => {
      const signal = AbortSignal.abort("enough");
      assert.equal(await failureOf(http({ method: "GET", url, signal })), "enough");
    });
  });
  assert.equal(connections, 0);
});

test("an abort while nothing is answered ends the request and tells the server", async () => {
  const begun = new Signpost();
  const told = new Signpost();
  await withServer(async ({ signal }) => {
    begun.reach();
    await aborted(signal);
    told.reach();
    return textAnswer("");
  }, async ({ url }) => {
    await withClient(async (http) => {
      const abort = new AbortController();
      const failure = failureOf(http({ method: "GET", url, signal: abort.signal }));
      await begun.reached;
      abort.abort("enough");
      assert.equal(await failure, "enough");
      await told.reached;
    });
  });
});

test("an abort while the answer is read ends the reading with its reason", async () => {
  await withBareServer(answering(TRUNCATED[0][1]), async (url) => {
    await withClient(async (http) => {
      const abort = new AbortController();
      const { body } = await http({ method: "GET", url, signal: abort.signal });
      const failure = await failureOf((async () => {
        for await (const _ of body) abort.abort("enough");
      })());
      assert.equal(failure, "enough");
    });
  });
});

test("an abort after the whole answer leaves the connection to the next request", async () => {
  let connections = 0;
  await withBareServer((socket) => {
    connections += 1;
    answering(WHOLE)(socket);
  }, async (url) => {
    await withClient(async (http) => {
      const abort = new AbortController();
      await textOf((await http({ method: "GET", url, signal: abort.signal })).body);
      const next = http({ method: "GET", url });
      abort.abort();
      assert.equal(await textOf((await next).body), "whole");
    });
  });
  assert.equal(connections, 1);
});

test("who leaves an answer early ends its connection", async () => {
  const left = new Signpost();
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for (;;) yield await Promise.resolve(PIECE);
    } finally {
      left.reach();
    }
  }
  await withServer(
    () => Promise.resolve({ status: 200, headers: {}, body: endless() }),
    async ({ url }) => {
      await withClient(async (http) => {
        for await (const _ of (await http({ method: "GET", url })).body) break;
        await left.reached;
      });
    },
  );
});

test("a refusal in the middle of an upload is answered, and the upload left", async () => {
  const left = new Signpost();
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for (;;) yield await Promise.resolve(PIECE);
    } finally {
      left.reach();
    }
  }
  await withServer(async ({ body }) => {
    for await (const _ of body) break;
    return textAnswer("too large", 413);
  }, async ({ url }) => {
    await withClient(async (http) => {
      const { status, body } = await http(upload(url, 1e6, endless()));
      assert.equal(status, 413);
      assert.equal(await textOf(body), "too large");
      await left.reached;
    });
  });
});

test("an upload that cannot be read fails with its own error", async () => {
  const broken = new Error("the disk is gone");
  async function* body(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield PIECE;
    await Promise.reject(broken);
  }
  await withServer(async ({ body }) => textAnswer(await textOf(body)), async ({ url }) => {
    await withClient(async (http) => {
      assert.equal(await failureOf(http(upload(url, 2, body()))), broken);
    });
  });
});

for (const count of [1, 3]) {
  test(`${count} pieces that were to be 2 are no upload`, async () => {
    await withServer(async ({ body }) => textAnswer(await textOf(body)), async ({ url }) => {
      await withClient(async (http) => {
        const failure = await failureOf(http(upload(url, 2, pieces(count))));
        assert.match(`${failure}`, /bytes were there to send/);
      });
    });
  });
}

test("a server does not take an upload that ended early for whole", async () => {
  const read = new Signpost();
  let failure: unknown;
  await withServer(async ({ body }) => {
    failure = await failureOf(textOf(body));
    read.reach();
    return textAnswer("");
  }, async ({ url }) => {
    await withClient(async (http) => {
      await failureOf(http(upload(url, 2, pieces(1))));
      await read.reached;
    });
  });
  assert.instanceOf(failure, Error);
});

test("a stream without a length is not sent", async () => {
  await withServer(() => Promise.resolve(textAnswer("")), async ({ url }) => {
    await withClient(async (http) => {
      const failure = await failureOf(http({ method: "PUT", url, body: pieces(1) }));
      assert.instanceOf(failure, TypeError);
    });
  });
});

test("an address that is not of HTTP is the user's error", async () => {
  await withClient(async (http) => {
    assert.instanceOf(await failureOf(http({ method: "GET", url: "s3://bucket" })), UsageError);
  });
});

test("no connection is left open when the client is closed", async () => {
  const closed = new Signpost();
  await withBareServer((socket) => {
    answering(WHOLE)(socket);
    socket.once("close", () => closed.reach());
  }, async (url) => {
    await withClient(async (http) => void await textOf((await http({ method: "GET", url })).body));
    await closed.reached;
  });
});
