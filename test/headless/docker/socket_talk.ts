/**
 * A process that talks with servers over a unix socket, and prints what came of it as JSON;
 * `unix_http.test.ts` starts it. Deno names the sockets that a process may use by their whole paths,
 * so the tests' own process may use none.
 *
 * @module
 */

import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { readBytes } from "../../../core/formats/byte_stream.ts";
import { DockerEngine } from "../../../headless/docker/engine.ts";
import { unixHttp } from "../../../headless/docker/unix_http.ts";
import { processClock } from "../../../headless/deno_host.ts";
import { print } from "../../print.ts";
import { bytesOf, FakeDocker } from "./fake_docker.ts";

const [path] = Deno.args;
const http = unixHttp(path);
const engine = new DockerEngine(http, processClock);
const told: Record<string, unknown> = {};

told.nobody = await engine.fault();
await whileServing(dockerServer(), async () => {
  told.fault = await engine.fault();
  await engine.buildImage("base:1", "FROM base\n".repeat(20_000));
  await engine.run("a", { image: "base:1", sshPort: 4444 });
  await engine.execute("a", ["sh", "-c", "printf > file"], { KEYS: "ssh-ed25519 ä" });
  told.output = await engine.execute("a", ["cat", "/root/.ssh/authorized_keys"], {});
  await engine.remove("a");
  told.state = await engine.stateOf("a") ?? null;
});
await whileServing(bareServer((socket) => socket.end("no HTTP\r\n\r\n")), async () => {
  told.garbage = await failure(get());
});
await whileServing(bareServer((socket) => socket.end()), async () => {
  told.closed = await failure(get());
});
const begin = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc";
await whileServing(bareServer((socket) => socket.end(begin)), async () => {
  told.cut = await failure(get());
});
const patience = new AbortController();
await whileServing(bareServer(() => patience.abort(new Error("given up"))), async () => {
  told.hanging = await failure(get(patience.signal));
});
const answering = new AbortController();
const stuck = bareServer((socket) => socket.write(begin, () => answering.abort("given up")));
await whileServing(stuck, async () => {
  told.stuck = await failure(get(answering.signal));
});
print(JSON.stringify(told));

async function get(signal?: AbortSignal): Promise<void> {
  const { body } = await http({ method: "GET", target: "/", ...signal && { signal } });
  await readBytes(body, 1000, "the body");
}

async function failure(work: Promise<unknown>): Promise<string> {
  return await work.then(() => "none", (error) => `${error}`);
}

/** The double of Docker, as a server. */
function dockerServer(): Server {
  const docker = new FakeDocker();
  return createHttpServer(async (request, response) => {
    const body = await bodyOf(request);
    const method = request.method === "POST" || request.method === "DELETE"
      ? request.method
      : "GET";
    const answer = await docker.answer({ method, target: request.url ?? "", body });
    response.writeHead(answer.status);
    response.end(bytesOf(answer.body));
  });
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece);
  return new Uint8Array(await new Blob(pieces.map((piece) => new Uint8Array(piece))).arrayBuffer());
}

/** Serves once somebody has asked. */
function bareServer(serve: (socket: Socket) => void): Server {
  return createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => serve(socket));
  });
}

async function whileServing(server: Server, work: () => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await work();
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  // Deno leaves a socket's file behind, and the next server cannot have its place.
  await Deno.remove(path).catch(() => {});
}
