/**
 * What a host gives to the core, so that the core names no platform: the same node runs in Deno, in
 * a tab, and in a test with a fake clock and broken storage.
 *
 * @module
 */

/** Time. */
export interface Clock {
  /** Milliseconds since some moment, never going back. */
  nowMs(): number;
  /** @param signal ends it early, without an error, so that no timer is left */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The time of day, which may be set back, unlike a {@linkcode Clock}. */
export interface WallClock {
  /** Milliseconds since 1970, UTC. */
  unixMs(): number;
}

/** Random bytes fit for keys. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

/** Messages for a person; a host decides which levels to show and where. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** An open blob of a storage. */
export interface BlobReader {
  readonly sizeBytes: number;
  /** `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): void;
}

/** What survives a restart: blobs, and logs of JSON records. */
export interface Storage {
  /** Undefined if there is no such blob. */
  openBlob(name: string): Promise<BlobReader | undefined>;
  /** Replaces a blob atomically: after a crash the old one or the new one is there, whole. */
  writeBlob(name: string, chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void>;
  /** All records of a log in order; a last one that a crash cut off is left out. */
  readRecords(name: string): Promise<unknown[]>;
  appendRecord(name: string, record: unknown): Promise<void>;
  /** Replaces a log atomically. */
  replaceRecords(name: string, records: readonly unknown[]): Promise<void>;
}

/** A WebGPU implementation. */
export interface WebGpu {
  readonly gpu: GPU;
  /** `wgpu`, `dawn` or `browser`. */
  readonly backend: string;
}

/** A thread of its own that runs one program; messages are copied as `structuredClone` does. */
export interface Thread {
  post(message: unknown): void;
  /** The one listener of messages. */
  onMessage(listener: (message: unknown) => void): void;
  /** The one listener of the thread's death by an error. */
  onError(listener: (reason: string) => void): void;
  stop(): void;
}

/** Threads for work that the cores do. */
export interface Threads {
  /** Cores of this machine. */
  readonly count: number;
  /** Starts a thread that serves hash searches (`serveSearches` of `core/hash`). */
  startHashThread(): Thread;
}

/** What a WebSocket tells; which fields there are depends on the type. */
export interface SocketEvent {
  readonly type: string;
  /** Of `message`. */
  readonly data?: unknown;
  /** Of `error`, where the platform tells. */
  readonly message?: string;
  /** Of `close`. */
  readonly code?: number;
  readonly reason?: string;
}

/** The part of a WebSocket that is used. */
export interface Socket {
  addEventListener(
    type: "open" | "message" | "error" | "close",
    listener: (event: SocketEvent) => void,
  ): void;
  send(text: string): void;
  close(): void;
}

/** Begins to connect to a `ws://` or `wss://` address. */
export type OpenSocket = (address: string) => Socket;

/** Bytes that come piece by piece. */
export type ByteStream = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Reads a header by its name in lower case, as `Headers` does. */
export interface HeaderSource {
  get(name: string): string | null;
}

/** What to ask of a server. A body may go with every method, GET included. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream needs a `content-length` header; it is read once. */
  readonly body?: Uint8Array<ArrayBuffer> | ByteStream;
  /** Gives the request up, while it is asked or answered. */
  readonly signal?: AbortSignal;
}

/** What a server answered. Its body must be read to the end or abandoned by leaving the loop. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderSource;
  readonly body: ByteStream;
}

/**
 * Asks a server once, without following redirects.
 * @throws {WeftError} if there is no connection, or it broke; the body's loop throws it too
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/** A request as a server gets it. */
export interface ServedRequest {
  readonly method: string;
  /** Path and query, such as `/health?a=1`. */
  readonly target: string;
  readonly headers: HeaderSource;
  readonly body: ByteStream;
  /** Address of who asks, for limits on those without a name. */
  readonly remoteAddress: string;
  /** Aborted when who asked is gone. */
  readonly signal: AbortSignal;
}

/** What a server answers. */
export interface ServedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with its length; a stream's length is given by a `content-length` header. */
  readonly body: Uint8Array<ArrayBuffer> | ByteStream;
  /** It is sent so much later, and its connection, of which nothing is read meanwhile, closed. */
  readonly restMs?: number;
}

/** Answers requests; what it throws becomes status 500 and a line in the log. */
export type HttpHandler = (request: ServedRequest) => Promise<ServedResponse>;

/** Everything a host gives. */
export interface Host {
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  /** Loads the WebGPU implementation; called again after a device was lost. */
  webgpu(): Promise<WebGpu>;
  /** Undefined where the platform has none. */
  readonly threads?: Threads;
}
