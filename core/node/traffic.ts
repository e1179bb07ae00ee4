/**
 * Counts what goes over the network.
 *
 * @module
 */

import type { ByteStream, Http } from "../host.ts";

/** Bytes of bodies so far; what HTTP adds to them is not counted. */
export class Traffic {
  sentBytes = 0;
  receivedBytes = 0;

  /** The same client, with its bodies counted here. */
  counted(http: Http): Http {
    return async (request) => {
      const { body } = request;
      if (body instanceof Uint8Array) this.sentBytes += body.length;
      const counted = body === undefined || body instanceof Uint8Array
        ? body
        : this.#count(body, (bytes) => this.sentBytes += bytes);
      const response = await http(counted === undefined ? request : { ...request, body: counted });
      return {
        ...response,
        body: this.#count(response.body, (bytes) => this.receivedBytes += bytes),
      };
    };
  }

  async *#count(
    body: ByteStream,
    add: (bytes: number) => void,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for await (const piece of body) {
      add(piece.length);
      yield piece;
    }
  }
}
