/**
 * What an orchestrator of Weft's tells of its swarm to everyone, so that a miner need not be told
 * with flags.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../core/errors.ts";
import { readBytes } from "../../core/formats/byte_stream.ts";
import type { Clock, Http } from "../../core/host.ts";
import { DASHBOARD_ROUTES } from "../../core/iota/orchestrator/dashboard_routes.ts";

/** The part of the overview that is about training; later versions may tell more. */
const Facts = v.pipe(
  v.object({
    version: v.string(),
    model: v.object({
      name: v.string(),
      parameters: v.number(),
      layers: v.number(),
      batch: v.number(),
      seq: v.number(),
    }),
    layers: v.pipe(v.array(v.object({ wantedBackwards: v.number() })), v.minLength(1)),
  }),
  v.transform(({ version, model, layers: [{ wantedBackwards }] }) => ({
    version,
    ...model,
    /** Backwards of a miner from one merge to the next. */
    batchesBeforeMerging: wantedBackwards,
  })),
);

/** See the module. */
export type SwarmFacts = v.InferOutput<typeof Facts>;

const MAX_BYTES = 16 * 1024 ** 2;
const TRIES = 5;
const PAUSE_MS = 2_000;
const TRY_MS = 20_000;

/**
 * Asks an orchestrator; undefined for one that tells nothing of the kind, as the published one.
 *
 * @param url `http://host:port`
 * @throws {WeftError} if nobody answers there
 */
export async function askFacts(
  url: string,
  { http, clock }: { readonly http: Http; readonly clock: Clock },
  signal: AbortSignal,
): Promise<SwarmFacts | undefined> {
  for (let attempt = 1;; attempt++) {
    const { status, text } = await askOnce(`${url}${DASHBOARD_ROUTES.overview.path}`, {
      ...{ http, clock },
      signal,
    });
    if (status === 200) return factsOf(text);
    // An orchestrator that starts says so with a status of this kind.
    if (status < 500) return undefined;
    if (attempt === TRIES) {
      throw new WeftError(`${url} answers with status ${status} only: try again later`);
    }
    await clock.sleep(PAUSE_MS, signal);
    signal.throwIfAborted();
  }
}

async function askOnce(
  url: string,
  { http, clock, signal }: {
    readonly http: Http;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<{ status: number; text: string }> {
  const settled = new AbortController();
  const late = new AbortController();
  void clock.sleep(TRY_MS, settled.signal).then(() => {
    if (!settled.signal.aborted) late.abort();
  });
  try {
    const { status, body } = await http({
      method: "GET",
      url,
      signal: AbortSignal.any([signal, late.signal]),
    });
    const bytes = await readBytes(body, MAX_BYTES, url);
    return { status, text: new TextDecoder().decode(bytes) };
  } catch (error) {
    signal.throwIfAborted();
    if (!late.signal.aborted) throw error;
    throw new WeftError(`${url} gave no answer within ${TRY_MS / 1000} s: is it an orchestrator?`);
  } finally {
    settled.abort();
  }
}

function factsOf(text: string): SwarmFacts | undefined {
  try {
    const read = v.safeParse(Facts, JSON.parse(text));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}
