/**
 * `deno task serve`: serves the page to browsers, and does for them what a browser cannot do by
 * itself: listen as the axon of a tab, and ask servers that do not let pages ask.
 *
 * @module
 */

import { resolve } from "node:path";
import { NonceBook } from "../core/compute/axon/nonce_book.ts";
import { RelayServer } from "../core/compute/relay/relay_server.ts";
import { UsageError } from "../core/errors.ts";
import type { HttpHandler, Log } from "../core/host.ts";
import { readyKeys } from "../core/wallet/ready.ts";
import { AXON_FLAGS } from "./axon_flags.ts";
import { type Command, type CommandContext, runAsProcess, userFolder } from "./command.ts";
import { json, loggingDebug } from "./common_flags.ts";
import { createLog, processClock, processRandomBytes, processWallClock } from "./deno_host.ts";
import { type Flag, integer, text, toggle } from "./flags.ts";
import { type HttpListener, listenHttp } from "./http_server.ts";
import { nodeHttp } from "./node_http.ts";
import { forwarding, isTarget } from "./serve/forwarding.ts";
import { relaySockets } from "./serve/relay_sockets.ts";
import { staticFiles } from "./serve/static_files.ts";
import { startSignatureThreads } from "./signature_threads.ts";

const forward: Flag<readonly string[]> = {
  name: "forward",
  placeholder: "LIST",
  default: [],
  defaultText: "none",
  expected: "servers with commas between them, such as https://host or https://*.host",
  description: "Servers that the page may ask through this one, because they do not let pages ask.",
  parse: (text) => {
    const targets = text.split(",").map((each) => each.trim()).filter((each) => each !== "");
    return targets.every(isTarget) ? targets : undefined;
  },
};

const FLAGS = {
  host: text({
    name: "host",
    placeholder: "ADDRESS",
    default: "127.0.0.1",
    description:
      "Address of this machine where the page is served; 0.0.0.0 is every one. Browsers " +
      "give WebGPU to pages of this machine and of HTTPS only.",
  }),
  port: integer({
    name: "port",
    min: 0,
    max: 65535,
    default: 8790,
    description: "Port of the page; 0 is any free one.",
  }),
  folder: text({
    name: "folder",
    placeholder: "DIR",
    default: "dist/web",
    description: "Folder of the built page.",
  }),
  forward,
  relay: toggle({
    name: "relay",
    default: false,
    description: "Listens as the axon of tabs that prove to hold a hotkey, and passes verified " +
      "requests on to them.",
  }),
  relayName: {
    ...{ name: "relay.name", placeholder: "LIST", default: [], defaultText: "none" },
    expected: "hosts with commas between them, such as weft.example or weft.example:8443",
    description:
      "Hosts under which tabs dial the relay, besides its addresses: a tab signs which " +
      "one it has dialled, so that no other can pass its proof on.",
    parse: (text: string) =>
      text.split(",").map((each) => each.trim()).filter((each) => each !== ""),
  } satisfies Flag<readonly string[]>,
  ...AXON_FLAGS,
  json,
  loggingDebug,
};

type Context = CommandContext<typeof FLAGS>;

/** The command. */
export const serveCommand: Command<typeof FLAGS> = {
  name: "serve",
  summary: "Serves the page: a node in a browser's tab. With --forward it asks servers in the " +
    "page's stead, with --relay it listens for tabs, which sign for themselves: no key is here.",
  flags: FLAGS,
  run: serve,
};

async function serve(context: Context): Promise<number> {
  const { values, screen, signal } = context;
  const log = createLog(values.loggingDebug ? "debug" : "info", (line) => screen.message(line));
  await using open = new AsyncDisposableStack();
  const pages = await staticFiles(resolve(userFolder(), values.folder));
  const http = nodeHttp();
  open.defer(() => http.close());
  const forwards = forwarding(values.forward, http);
  const handler: HttpHandler = (request) => forwards(request) ?? pages(request);
  const relay = values.relay ? await openRelay(context, log, open) : undefined;
  const listener = await listenHttp(handler, {
    ...{ hostname: values.host, port: values.port, log },
    ...relay && { upgrade: relaySockets((socket, address) => relay.accept(socket, address)) },
  });
  open.defer(() => listener.close());
  // Its tabs are sent away first: a listener waits for connections.
  open.defer(() => relay?.close());
  tell(context, listener);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  return 0;
}

async function openRelay(
  { values }: Context,
  log: Log,
  open: AsyncDisposableStack,
): Promise<RelayServer> {
  const { axonIp: hostname, axonPort, axonExternalIp: ip } = values;
  if (ip === undefined) {
    throw new UsageError(
      "--axon.external_ip: tabs tell the chain where validators reach this machine: give its address " +
        "as it is seen from outside",
    );
  }
  await readyKeys();
  const clock = processClock;
  const wallClock = processWallClock;
  const checks = startSignatureThreads(1);
  open.defer(() => checks.close());
  const relay = new RelayServer({
    ...{ clock, wallClock, log, randomBytes: processRandomBytes },
    nonces: await NonceBook.open({ clock, wallClock, lenient: false }),
    checkSignature: checks.check,
    axon: { ip, port: values.axonExternalPort ?? axonPort },
    names: [
      ...["127.0.0.1", "localhost", values.host, ip].map((host) => `${host}:${values.port}`),
      ...values.relayName,
    ],
  });
  const axon = await listenHttp(relay.handler, { hostname, port: axonPort, log });
  open.defer(() => axon.close());
  return relay;
}

function tell({ values, screen }: Context, { url }: HttpListener): void {
  const { relay, axonIp, axonPort, forward } = values;
  if (values.json) {
    return screen.printJson({ kind: "serving", url, forward, relay: relay ? axonPort : null });
  }
  screen.print(`page      ${url}/`);
  if (relay) screen.print(`relay     ${axonIp}:${axonPort}, for tabs at ${url}/relay`);
  if (forward.length > 0) screen.print(`forwards  ${forward.join(", ")}`);
  screen.print("Ctrl-C ends it.");
}

if (import.meta.main) await runAsProcess(serveCommand);
