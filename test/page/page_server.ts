/**
 * Serves the built page on this machine, as `deno task serve` does.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { listenHttp } from "../../headless/http_server.ts";
import { staticFiles } from "../../headless/serve/static_files.ts";
import { KeptLog } from "../harness/kept_log.ts";

const ROOT = fileURLToPath(new URL("../../dist/web/", import.meta.url));

/** On a free port, until it is disposed of. */
export async function servePage(): Promise<{ readonly url: string } & AsyncDisposable> {
  const handler = await staticFiles(ROOT);
  const log = new KeptLog();
  const { url, close } = await listenHttp(handler, { hostname: "127.0.0.1", port: 0, log });
  return { url: `${url}/`, [Symbol.asyncDispose]: close };
}
