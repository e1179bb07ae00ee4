/**
 * Batches of tokens for layer 0: of the user's texts, of the book that is always there, or of a
 * dataset on the Hugging Face hub.
 *
 * @module
 */

import { buildCorpus } from "../data/corpus.ts";
import { Hub } from "../data/hub.ts";
import { hubTexts } from "../data/hub_texts.ts";
import { loadHubTokenizer } from "../data/hub_tokenizer.ts";
import { packedBatches } from "../data/packed_batches.ts";
import { BatchCursor } from "../data/packing.ts";
import { byteTokenizer, type Tokenizer } from "../data/tokenizer.ts";
import { UsageError, WeftError } from "../errors.ts";
import { type HostTensor, int64Tensor } from "../formats/dtype.ts";
import type { Clock, Http, Log } from "../host.ts";
import type { TrainingSettings } from "../iota/orchestrator/settings.ts";

/** The tokenizer of the published models, and how many ids it has. */
const PUBLISHED_TOKENIZER = { name: "meta-llama/Llama-3.2-1B", vocabSize: 128256 };
/** The tokenizer that is no model's. */
const BYTES = "bytes";
/** Before a text that broke off is opened anew. */
const REOPEN_MS = 30_000;

/** Which texts. */
export interface TextSettings {
  readonly training: Pick<TrainingSettings, "model" | "batch" | "seq">;
  /** Reads the user's own; undefined for what suits the tokenizer. */
  readonly ownDocuments: (() => Promise<readonly string[]>) | undefined;
  /** `bytes` or a model of the hub; undefined for what suits the model. */
  readonly tokenizer: string | undefined;
  readonly dataset: string;
  /** For the hub. */
  readonly token: string | undefined;
  /** Decides which texts come when: each miner should have its own. */
  readonly seed: number;
}

/** Batches of tokens (B·T) that follow one another. */
export type TokenRows = AsyncIterator<ArrayLike<number>>;

/** The tokenizer's name where none was given. */
export function tokenizerFor({ training, tokenizer }: TextSettings): string {
  if (tokenizer !== undefined) return tokenizer;
  return training.model.V < PUBLISHED_TOKENIZER.vocabSize ? BYTES : PUBLISHED_TOKENIZER.name;
}

/** Batches for a miner. Nothing is opened before the first is asked for. */
export class TokenBatches {
  #rows: TokenRows | undefined;
  #hasGiven = false;
  #opened = 0;

  /** @param open gets the number of times that it was called before, to begin elsewhere */
  constructor(
    readonly shape: Pick<TrainingSettings, "batch" | "seq">,
    readonly open: (opened: number) => Promise<TokenRows>,
    readonly reach: { readonly clock: Clock; readonly log: Log },
  ) {}

  /**
   * The next batch, int64 (B, T). Undefined if the texts broke off: they are opened anew after a
   * while, which this call waits.
   *
   * @throws {WeftError} if there has been none yet and they cannot be had; says what to do
   */
  async next(signal: AbortSignal): Promise<HostTensor | undefined> {
    const { shape: { batch, seq }, reach: { clock, log } } = this;
    try {
      this.#rows ??= await this.open(this.#opened++);
      const { value, done } = await this.#rows.next();
      if (done) throw new WeftError("the texts have come to an end");
      this.#hasGiven = true;
      return int64Tensor([batch, seq], value);
    } catch (error) {
      if (!(error instanceof WeftError) || !this.#hasGiven) throw error;
      log.warn(`${error.message} (the texts are opened anew in ${REOPEN_MS / 1000} s)`);
      this.#rows = undefined;
      await clock.sleep(REOPEN_MS, signal);
      return undefined;
    }
  }
}

/**
 * Opens texts, whose batches have no end.
 *
 * @param opened times that they were opened before: they begin elsewhere each time
 * @throws {UsageError} if texts, tokenizer and model do not fit together
 * @throws {WeftError} if the hub does not give what is needed
 */
export async function openTexts(
  settings: TextSettings,
  http: Http,
  opened = 0,
): Promise<TokenRows> {
  const { ownDocuments = bookDocuments, dataset, token, training: { batch, seq } } = settings;
  const seed = settings.seed + opened;
  const hub = new Hub(token === undefined ? { http } : { http, token });
  const name = tokenizerFor(settings);
  const tokenizer = name === BYTES ? byteTokenizer : await loadHubTokenizer(hub, name);
  checkVocabulary(settings, name, tokenizer);
  if (ownDocuments === bookDocuments && name !== BYTES) {
    return packedBatches(hubTexts(hub, { dataset, seed }), tokenizer, batch * seq);
  }
  const documents = await ownDocuments();
  const { training } = buildCorpus(documents, tokenizer, { validationFraction: 0 });
  return cursorBatches(new BatchCursor(training, { batchSize: batch, sampleLength: seq, seed }));
}

/** The book that is always there, loaded only where it is read. */
async function bookDocuments(): Promise<readonly string[]> {
  const { mobyDickDocuments } = await import("../data/moby_dick.ts");
  return mobyDickDocuments();
}

/** @throws {UsageError} for a tokenizer with more ids than the model has rows */
function checkVocabulary(
  { training: { model } }: TextSettings,
  name: string,
  { vocabSize }: Tokenizer,
): void {
  if (vocabSize <= model.V) return;
  throw new UsageError(
    `model ${model.name} has a vocab_size of ${model.V}, tokenizer ${name} needs ${vocabSize}: ` +
      "choose the model's own with --tokenizer",
  );
}

async function* cursorBatches(cursor: BatchCursor): AsyncGenerator<Int32Array, never> {
  for (;;) yield await Promise.resolve(cursor.nextBatch().tokens);
}
