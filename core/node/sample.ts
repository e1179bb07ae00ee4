/**
 * Text that a model writes.
 *
 * @module
 */
import type { Tokenizer } from "../data/tokenizer.ts";
import type { Pipeline } from "../model/pipeline.ts";

/** How text is sampled. */
export interface SampleOptions {
  prompt: string;
  /** Tokens to write. */
  length: number;
  /** Below 1 prefers likely tokens. */
  temperature: number;
  /** Numbers from 0 to 1. */
  random: () => number;
  signal: AbortSignal;
}

/** Continues a prompt token by token, each with as much context as the pipeline's T allows. */
export async function sampleText(
  pipeline: Pipeline,
  tokenizer: Tokenizer,
  { prompt, length, temperature, random, signal }: SampleOptions,
): Promise<string> {
  const { seq, model } = pipeline.options;
  const tokens = [...tokenizer.encode(prompt)];
  for (let written = 0; written < length && !signal.aborted; written++) {
    const context = Int32Array.from(tokens.slice(-seq));
    const logits = await pipeline.logits(context);
    const row = logits.subarray((context.length - 1) * model.V, context.length * model.V);
    const vocabulary = row.subarray(0, tokenizer.vocabSize);
    const token = pick(vocabulary, temperature, random());
    if (token === tokenizer.endOfText) break;
    tokens.push(token);
  }
  return tokenizer.decode(Int32Array.from(tokens));
}

/** The token at `place` (0 to 1) of the cumulated softmax. */
function pick(logits: Float32Array, temperature: number, place: number): number {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const weights = Array.from(logits, (logit) => Math.exp((logit - highest) / temperature));
  let left = place * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (left -= weight) <= 0);
  return found < 0 ? weights.length - 1 : found;
}
