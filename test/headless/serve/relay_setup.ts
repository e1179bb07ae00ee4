/**
 * A relay on loopback: its axon over HTTP, and its WebSockets, all real.
 *
 * @module
 */

import { Axon } from "../../../core/compute/axon/axon.ts";
import { NonceBook } from "../../../core/compute/axon/nonce_book.ts";
import { Dendrite } from "../../../core/compute/dendrite.ts";
import { RelayClient } from "../../../core/compute/relay/relay_client.ts";
import { RelayServer } from "../../../core/compute/relay/relay_server.ts";
import type { HttpHandler } from "../../../core/host.ts";
import type { Signer } from "../../../core/wallet/signer.ts";
import type { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { verifyMessage } from "../../../core/wallet/verify.ts";
import {
  openSocket,
  processClock,
  processRandomBytes,
  processWallClock,
} from "../../../headless/deno_host.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { relaySockets } from "../../../headless/serve/relay_sockets.ts";
import { textAnswer } from "../../../headless/serve/static_files.ts";
import { KeptLog } from "../../harness/kept_log.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const TIME = { clock: processClock, wallClock: processWallClock, randomBytes: processRandomBytes };
const CHECKS = {
  checkSignature: (...check: Parameters<typeof verifyMessage>) =>
    Promise.resolve(verifyMessage(...check)),
};

/** A relay that runs. */
export interface RelaySetup {
  readonly relay: RelayServer;
  readonly log: KeptLog;
  /** `ws://…/relay` */
  readonly url: string;
  /** Where validators ask. */
  readonly axon: { readonly ip: string; readonly port: number };
}

/**
 * Gives `body` a relay, and ends it afterwards.
 * @param told what tabs are told of where validators reach it
 */
export async function withRelay(
  body: (setup: RelaySetup) => Promise<void>,
  told?: { readonly ip: string; readonly port: number },
): Promise<void> {
  await readyKeys();
  await using open = new AsyncDisposableStack();
  const log = new KeptLog();
  let handler: HttpHandler = () => Promise.resolve(textAnswer(503, "not yet"));
  const axonListener = await listenHttp((request) => handler(request), { ...LOOPBACK, log });
  open.defer(() => axonListener.close());
  const axon = { ip: "127.0.0.1", port: axonListener.port };
  const nonces = await NonceBook.open({ ...TIME, lenient: false });
  const names: string[] = [];
  const relay = new RelayServer({ ...TIME, ...CHECKS, log, nonces, names, axon: told ?? axon });
  handler = relay.handler;
  const listener = await listenHttp(() => Promise.resolve(textAnswer(404, "none")), {
    ...{ ...LOOPBACK, log },
    upgrade: relaySockets((socket, address) => relay.accept(socket, address)),
  });
  names.push(`127.0.0.1:${listener.port}`);
  open.defer(() => listener.close());
  open.defer(() => relay.close());
  await body({ relay, log, axon, url: `ws://127.0.0.1:${listener.port}/relay` });
}

/** A tab that answers. */
export interface Tab {
  readonly axon: Axon;
  /** Resolves when the relay knows it. */
  readonly welcomed: Promise<unknown>;
  /** How it ended. */
  readonly ended: Promise<void>;
  leave(): void;
}

/** Connects a tab whose axon answers pings, and what `prepare` attaches. */
export async function connectTab(
  { url }: Pick<RelaySetup, "url">,
  key: Keypair,
  { signer = key, prepare }: {
    /** Who signs the proof. */
    readonly signer?: Signer;
    readonly prepare?: (axon: Axon) => void;
  } = {},
): Promise<Tab> {
  const log = new KeptLog();
  const nonces = await NonceBook.open({ ...TIME, lenient: false });
  const axon = new Axon({ ...TIME, ...CHECKS, log, nonces, signer: key, version: 183 });
  prepare?.(axon);
  const welcome = Promise.withResolvers<unknown>();
  const stop = new AbortController();
  const { clock } = TIME;
  const client = new RelayClient({
    ...{ url, signer, log, clock, openSocket, handler: axon.handler },
    onWelcome: welcome.resolve,
  });
  const ended = client.run(stop.signal);
  ended.catch(() => {});
  return { axon, welcomed: welcome.promise, ended, leave: () => stop.abort() };
}

/** A validator's dendrite, which is closed afterwards. */
export async function withDendrite(
  signer: Keypair,
  body: (dendrite: Dendrite) => Promise<void>,
): Promise<void> {
  const http = nodeHttp();
  try {
    await body(new Dendrite({ ...TIME, signer, http, log: new KeptLog() }));
  } finally {
    http.close();
  }
}
