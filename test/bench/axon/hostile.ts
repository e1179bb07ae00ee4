/**
 * Requests of whom nobody wants: signatures that are none, hotkeys that nobody knows, bodies that are
 * too large. They come from addresses of their own on loopback, over plain sockets and without waiting
 * for answers, so that they cost less to send than to refuse.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { processClock } from "../../../headless/deno_host.ts";

/** Addresses that the requests come from. */
export const HOSTILE_ADDRESSES: readonly string[] = Array.from(
  { length: 16 },
  (_, lane) => `127.0.0.${2 + lane}`,
);
const TICK_MS = 10;
const ZEROS = "1".repeat(128);

/** What hostile requests are of. */
export const HOSTILE_KINDS = ["bad signature", "unknown hotkey", "oversized"] as const;

/** What was sent, and what came back. */
export interface HostileResult {
  readonly sent: number;
  readonly seconds: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<string, number>;
}

/** Sends requests of all kinds in turn, so many a second, until the signal. */
export class HostileClients {
  readonly #statuses = new Map<string, number>();
  readonly #sockets: (Socket | undefined)[] = [];
  #sent = 0;

  /** @param known a hotkey that the axon knows */
  constructor(readonly port: number, readonly axonHotkey: string, readonly known: string) {}

  async run(perSecond: number, signal: AbortSignal): Promise<HostileResult> {
    const startMs = processClock.nowMs();
    while (!signal.aborted) {
      const due = Math.floor((processClock.nowMs() - startMs) / 1000 * perSecond);
      while (this.#sent < due) this.#send(this.#sent++);
      await processClock.sleep(TICK_MS, signal);
    }
    for (const socket of this.#sockets) socket?.destroy();
    const seconds = (processClock.nowMs() - startMs) / 1000;
    return { sent: this.#sent, seconds, statuses: this.#statuses };
  }

  #send(at: number): void {
    const kind = HOSTILE_KINDS[at % HOSTILE_KINDS.length];
    const lane = Math.floor(at / HOSTILE_KINDS.length) % HOSTILE_ADDRESSES.length;
    // After an oversized one the axon closes the connection: those have others.
    const place = kind === "oversized" ? HOSTILE_ADDRESSES.length + lane : lane;
    this.#socket(place, lane).write(this.#text(kind, at));
  }

  #socket(place: number, lane: number): Socket {
    const open = this.#sockets[place];
    if (open !== undefined && open.writable) return open;
    const socket = connect({
      ...{ host: "127.0.0.1", port: this.port, localAddress: HOSTILE_ADDRESSES[lane] },
    });
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d+)/g)) {
        this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#sockets[place] === socket) this.#sockets[place] = undefined;
    });
    return this.#sockets[place] = socket;
  }

  #text(kind: (typeof HOSTILE_KINDS)[number], at: number): string {
    const hotkey = kind === "unknown hotkey" ? `5${"x".repeat(47)}` : this.known;
    const route = kind === "unknown hotkey" ? "Challenge" : "Synapse";
    const length = kind === "oversized" ? 1024 ** 3 : 2;
    const nonce = BigInt(Math.round(Date.now())) * 1_000_000n + BigInt(at % 1_000_000);
    const headers = {
      ...{ host: "127.0.0.1", "content-length": length, name: route, timeout: "12.0" },
      bt_header_axon_hotkey: this.axonHotkey,
      bt_header_dendrite_version: 10_002_000,
      bt_header_dendrite_nonce: nonce,
      bt_header_dendrite_uuid: "hostile",
      bt_header_dendrite_hotkey: hotkey,
      bt_header_dendrite_signature: `0x${ZEROS}`,
      computed_body_hash: "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return `POST /${route} HTTP/1.1\r\n${lines}\r\n${kind === "oversized" ? "" : "{}"}`;
  }
}
