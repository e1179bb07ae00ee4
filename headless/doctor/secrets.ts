/**
 * Tells what must not be shown, and takes it out of texts.
 *
 * @module
 */

import type { Variables } from "../env_file.ts";

const SECRET_NAME =
  /TOKEN|SECRET|PASSW|PASSPHRASE|MNEMONIC|SEED|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_?KEY|_PW(_|$)/i;
/** A seed or private key in hex, or the words of a mnemonic. */
const SECRET_VALUE = /^(0x)?([0-9a-f]{64}|[0-9a-f]{128})$|^([a-z]{3,8}\s+){11,}[a-z]{3,8}$/i;
/** A shorter secret would be found within harmless words. */
const LEAST_LENGTH = 4;
/** A shorter part of a path is a name, such as `public-ws`. */
const LEAST_PATH_KEY_LENGTH = 16;

/** Whether a variable holds what only its owner may know. */
export function isSecret(name: string, value: string): boolean {
  return value !== "" && (SECRET_NAME.test(name) || SECRET_VALUE.test(value.trim()));
}

/** The values of all variables that are secret, and what is secret in those that are addresses. */
export function secretsIn(variables: Variables): string[] {
  return Object.entries(variables).flatMap(([name, value = ""]) => {
    if (isSecret(name, value)) return [value];
    return /^(wss?|https?):/.test(value) && URL.canParse(value) ? secretsOfUrl(new URL(value)) : [];
  });
}

/** What of an endpoint's address may be a key to it: password, path and query. */
export function secretsOfUrl({ username, password, pathname, search, hash }: URL): string[] {
  const pathKeys = pathname.split("/").filter((part) => part.length >= LEAST_PATH_KEY_LENGTH);
  return [username, password, search, hash, ...pathKeys].filter((part) => part !== "");
}

/** A function that puts `…` for each secret, and for what would steer the terminal. */
export function hider(secrets: readonly string[]): (text: string) => string {
  const longestFirst = [...new Set(secrets)].filter((each) => each.length >= LEAST_LENGTH)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const hidden = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
    return hidden.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ");
  };
}
