/**
 * A hub without a network: files by address, redirects as the real one has them, ranges, and who may
 * have what.
 *
 * @module
 */
import type { Http, HttpRequest } from "../../core/host.ts";

/** What lies under an address. */
export type HubFile =
  | Uint8Array<ArrayBuffer>
  | { readonly redirect: string }
  | { readonly status: number };

/** Answers from a list of files; keeps what was asked. */
export class FakeHub {
  readonly asked: HttpRequest[] = [];

  constructor(readonly files: Record<string, HubFile>) {}

  readonly http: Http = (request) => {
    this.asked.push(request);
    const file = this.files[request.url] ?? { status: 404 };
    if ("redirect" in file) return Promise.resolve(answer(302, { location: file.redirect }));
    if ("status" in file) return Promise.resolve(answer(file.status, {}));
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers?.range ?? "");
    if (!range) return Promise.resolve(answer(200, {}, file));
    const part = file.slice(Number(range[1]), Number(range[2]) + 1);
    const contentRange = `bytes ${range[1]}-${range[2]}/${file.length}`;
    return Promise.resolve(answer(206, { "content-range": contentRange }, part));
  };
}

/** JSON as bytes. */
export function jsonFile(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function answer(
  status: number,
  headers: Record<string, string>,
  body = new Uint8Array(),
): Awaited<ReturnType<Http>> {
  async function* pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const middle = Math.floor(body.length / 2);
    yield await Promise.resolve(body.slice(0, middle));
    yield body.slice(middle);
  }
  return { status, headers: { get: (name) => headers[name] ?? null }, body: pieces() };
}
