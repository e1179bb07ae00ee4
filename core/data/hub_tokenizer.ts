/**
 * The tokenizer of a model on the hub.
 *
 * @module
 */
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import * as v from "valibot";
import { WeftError } from "../errors.ts";
import type { Hub } from "./hub.ts";
import type { Tokenizer } from "./tokenizer.ts";

const TokenizerFile = v.looseObject({
  model: v.looseObject({ vocab: v.record(v.string(), v.number()) }),
  added_tokens: v.optional(v.array(v.looseObject({ id: v.number(), content: v.string() })), []),
});
const TokenizerConfig = v.looseObject({
  eos_token: v.union([v.string(), v.looseObject({ content: v.string() })]),
});

/**
 * Loads a tokenizer; `encode` adds no special tokens, as the published miner wants it.
 * @throws {WeftError} if the hub does not give it, or it is of a kind that is not known
 */
export async function loadHubTokenizer(hub: Hub, model: string): Promise<Tokenizer> {
  const [file, config] = await Promise.all([
    hub.modelJson(model, "tokenizer.json"),
    hub.modelJson(model, "tokenizer_config.json"),
  ]);
  const parsed = v.safeParse(v.tuple([TokenizerFile, TokenizerConfig]), [file, config]);
  if (!parsed.success) {
    throw new WeftError(
      `the tokenizer of ${model} has an unknown form: ${parsed.issues[0].message}`,
    );
  }
  const [{ model: { vocab }, added_tokens }, { eos_token }] = parsed.output;
  const tokenizer = new HubTokenizer(parsed.output[0], parsed.output[1]);
  const endOfText = tokenizer.token_to_id(
    typeof eos_token === "string" ? eos_token : eos_token.content,
  );
  if (endOfText === undefined) {
    throw new WeftError(`the tokenizer of ${model} has no id for its end-of-text token`);
  }
  return {
    vocabSize: 1 + Math.max(...idsOf(vocab), ...added_tokens.map(({ id }) => id)),
    endOfText,
    encode: (text) =>
      Int32Array.from(tokenizer.encode(text, { add_special_tokens: false }).ids)
        .filter((id) => id !== endOfText),
    decode: (ids) => tokenizer.decode(Array.from(ids), { skip_special_tokens: true }),
  };
}

/** The highest id only: a call with all of them would be too long. */
function idsOf(vocab: Record<string, number>): number[] {
  let highest = -1;
  for (const id of Object.values(vocab)) highest = Math.max(highest, id);
  return [highest];
}
