/**
 * What chopsticks allows that no chain does: writing storage, and making blocks.
 *
 * @module
 */

/**
 * Values of storage by pallet and item: a value, or pairs of keys and value. A zero removes the
 * entry, and leaves the item's default.
 */
export type StorageValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** See the module. */
export class Sudo {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: { result?: unknown; error?: unknown }) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(data);
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    };
  }

  static async open(endpoint: string): Promise<Sudo> {
    const socket = new WebSocket(endpoint);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Sudo(socket);
  }

  /** Writes storage. */
  async set(values: StorageValues): Promise<void> {
    await this.#request("dev_setStorage", [values]);
  }

  /** Gives an account so much, and the nonce 0. */
  async fund(address: string, rao: bigint): Promise<void> {
    const account = { providers: 1, data: { free: rao.toString() } };
    await this.set({ System: { Account: [[[address], account]] } });
  }

  /** Makes empty blocks. */
  async newBlocks(count: number): Promise<void> {
    await this.#request("dev_newBlock", [{ count }]);
  }

  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.onclose = () => resolve());
    this.#socket.close();
    return closed;
  }

  #request(method: string, params: readonly unknown[]): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${JSON.stringify(error)}`));
      });
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }
}
