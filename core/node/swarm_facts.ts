/**
 * What an orchestrator of Weft's tells of its swarm to everyone, so that miners and validators need
 * not be told with flags.
 *
 * @module
 */

import * as v from "valibot";
import { UsageError, WeftError } from "../errors.ts";
import { readBytes } from "../formats/byte_stream.ts";
import type { Clock, Http } from "../host.ts";
import { DASHBOARD_ROUTES } from "../iota/orchestrator/dashboard_routes.ts";
import { LayerView, Overview } from "../iota/orchestrator/overview.ts";
import type { TrainingSettings } from "../iota/orchestrator/settings.ts";
import { parseModelConfig } from "../model/config.ts";
import { countParameters } from "../model/presets.ts";

/** Whether it is an overview at all. */
const AnyOverview = v.object({
  version: v.string(),
  model: v.looseObject({}),
  layers: v.pipe(v.array(v.unknown()), v.minLength(1)),
});

/** The part of it that is about training; later versions may tell more. */
const Facts = v.object({
  ...v.pick(Overview, ["model", "training"]).entries,
  layers: v.array(v.pick(LayerView, ["wantedBackwards"])),
});

/** What the swarm trains, as its orchestrator tells. */
export interface SwarmFacts extends Omit<TrainingSettings, "cacheTimeoutMs"> {
  /** Decides the fresh weights; null if the orchestrator tells none. */
  readonly seed: number | null;
}

/** Tokens of one batch beyond which it is none. */
const MOST_TOKENS = 2 ** 24;
/** Letters of a foreign message that are shown. */
const SHOWN_LETTERS = 200;

const MAX_BYTES = 16 * 1024 ** 2;
const TRIES = 5;
const PAUSE_MS = 2_000;
const TRY_MS = 20_000;

/**
 * Asks an orchestrator; undefined for one that tells nothing of the kind, as the published one.
 *
 * @param url `http://host:port`
 * @throws {UsageError} if it tells numbers that no swarm has
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
    if (status === 200) return factsOf(text, url);
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

/** @throws {UsageError} if it is an overview of which nothing can be made */
function factsOf(text: string, url: string): SwarmFacts | undefined {
  const json = jsonOf(text);
  if (!v.is(AnyOverview, json)) return undefined;
  const read = v.safeParse(Facts, json);
  if (!read.success) {
    const [issue] = read.issues;
    throw unusable(url, `${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`);
  }
  const { model: told, training, layers: [{ wantedBackwards }] } = read.output;
  const { model: fields, ...settings } = training;
  const model = parseModelConfig(fields, `of ${url}`);
  const { batch, seq } = told;
  const facts = { ...settings, ...{ model, batch, seq, globalOptimizerSteps: wantedBackwards } };
  const fault = contradiction(facts, told);
  if (fault !== undefined) throw unusable(url, fault);
  return facts;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the overview does not agree with itself, or nothing could be trained by it. */
function contradiction(
  { model, batch, seq, localOptimizerSteps, globalOptimizerSteps }: SwarmFacts,
  told: Overview["model"],
): string | undefined {
  const [layers, parameters] = [model.splits.length, countParameters(model)];
  if (layers !== told.layers) return `${told.layers} layers of a model that is cut into ${layers}`;
  if (parameters !== told.parameters) {
    return `${told.parameters} parameters of a model that has ${parameters}`;
  }
  if (batch * seq > MOST_TOKENS) return `a batch of ${batch} samples of ${seq} tokens`;
  return localOptimizerSteps > globalOptimizerSteps
    ? `${localOptimizerSteps} backwards before a step, of ${globalOptimizerSteps} before a merge`
    : undefined;
}

/** What a stranger wrote is shown without what steers a terminal. */
function unusable(url: string, what: string): UsageError {
  const shown = what.replace(/\p{C}/gu, "?").slice(0, SHOWN_LETTERS);
  return new UsageError(
    `${url} tells of its swarm what cannot be (${shown}): is it an orchestrator of this version?`,
  );
}
