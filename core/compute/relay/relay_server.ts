/**
 * Listens as the axon of tabs, which cannot listen themselves: who asks is verified here, and what it
 * asks goes through a WebSocket to the tab that has proved to hold the hotkey. The tab verifies again
 * and signs its answers; no key is ever here.
 *
 * All tabs share one port. Whose a request is, its header `bt_header_axon_hotkey` says, which every
 * dendrite sends and signs.
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { WeftError } from "../../errors.ts";
import { readBytes } from "../../formats/byte_stream.ts";
import type {
  Clock,
  HttpHandler,
  Log,
  RandomBytes,
  ServedRequest,
  ServedResponse,
  Socket,
  WallClock,
} from "../../host.ts";
import type { SignatureCheck } from "../../wallet/verify.ts";
import { FloodGuard } from "../axon/flood_guard.ts";
import type { NonceBook } from "../axon/nonce_book.ts";
import { AxonRefusal } from "../axon/refusal.ts";
import { verify } from "../axon/verification.ts";
import { fromHeaders, SYNAPSE_HEADERS } from "../synapse/headers.ts";
import { PING } from "../synapse/synapses.ts";
import { MAX_RELAYED_BYTES, proofText, readTabFrame, writeFrame } from "./relay_frames.ts";
import { RelayedTab } from "./relayed_tab.ts";

const NONCE_BYTES = 32;
/** A tab proves itself, or a person answers its wallet, within this. */
const PROOF_MS = 30_000;
/** Tabs of all addresses, and of one. */
const MAX_TABS = 1_000;
const MAX_TABS_OF_ADDRESS = 16;
/** What one address may ask, and what of it may come to nothing, as with an axon. */
const BUDGETS = {
  address: { burst: 2_000, perSecond: 1_000 },
  failures: { burst: 300, perSecond: 10 },
};

/** What a relay is made of. */
export interface RelayServerOptions {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly nonces: NonceBook;
  readonly checkSignature: SignatureCheck;
  /** Where validators reach it. */
  readonly axon: { readonly ip: string; readonly port: number };
  /** Hosts, with their ports, under which tabs dial it: a proof for another one is none. */
  readonly names: readonly string[];
}

/** See the module. */
export class RelayServer {
  readonly #tabs = new Map<string, RelayedTab>();
  readonly #addresses: FloodGuard;
  readonly #failures: FloodGuard;
  /** Connections by address, those that have not proved themselves too. */
  readonly #connections = new Map<string, number>();
  /** Those that have not proved themselves yet. */
  readonly #unproved = new Set<Socket>();

  constructor(readonly options: RelayServerOptions) {
    this.#addresses = new FloodGuard(options.clock, BUDGETS.address);
    this.#failures = new FloodGuard(options.clock, BUDGETS.failures);
  }

