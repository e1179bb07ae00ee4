/**
 * Names of objects. They become paths of files and of addresses, so only what means the same in both
 * is taken.
 *
 * @module
 */

import { Refusal } from "../api/service.ts";

/** Letters of a key. */
export const MAX_KEY_LETTERS = 512;

/** Neither empty nor hidden nor a way out of a folder, and short enough for a file's name. */
const STEP = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

/** Whether a text may name an object: steps of letters, digits, `.`, `_` and `-` with `/` between. */
export function isObjectKey(text: string): boolean {
  return text.length <= MAX_KEY_LETTERS && text.split("/").every((step) => STEP.test(step));
}

/**
 * Lets a key through.
 *
 * @throws {Refusal} 400 for a text that is none
 */
export function checkObjectKey(text: string): string {
  if (isObjectKey(text)) return text;
  throw new Refusal(
    400,
    `"${text.slice(0, 80)}" is no key of an object: expected up to ${MAX_KEY_LETTERS} letters, ` +
      "digits, dots, _ and - with / between names, none of which begins with a dot",
  );
}

/**
 * The key in what a miner reports: an address of the store, `s3://bucket/key`, or the key itself.
 *
 * @param storeUrl what comes before `/bucket/key` in the store's addresses
 */
export function keyOfAddress(
  address: string,
  storeUrl: string,
  bucket: string,
): string | undefined {
  const found = [`${storeUrl}/${bucket}/`, `s3://${bucket}/`].find((each) =>
    address.startsWith(each)
  );
  const key = found === undefined ? address : address.slice(found.length).split("?", 1)[0];
  return isObjectKey(key) ? key : undefined;
}
