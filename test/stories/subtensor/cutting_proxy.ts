/**
 * A WebSocket proxy that cuts the connection just when it hurts.
 *
 * @module
 */

/** What becomes of a request. */
export type Fate =
  /** It goes through. */
  | "pass"
  /** The connection is cut, and the node never sees it. */
  | "lose"
  /** The node gets it, and the connection is cut when its answer comes. */
  | "lose the answer";

/** Something with a method, as JSON-RPC has it. */
interface Request {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Passes JSON-RPC on between whoever connects and one node. */
export class CuttingProxy {
  /** Decides on each request. */
  fateOf: (request: Request) => Fate = () => "pass";
  /** Extrinsics that were handed in, in order, those that were lost among them. */
  readonly extrinsics: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sockets = new Set<WebSocket>();

  /** @param upstream the node's address, `ws://…` */
  constructor(upstream: string) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        this.#join(socket, new WebSocket(upstream));
        return response;
      },
    );
  }

  /** Where to connect. */
  get endpoint(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.#server.shutdown();
  }

  #join(client: WebSocket, node: WebSocket): void {
    const isOpen = new Promise((resolve) => node.onopen = resolve);
    const cut = (): void => {
      client.close();
      node.close();
    };
    for (const socket of [client, node]) {
      this.#sockets.add(socket);
      socket.onclose = () => {
        this.#sockets.delete(socket);
        cut();
      };
    }
    let isAnswerLost = false;
    client.onmessage = async ({ data }) => {
      const request: Request = JSON.parse(data);
      if (request.method.startsWith("author_submit")) {
        this.extrinsics.push(String(request.params[0]));
      }
      const fate = this.fateOf(request);
      if (fate === "lose") return cut();
      isAnswerLost = fate === "lose the answer";
      await isOpen;
      if (node.readyState === WebSocket.OPEN) node.send(data);
    };
    node.onmessage = ({ data }) => {
      if (isAnswerLost) return cut();
      if (client.readyState === WebSocket.OPEN) client.send(data);
    };
  }
}