  /** Hotkeys whose tabs are there. */
  get hotkeys(): readonly string[] {
    return [...this.#tabs.keys()];
  }

  /** Greets a tab that has connected. */
  accept(socket: Socket, remoteAddress: string): void {
    const { clock, randomBytes, axon } = this.options;
    const count = this.#connections.get(remoteAddress) ?? 0;
    if (count >= MAX_TABS_OF_ADDRESS || this.#tabs.size >= MAX_TABS) {
      return refuse(socket, "too many tabs are connected, try again later", false);
    }
    this.#connections.set(remoteAddress, count + 1);
    this.#unproved.add(socket);
    const nonce = bytesToHex(randomBytes(NONCE_BYTES));
    const gone = new AbortController();
    let tab: RelayedTab | undefined;
    let isProving = false;
    socket.addEventListener("close", () => {
      if (gone.signal.aborted) return;
      gone.abort();
      this.#unproved.delete(socket);
      this.#release(remoteAddress);
      if (tab) this.#leave(tab);
    });
    socket.addEventListener("message", ({ data }) => {
      if (tab) return tab.receive(data);
      if (isProving) return refuse(socket, "a proof comes once, before anything else", true);
      isProving = true;
      this.#prove(socket, nonce, data).then((proved) => {
        if (gone.signal.aborted) return proved.close("gone", false);
        tab = proved;
        this.#unproved.delete(socket);
        this.#join(proved);
      }).catch((error: unknown) =>
        refuse(socket, error instanceof Error ? error.message : "no proof", true)
      );
    });
    void clock.sleep(PROOF_MS, gone.signal).then(() => {
      if (!gone.signal.aborted && !tab) refuse(socket, "no proof came in time", false);
    });
    socket.send(writeFrame({ kind: "hello", axon, nonce }));
  }

  /** The axon of all tabs. */
  readonly handler: HttpHandler = async (request) => {
    try {
      return await this.#pass(request);
    } catch (error) {
      if (!(error instanceof AxonRefusal)) throw error;
      this.options.log.debug(`relay: ${error.status} ${error.message.slice(0, 200)}`);
      return messageAnswer(error.status, error.message);
    }
  };

  /** Sends all tabs away. */
  close(): void {
    for (const socket of this.#unproved) refuse(socket, "the relay ends", false);
    for (const tab of this.#tabs.values()) tab.close("the relay ends", false);
    this.#unproved.clear();
    this.#tabs.clear();
  }

  async #pass(request: ServedRequest): Promise<ServedResponse> {
    const { remoteAddress, headers } = request;
    if (!this.#addresses.take(remoteAddress) || !this.#failures.take(remoteAddress)) {
      throw new AxonRefusal(429, "Too many requests of this address, try again later");
    }
    const synapse = fromHeaders(PING, headers);
    const { hotkey } = synapse.axon;
    const tab = hotkey === null ? undefined : this.#tabs.get(hotkey);
    if (tab === undefined) {
      throw new AxonRefusal(503, "No miner of this hotkey is connected to the relay");
    }
    const { nonces, checkSignature } = this.options;
    await verify(synapse, { hotkey: tab.hotkey, nonces, checkSignature, lenient: false });
    this.#failures.giveBack(remoteAddress);
    const known = SYNAPSE_HEADERS.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    return await tab.ask(
      {
        ...{ method: request.method, target: request.target, remoteAddress },
        headers: Object.fromEntries(known),
        body: await bodyOf(request),
      },
      request.signal,
      synapse.timeout === null ? undefined : synapse.timeout * 1000,
    );
  }

  async #prove(socket: Socket, nonce: string, data: unknown): Promise<RelayedTab> {
    const frame = readTabFrame(data);
    if (frame.kind !== "prove") throw new WeftError("a tab proves first which hotkey it holds");
    const { hotkey, relay, signature } = frame;
    if (!this.options.names.includes(relay)) {
      throw new WeftError(`this relay is not known as ${relay}: its operator adds --relay.name`);
    }
    const text = new TextEncoder().encode(proofText(nonce, hotkey, relay));
    if (!await this.options.checkSignature(text, hexToBytes(signature), hotkey)) {
      throw new WeftError("the signature is not the hotkey's");
    }
    return new RelayedTab(hotkey, socket, this.options.clock);
  }

  /** A tab that comes again takes the place of the connection that it had. */
  #join(tab: RelayedTab): void {
    this.#tabs.get(tab.hotkey)?.close("another tab has proved to hold this hotkey", true);
    this.#tabs.set(tab.hotkey, tab);
    tab.welcome();
    this.options.log.info(`relay: ${tab.hotkey} has connected`);
  }

  #leave(tab: RelayedTab): void {
    tab.close("gone", false);
    if (this.#tabs.get(tab.hotkey) !== tab) return;
    this.#tabs.delete(tab.hotkey);
    this.options.log.info(`relay: ${tab.hotkey} has gone`);
  }

  #release(remoteAddress: string): void {
    const left = (this.#connections.get(remoteAddress) ?? 1) - 1;
    if (left > 0) this.#connections.set(remoteAddress, left);
    else this.#connections.delete(remoteAddress);
  }
}

async function bodyOf(request: ServedRequest): Promise<Uint8Array<ArrayBuffer>> {
  const length = Number(request.headers.get("content-length") ?? 0);
  const tooLarge = new AxonRefusal(413, `The body has more than ${MAX_RELAYED_BYTES} bytes`);
  if (length > MAX_RELAYED_BYTES) throw tooLarge;
  return await readBytes(request.body, MAX_RELAYED_BYTES, "the body").catch((error) => {
    throw request.signal.aborted ? error : tooLarge;
  });
}

function refuse(socket: Socket, reason: string, isFinal: boolean): void {
  socket.send(writeFrame({ kind: "refused", reason: reason.slice(0, 200), isFinal }));
  socket.close();
}

/** In the style of an axon's own refusals. */
function messageAnswer(status: number, message: string): ServedResponse {
  const body = new TextEncoder().encode(JSON.stringify({ message }));
  return { status, headers: { "content-type": "application/json" }, body };
}
