/**
 * Files of the Hugging Face hub: tokenizers of models, and the Parquet files of datasets, read in
 * ranges.
 *
 * Source: the hub's HTTP interface, https://huggingface.co/docs/hub/api and
 * https://huggingface.co/docs/dataset-viewer/parquet.
 *
 * @module
 */
import * as v from "valibot";
import { WeftError } from "../errors.ts";
import { readBytes } from "../formats/byte_stream.ts";
import type { Http, HttpResponse } from "../host.ts";

/** Where the hub answers, and who asks. */
export interface HubSettings {
  readonly http: Http;
  /** @default {"https://huggingface.co"} */
  readonly endpoint?: string;
  /** Opens models that are given out on request only; sent to the hub alone. */
  readonly token?: string;
}

/** A file that is read in ranges, as hyparquet wants it. */
export interface RangeFile {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

const MAX_JSON_BYTES = 64 * 1024 ** 2;
const MAX_RANGE_BYTES = 1024 ** 3;
const MAX_REDIRECTS = 5;

const ParquetFiles = v.array(v.string());

/** See the module. */
export class Hub {
  readonly #settings: HubSettings;
  readonly endpoint: string;

  constructor(settings: HubSettings) {
    this.#settings = settings;
    this.endpoint = settings.endpoint ?? "https://huggingface.co";
  }

  /**
   * A JSON file of a model, such as `tokenizer.json`.
   * @throws {WeftError} if it cannot be had, with what to do
   */
  async modelJson(model: string, file: string): Promise<unknown> {
    return await this.#json(
      `${this.endpoint}/${model}/resolve/main/${file}`,
      `${file} of ${model}`,
    );
  }

  /** Addresses of a dataset's Parquet files. */
  async parquetFiles(dataset: string, config: string, split: string): Promise<string[]> {
    const url = `${this.endpoint}/api/datasets/${dataset}/parquet/${config}/${split}`;
    const parsed = v.safeParse(ParquetFiles, await this.#json(url, `the files of ${dataset}`));
    if (parsed.success && parsed.output.length > 0) return parsed.output;
    throw new WeftError(`${url} lists no Parquet files: choose a text of your own with --data`);
  }

  /** A file that is read in ranges. */
  async rangeFile(url: string): Promise<RangeFile> {
    const { response, url: finalUrl } = await this.#ask(url, { range: "bytes=0-0" }, url);
    await readBytes(response.body, MAX_RANGE_BYTES, url);
    const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    if (total === undefined) throw new WeftError(`${url}: the server gives no parts of files`);
    const byteLength = Number(total);
    return {
      byteLength,
      slice: async (start, end = byteLength) => {
        const from = start < 0 ? byteLength + start : start;
        const range = `bytes=${from}-${end - 1}`;
        const bytes = await this.#bytes(finalUrl, { range }, `${range} of ${url}`, MAX_RANGE_BYTES);
        if (bytes.length === end - from) return bytes.slice().buffer;
        throw new WeftError(`${url}: expected ${end - from} bytes, got ${bytes.length}`);
      },
    };
  }

  async #json(url: string, what: string): Promise<unknown> {
    const bytes = await this.#bytes(url, {}, what, MAX_JSON_BYTES);
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      throw new WeftError(`${what}: ${url} gave no JSON`, { cause: error });
    }
  }

  async #bytes(
    url: string,
    headers: Readonly<Record<string, string>>,
    what: string,
    maxBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { response } = await this.#ask(url, headers, what);
    return await readBytes(response.body, maxBytes, what);
  }

  /** Follows the hub to where the file lies; the token stays with the hub. */
  async #ask(
    from: string,
    headers: Readonly<Record<string, string>>,
    what: string,
  ): Promise<{ response: HttpResponse; url: string }> {
    let url = from;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const own = new URL(url).origin === new URL(this.endpoint).origin;
      const { token } = this.#settings;
      const sent: Record<string, string> = { ...headers };
      if (own && token !== undefined) sent.authorization = `Bearer ${token}`;
      const response = await this.#settings.http({ method: "GET", url, headers: sent });
      if (response.status === 200 || response.status === 206) return { response, url };
      await readBytes(response.body, MAX_JSON_BYTES, what);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) {
        throw refused(what, response.status, token !== undefined);
      }
      url = new URL(location, url).href;
    }
    throw new WeftError(`${what}: ${from} sends from one address to the next without an end`);
  }
}

function refused(what: string, status: number, hasToken: boolean): WeftError {
  if (status !== 401 && status !== 403) {
    return new WeftError(`${what} cannot be had from the hub (status ${status}): try again later`);
  }
  const advice = hasToken
    ? "ask for access on its page, with the account of HF_TOKEN"
    : "set HF_TOKEN to a token of an account that has access";
  return new WeftError(`the hub does not give ${what} to all (status ${status}): ${advice}`);
}
