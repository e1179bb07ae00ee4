/**
 * A node's WebSocket on this machine, that answers what a test wants, or does not.
 *
 * @module
 */

/** Answers a request; what it throws becomes a refusal. Undefined answers nothing. */
export type Answer = (method: string, params: readonly unknown[]) => unknown;

/** A refusal of JSON-RPC. */
export class Refusal extends Error {
  constructor(readonly code: number, message: string, readonly data?: unknown) {
    super(message);
  }
}

/** See the module. */
export class RpcServer {
  /** How often somebody connected. */
  connections = 0;
  /** Methods that were asked for, in order. */
  readonly asked: string[] = [];
  /** What a request comes to. */
  answer: Answer;
  /** A text that is sent in place of every answer. */
  nonsense: string | undefined;
  readonly address: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sockets = new Set<WebSocket>();

  constructor(answer: Answer, port = 0) {
    this.answer = answer;
    const options = { hostname: "127.0.0.1", port, onListen: (): void => {} };
    this.#server = Deno.serve(options, (request) => this.#upgrade(request));
    this.address = `ws://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Where it listens. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** Ends all connections. */
  drop(): void {
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  /** Sends an item of a subscription to all. */
  tell(subscription: string, item: unknown): void {
    const message = { jsonrpc: "2.0", method: "item", params: { subscription, result: item } };
    for (const socket of this.#sockets) socket.send(JSON.stringify(message));
  }

  async stop(): Promise<void> {
    this.drop();
    await this.#server.shutdown();
  }

  #upgrade(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") return new Response("no", { status: 400 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    this.connections += 1;
    this.#sockets.add(socket);
    socket.addEventListener("message", ({ data }) => void this.#respond(socket, data));
    socket.addEventListener("close", () => this.#sockets.delete(socket));
    return response;
  }

  async #respond(socket: WebSocket, data: string): Promise<void> {
    const { id, method, params } = JSON.parse(data);
    this.asked.push(method);
    if (this.nonsense !== undefined) return socket.send(this.nonsense);
    const answer = await this.#outcome(method, params);
    if (answer === undefined || socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  }

  async #outcome(method: string, params: readonly unknown[]): Promise<object | undefined> {
    try {
      const result = await this.answer(method, params);
      return result === undefined ? undefined : { result };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, data } = error;
      return { error: { code, message, data } };
    }
  }
}
