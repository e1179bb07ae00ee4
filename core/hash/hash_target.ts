/**
 * What a search looks for: a digest with its salt, in the lines that hashcat reads and writes.
 *
 * @module
 */

import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { UsageError } from "../errors.ts";
import { type Algorithm, HASH_MODES, type HashMode } from "./modes.ts";

/** A hash whose password is wanted. */
export interface HashTarget {
  readonly mode: HashMode;
  /** As many bytes as the mode's `digestBytes`. */
  readonly digest: Uint8Array;
  /** Empty in a mode without salt. */
  readonly salt: Uint8Array;
  /**
   * The line as hashcat prints it: lower-case hex, with signature. A salt that came as hex, or that
   * cannot be shown as text, is in hex.
   */
  readonly line: string;
}

/** The longest salt, in bytes. */
export const MAX_SALT_BYTES = 64;

/** What hashcat's lines open with. SHA lines open with the digest. */
const SIGNATURES: Record<Algorithm, string> = { blake2b: "$BLAKE2$", sha256: "" };

/** How much of a line an error shows. */
const SHOWN_CHARACTERS = 12;

/** hashcat's control characters are those of Unicode: 0 to 0x1f and 0x7f to 0x9f. */
const CONTROL = /\p{Cc}/u;

/**
 * Reads a line as hashcat does: signature, digest in hex of either case, and in a salted mode `:`
 * and the salt, which is all that follows, colons and spaces too. Only line ends are cut off. Unlike
 * hashcat, the signature may be missing.
 *
 * @param options.hexSalt as hashcat's `--hex-salt`: the salt is written in hex. @default {false}
 * @throws {UsageError} if the line is not one of this mode
 */
export function parseHashLine(
  typed: string,
  mode: HashMode,
  options: { hexSalt?: boolean } = {},
): HashTarget {
  const { hexSalt = false } = options;
  const text = withoutSignature(typed.replace(/[\r\n]+$/, ""), mode);
  const colon = text.indexOf(":");
  const digest = parseDigest(colon < 0 ? text : text.slice(0, colon), mode);
  const saltText = colon < 0 ? undefined : text.slice(colon + 1);
  const salt = parseSalt(saltText, mode, hexSalt);
  // Hex of either case becomes lower case; any other text stays as it came.
  const line = lineOf(mode, digest, hexSalt ? saltText?.toLowerCase() : saltText);
  return { mode, digest, salt, line };
}

/**
 * The target of a digest and a salt at hand as bytes; both are copied.
 *
 * @param salt empty in a mode without salt
 * @throws {RangeError} if one of them is too long or too short for the mode
 */
export function createTarget(mode: HashMode, digest: Uint8Array, salt: Uint8Array): HashTarget {
  if (digest.length !== mode.digestBytes) {
    throw new RangeError(`digest must hold ${mode.digestBytes} bytes, got ${digest.length}`);
  }
  checkSalt(mode, salt);
  const saltText = mode.salt === "none" ? undefined : printableText(salt) ?? bytesToHex(salt);
  const line = lineOf(mode, digest, saltText);
  return { mode, digest: digest.slice(), salt: salt.slice(), line };
}

/**
 * The digest of a password, computed on the CPU.
 *
 * @param salt empty in a mode without salt
 * @throws {RangeError} if the salt is longer than {@link MAX_SALT_BYTES} or the mode takes none
 */
export function hashOf(mode: HashMode, password: Uint8Array, salt: Uint8Array): Uint8Array {
  checkSalt(mode, salt);
  const message = mode.salt === "before"
    ? concatBytes(salt, password)
    : concatBytes(password, salt);
  return mode.algorithm === "blake2b"
    ? blake2b(message, { dkLen: mode.digestBytes })
    : sha256(message);
}

/** Whether a candidate is a password of the target, computed on the CPU. */
export function isPassword(target: HashTarget, candidate: Uint8Array): boolean {
  const digest = hashOf(target.mode, candidate, target.salt);
  return digest.every((byte, i) => byte === target.digest[i]);
}

/**
 * A candidate as hashcat writes a found password: its text, or `$HEX[…]` if it is not valid UTF-8,
 * has a control character or a colon, or could itself be read as `$HEX[…]`.
 *
 * Source: the output of hashcat 6.2.6 for every code point up to U+30FF and samples of the others.
 */
