import { test } from "#test";
import { assert } from "chai";
import { ApiClient, RefusedError } from "../../../core/iota/api/client.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { serveRoutes } from "../../../core/iota/api/server.ts";
import { processClock, processWallClock } from "../../../headless/deno_host.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { failureOf, KeptLog } from "../../harness/kept_log.ts";
import { ALICE, randomBytes } from "./api_setup.ts";

const { presignedUrl, isActive } = ROUTES;

/** Client and server with a real connection between. */
async function withClient(work: (client: ApiClient) => Promise<void>): Promise<void> {
  const log = new KeptLog();
  const clocks = { clock: processClock, wallClock: processWallClock };
  const handler = serveRoutes({ presignedUrl, isActive }, {
    presignedUrl: ({ body, hotkey }) =>
      Promise.resolve({ message: hotkey, data: { presigned_data: body.path } }),
    isActive: ({ query }) => Promise.resolve({ is_active: query.activation_uid === "ü/&" }),
  }, { ...clocks, log, maxBodyBytes: 2_000_000 });
  const server = await listenHttp(handler, { hostname: "127.0.0.1", port: 0, log });
  const http = nodeHttp();
  const signer = ALICE;
  try {
    await work(new ApiClient({ baseUrl: server.url, signer, http, ...clocks, randomBytes, log }));
  } finally {
    http.close();
    await server.close();
  }
}

test("a signed body goes with GET, and its signer is known", async () => {
  await withClient(async (client) => {
    const path = `${"é".repeat(100_000)}/"\n`;
    const { message, data } = await client.ask("presignedUrl", { body: { path } });
    assert.equal(message, ALICE.address);
    assert.equal(data.presigned_data, path);
  });
});

test("a query comes as it was asked", async () => {
  await withClient(async (client) => {
    const query = { layer: 1, activation_uid: "ü/&" };
    assert.isTrue((await client.ask("isActive", { query })).is_active);
  });
});

test("a body that is too large is refused, even in the middle of it", async () => {
  await withClient(async (client) => {
    const body = { path: "a".repeat(3_000_000) };
    const failure = await failureOf(client.ask("presignedUrl", { body }));
    assert.instanceOf(failure, RefusedError);
    if (failure instanceof RefusedError) assert.equal(failure.status, 413);
  });
});
