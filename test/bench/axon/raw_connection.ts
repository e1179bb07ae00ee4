/**
 * A connection on which one request after another is sent as it is written, and of whose answers only
 * the status is looked at: an HTTP client's own work would be measured with the axon's.
 *
 * @module
 */

import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";

/** A kept connection to an axon on this machine. */
export class RawConnection {
  #socket: Socket | undefined;
  #text = "";
  #answered: ((status: number) => void) | undefined;

  constructor(readonly port: number) {}

  /** The status of a request's answer once all of it is there; 0 if the connection ends instead. */
  ask(request: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#open().write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    if (this.#socket?.writable) return this.#socket;
    const socket = connect({ host: "127.0.0.1", port: this.port });
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#take(text));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#end(0));
    this.#text = "";
    return this.#socket = socket;
  }

  #take(text: string): void {
    this.#text += text;
    const headLength = this.#text.indexOf(HEAD_END) + HEAD_END.length;
    if (headLength < HEAD_END.length) return;
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(this.#text)?.[1] ?? "0";
    if (this.#text.length < headLength + Number(length)) return;
    const status = /^HTTP\/1\.1 (\d+)/.exec(this.#text)?.[1] ?? "0";
    this.#text = "";
    this.#end(Number(status));
  }

  #end(status: number): void {
    this.#answered?.(status);
    this.#answered = undefined;
  }
}