export function candidateText(candidate: Uint8Array): string {
  const text = printableText(candidate);
  const isPlain = text !== undefined && !text.includes(":") &&
    !/^\$HEX\[([0-9a-fA-F]{2})*\]$/.test(text);
  return isPlain ? text : `$HEX[${bytesToHex(candidate)}]`;
}

/** The text of UTF-8 bytes without control characters, undefined for other bytes. */
function printableText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function withoutSignature(line: string, mode: HashMode): string {
  if (line === "") throw new UsageError(`the hash line is empty: write ${formOf(mode)}`);
  const signature = SIGNATURES[mode.algorithm];
  if (!line.startsWith("$")) return line;
  if (signature !== "" && line.startsWith(signature)) return line.slice(signature.length);
  const others = HASH_MODES.filter(({ algorithm }) =>
    SIGNATURES[algorithm] !== "" && line.startsWith(SIGNATURES[algorithm])
  );
  const belongs = others.length === 0
    ? "which no mode knows"
    : `the signature of modes ${others.map(({ number }) => number).join(", ")}`;
  throw new UsageError(
    `the hash line begins with ${shown(line.slice(0, SHOWN_CHARACTERS))}, ${belongs}: mode ` +
      `${mode.number} reads ${formOf(mode)}`,
  );
}

function parseDigest(hex: string, mode: HashMode): Uint8Array {
  checkHex(hex, "the digest");
  if (hex.length !== 2 * mode.digestBytes) {
    throw new UsageError(
      `the digest has ${hex.length} hex digits, expected ${2 * mode.digestBytes}: mode ` +
        `${mode.number} reads ${formOf(mode)}`,
    );
  }
  return hexToBytes(hex);
}

/** @param text what stands after the first colon, undefined without a colon */
function parseSalt(text: string | undefined, mode: HashMode, isHex: boolean): Uint8Array {
  if (mode.salt === "none") {
    if (text === undefined) return new Uint8Array();
    const salted = HASH_MODES.filter(({ algorithm, salt }) =>
      algorithm === mode.algorithm && salt !== "none"
    );
    throw new UsageError(
      `the digest is followed by a salt, but mode ${mode.number} takes none: cut it off or use ` +
        `mode ${salted.map(({ number }) => number).join(" or ")}`,
    );
  }
  if (text === undefined) {
    throw new UsageError(
      `mode ${mode.number} needs a salt: write ${
        formOf(mode)
      }, or just the colon for an empty salt`,
    );
  }
  const salt = isHex ? parseHexSalt(text) : new TextEncoder().encode(text);
  if (salt.length <= MAX_SALT_BYTES && text.isWellFormed()) return salt;
  throw new UsageError(
    salt.length > MAX_SALT_BYTES
      ? `the salt is ${salt.length} bytes long, expected ${MAX_SALT_BYTES} at most`
      : "the salt is not valid Unicode: write it in hex and say so",
  );
}

function parseHexSalt(hex: string): Uint8Array {
  checkHex(hex, "the salt");
  if (hex.length % 2 === 0) return hexToBytes(hex);
  throw new UsageError(
    `the salt has an odd number of hex digits, ${hex.length}: write every byte as two digits`,
  );
}

function checkHex(text: string, name: string): void {
  const characters = [...text];
  const bad = characters.findIndex((character) => !/^[0-9a-f]$/i.test(character));
  if (bad < 0) return;
  throw new UsageError(
    `character ${bad + 1} of ${name} is ${shown(characters[bad])}: expected only hex digits`,
  );
}

function checkSalt(mode: HashMode, salt: Uint8Array): void {
  const max = mode.salt === "none" ? 0 : MAX_SALT_BYTES;
  if (salt.length <= max) return;
  throw new RangeError(
    `salt of mode ${mode.number} must hold ${max} bytes at most, got ${salt.length}`,
  );
}

function lineOf(mode: HashMode, digest: Uint8Array, saltText: string | undefined): string {
  const hash = SIGNATURES[mode.algorithm] + bytesToHex(digest);
  return saltText === undefined ? hash : `${hash}:${saltText}`;
}

/** The form of a mode's lines, in words: "$BLAKE2$ and 128 hex digits, then :SALT". */
function formOf(mode: HashMode): string {
  const signature = SIGNATURES[mode.algorithm];
  return (signature === "" ? "" : `${signature} and `) + `${2 * mode.digestBytes} hex digits` +
    (mode.salt === "none" ? "" : ", then :SALT");
}

/** Text in quotes, with nothing in it that breaks the one line of an error. */
function shown(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
