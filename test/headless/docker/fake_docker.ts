/**
 * A double of the Docker Engine, made of nothing but its published API (v1.43): no real Docker has
 * been compared with it.
 *
 * @module
 */

import { parseTar } from "nanotar";
import type { SocketHttp, SocketRequest } from "../../../headless/docker/unix_http.ts";

/** What the engine answers. */
export interface FakeAnswer {
  readonly status: number;
  /** JSON unless bytes; nothing if left out. */
  readonly body?: unknown;
}

/** A container that the double knows. */
export interface FakeContainer {
  readonly body: Record<string, unknown>;
  state: "created" | "running" | "paused" | "exited";
  readonly files: Map<string, string>;
  password?: string;
}

const encoder = new TextEncoder();

/** See the module. */
export class FakeDocker {
  readonly asked: string[] = [];
  readonly containers = new Map<string, FakeContainer>();
  /** Dockerfiles by tag. */
  readonly images = new Map<string, string>();
  /** Answers in the place of the double's own, by the beginning of `METHOD target`. */
  readonly faults = new Map<string, FakeAnswer | "hang">();
  version: Record<string, unknown> = { ApiVersion: "1.43", MinAPIVersion: "1.12" };
  readonly #commands = new Map<string, { exitCode: number; output: Uint8Array<ArrayBuffer> }>();

  /** The double as a client sees it, without a socket. */
  readonly http: SocketHttp = async (request) => {
    const { status, body } = await this.answer(request);
    return { status, headers: { get: () => null }, body: inPieces(bytesOf(body)) };
  };

  /** Answers, unless the signal ends it. */
  async answer(request: SocketRequest): Promise<FakeAnswer> {
    const line = `${request.method} ${request.target}`;
    this.asked.push(line);
    const plain = line.replace(/ \/v1\.\d+\//, " /");
    for (const [begin, fault] of this.faults) {
      if (!plain.startsWith(begin)) continue;
      if (fault !== "hang") return fault;
      await new Promise((_, reject) => {
        request.signal?.addEventListener("abort", () => reject(request.signal?.reason));
      });
    }
    return this.#answer(plain, request.body);
  }

  #answer(line: string, body: Uint8Array<ArrayBuffer> | undefined): FakeAnswer {
    const [what, query = ""] = line.split("?");
    const parameters = new URLSearchParams(query);
    const [, kind, id, action] = decodeURIComponent(what.split(" ")[1]).split("/");
    if (what === "GET /_ping") return { status: 200, body: encoder.encode("OK") };
    if (what === "GET /version") return { status: 200, body: this.version };
    if (what === "GET /info") return { status: 200, body: INFO };
    if (kind === "build") return this.#build(parameters, body);
    if (kind === "images") return this.#image(what.startsWith("DELETE"), id);
    if (kind === "exec") return this.#executed(id, action);
    if (id === "create") return this.#create(parameters.get("name") ?? "", jsonOf(body));
    return this.#container(id, what.startsWith("DELETE") ? "remove" : action, body);
  }

  #build(parameters: URLSearchParams, body: Uint8Array<ArrayBuffer> | undefined): FakeAnswer {
    const [file] = parseTar(body ?? new Uint8Array());
    if (file.name !== "Dockerfile") return fault(500, "Cannot locate specified Dockerfile");
    this.images.set(parameters.get("t") ?? "", file.text);
    return { status: 200, body: encoder.encode('{"stream":"Step 1"}\r\n{"aux":{"ID":"x"}}\r\n') };
  }

  #image(isRemoval: boolean, tag: string): FakeAnswer {
    if (!this.images.has(tag)) return fault(404, `No such image: ${tag}`);
    if (isRemoval) this.images.delete(tag);
    return { status: 200, body: {} };
  }

  #create(name: string, body: Record<string, unknown>): FakeAnswer {
    if (this.containers.has(name)) return fault(409, `The name ${name} is already in use`);
    if (!this.images.has(`${body.Image}`)) return fault(404, `No such image: ${body.Image}`);
    const id = idOf(this.containers.size);
    this.containers.set(name, { body, state: "created", files: new Map() });
    this.#ids.set(id, name);
    return { status: 201, body: { Id: id, Warnings: [] } };
  }

  readonly #ids = new Map<string, string>();

  #container(id: string, action: string, body: Uint8Array<ArrayBuffer> | undefined): FakeAnswer {
    const name = this.#ids.get(id) ?? id;
    const container = this.containers.get(name);
    if (container === undefined) return fault(404, `No such container: ${id}`);
    const { state } = container;
    if (action === "json") {
      const State = {
        Running: state === "running" || state === "paused",
        Paused: state === "paused",
      };
      return { status: 200, body: { Id: id, State } };
    }
    if (action === "exec") return this.#prepare(container, jsonOf(body));
    if (action === "remove") this.containers.delete(name);
    if (action === "start" || action === "restart") container.state = "running";
    if (action === "stop" && state === "exited") return { status: 304 };
    if (action === "stop") container.state = "exited";
    if (action === "pause" && state !== "running") return fault(409, "is not running");
    if (action === "pause") container.state = "paused";
    if (action === "unpause" && state !== "paused") return fault(500, "is not paused");
    if (action === "unpause") container.state = "running";
    return { status: 204 };
  }

  /** Does what the few commands do that a rental gives, to files that are no files. */
  #prepare(container: FakeContainer, { Cmd, Env }: Record<string, unknown>): FakeAnswer {
    if (container.state !== "running") return fault(409, `container is ${container.state}`);
    const command = Array.isArray(Cmd) ? Cmd.join(" ") : "";
    const [, , value] = /^(\w+)=([^]*)$/.exec(Array.isArray(Env) ? `${Env[0]}` : "") ?? [];
    let output = "";
    if (command.startsWith("cat ")) output = container.files.get(command.slice(4)) ?? "";
    else if (command.includes("chpasswd")) container.password = value;
    else container.files.set("/root/.ssh/authorized_keys", `${value}\n`);
    const id = idOf(1000 + this.#commands.size);
    this.#commands.set(id, { exitCode: 0, output: frames(output) });
    return { status: 201, body: { Id: id } };
  }

  #executed(id: string, action: string): FakeAnswer {
    const command = this.#commands.get(id);
    if (command === undefined) return fault(404, `No such exec instance: ${id}`);
    if (action === "start") return { status: 200, body: command.output };
    return { status: 200, body: { ID: id, Running: false, ExitCode: command.exitCode } };
  }
}

const INFO = { OSType: "linux", NCPU: 8, MemTotal: 2 ** 34, ServerVersion: "24.0.7" };

/** An error as the engine tells it. */
export function fault(status: number, message: string): FakeAnswer {
  return { status, body: { message } };
}

/** Bytes of an answer's body. */
export function bytesOf(body: unknown): Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return encoder.encode(body === undefined ? "" : JSON.stringify(body));
}

/** Text as frames of stdout, with one of stderr between. */
export function frames(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text);
  const cut = Math.floor(bytes.length / 2);
  const pieces = [[1, bytes.subarray(0, cut)], [2, encoder.encode("warn")], [
    1,
    bytes.subarray(cut),
  ]] as const;
  return new Uint8Array(pieces.flatMap(([kind, piece]) => {
    const header = new Uint8Array(8);
    header[0] = kind;
    new DataView(header.buffer).setUint32(4, piece.length);
    return [...header, ...piece];
  }));
}

async function* inPieces(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += 5) {
    yield await Promise.resolve(bytes.subarray(at, at + 5));
  }
}

function jsonOf(body: Uint8Array | undefined): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(body));
}

function idOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}
