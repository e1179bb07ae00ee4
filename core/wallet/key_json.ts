/**
 * Reading the fields of a keyfile's JSON, of every era.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { WeftError } from "../errors.ts";
import { isAddress, PUBLIC_KEY_BYTES } from "./address.ts";
import type { KeySecrets } from "./keypair.ts";
import { MINI_SECRET_BYTES } from "./mnemonic.ts";
import { SECRET_KEY_BYTES } from "./secret_key.ts";

/** What a keyfile states, decoded; undefined is what it leaves out. */
export interface KeyFields {
  readonly accountId: Uint8Array | undefined;
  readonly publicKey: Uint8Array | undefined;
  readonly ss58Address: string | undefined;
  readonly secrets: Partial<KeySecrets>;
}

/** btwallet's reader refuses any value that is neither a text nor null, whatever its key. */
const Json = v.record(v.string(), v.nullable(v.string()));
const Text = v.nullish(v.string());
const Known = v.object({
  accountId: Text,
  publicKey: Text,
  privateKey: Text,
  secretPhrase: Text,
  secretSeed: Text,
  ss58Address: Text,
});
const PolkadotAccount = v.object({ encoded: v.string(), encoding: v.looseObject({}) });

/**
 * Reads a keyfile's JSON, or the bare `0x<public key>` of the oldest ones.
 *
 * A seed or private key that cannot be read is left out if there is another secret: btwallet's Rust
 * wrote some seeds as raw bytes, always together with the private key.
 *
 * @throws {WeftError} if it is no keyfile or all its secrets are malformed; shows nothing of it
 */
export function readKeyFields(bytes: Uint8Array): KeyFields {
  const text = decodeUtf8(bytes).trim();
  if (/^0x[0-9a-f]{64}$/i.test(text)) return barePublicKey(text);
  const fields = knownFields(parseJson(text));
  const { ss58Address } = fields;
  if (typeof ss58Address === "string" && !isAddress(ss58Address)) {
    throw fault("its ss58Address is no address");
  }
  const read = {
    accountId: publicKeyField("accountId", fields.accountId),
    publicKey: publicKeyField("publicKey", fields.publicKey),
    ss58Address: ss58Address ?? undefined,
    secrets: readSecrets(fields),
  };
  if (
    Object.values({ ...read, ...read.secrets, secrets: undefined }).every((x) => x === undefined)
  ) {
    throw fault("it holds no key");
  }
  return read;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw fault("it is no text in UTF-8");
  }
}

function barePublicKey(text: string): KeyFields {
  return {
    accountId: undefined,
    publicKey: hexToBytes(text.slice(2)),
    ss58Address: undefined,
    secrets: {},
  };
}

/** The error of `JSON.parse` quotes what it read, so it goes no further. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (text === "") throw fault("it is empty");
    throw fault(
      text.startsWith("{") ? "its JSON is cut short or damaged" : "it is no JSON object",
    );
  }
}

function knownFields(json: unknown): v.InferOutput<typeof Known> {
  if (v.is(PolkadotAccount, json)) {
    throw fault(
      "it is an account exported from polkadot-js: import it with regen_hotkey --json-file",
    );
  }
  if (!v.is(Json, json) || Array.isArray(json)) {
    throw fault("expected is one JSON object whose values are texts or null");
  }
  return v.parse(Known, json);
}

function publicKeyField(name: string, text: string | null | undefined): Uint8Array | undefined {
  if (text === null || text === undefined) return undefined;
  const bytes = readHex(text, PUBLIC_KEY_BYTES);
  if (bytes === undefined) {
    throw fault(`its ${name} is not 0x and ${2 * PUBLIC_KEY_BYTES} hex digits`);
  }
  return bytes;
}

function readSecrets(fields: v.InferOutput<typeof Known>): Partial<KeySecrets> {
  const secretPhrase = fields.secretPhrase ?? undefined;
  const secretSeed = readHex(fields.secretSeed, MINI_SECRET_BYTES);
  const privateKey = readHex(fields.privateKey, SECRET_KEY_BYTES);
  if (secretPhrase === undefined && secretSeed === undefined && privateKey === undefined) {
    refuseMalformed(fields);
  }
  return { secretPhrase, secretSeed, privateKey };
}

/** There are no secrets, or none that can be read. */
function refuseMalformed({ secretSeed, privateKey }: v.InferOutput<typeof Known>): void {
  if (typeof secretSeed === "string") {
    throw fault(
      `its secretSeed is not 0x and ${
        2 * MINI_SECRET_BYTES
      } hex digits (some versions of btwallet ` +
        "wrote raw bytes there) and it holds no other secret: restore the key from its mnemonic",
    );
  }
  if (typeof privateKey === "string") {
    throw fault(`its privateKey is not 0x and ${2 * SECRET_KEY_BYTES} hex digits`);
  }
}

/** As btwallet reads it, `0x` may be there or not. Undefined if it is not hex of this length. */
function readHex(
  text: string | null | undefined,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  const digits = /^(?:0x)*([0-9a-f]*)$/i.exec(text ?? "")?.[1];
  return digits?.length === 2 * length ? new Uint8Array(hexToBytes(digits)) : undefined;
}

function fault(reason: string): WeftError {
  return new WeftError(`Not a usable keyfile: ${reason}.`);
}
