/**
 * Python's `str` of data, which body hashes are made of.
 *
 * @module
 */

import {
  isPythonList,
  type PythonData,
  PythonFloat,
  pythonFloat,
  pythonInteger,
} from "../../formats/python_json.ts";

/** `str(data)`: a text as it is; of a list or dict, the `repr` of all that is in it. */
export function pythonStr(data: PythonData): string {
  return typeof data === "string" ? data : pythonRepr(data);
}

function pythonRepr(data: PythonData): string {
  if (data === null) return "None";
  if (typeof data === "boolean") return data ? "True" : "False";
  if (typeof data === "bigint") return `${data}`;
  if (typeof data === "number") return pythonInteger(data);
  if (typeof data === "string") return quoted(data);
  if (data instanceof PythonFloat) return floatRepr(data.value);
  if (isPythonList(data)) return `[${data.map(pythonRepr).join(", ")}]`;
  const members = Object.entries(data).map(([key, value]) =>
    `${quoted(key)}: ${pythonRepr(value)}`
  );
  return `{${members.join(", ")}}`;
}

function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return pythonFloat(value);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
/** What `str.isprintable` refuses: categories Other and Separator but for the space. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** In single quotes, unless it holds some and no double ones. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const letters = [...text].map((letter) => {
    if (letter === quote) return `\\${letter}`;
    if (letter in SHORT_ESCAPES) return SHORT_ESCAPES[letter];
    return letter === " " || !UNPRINTABLE.test(letter) ? letter : escaped(letter);
  });
  return quote + letters.join("") + quote;
}

function escaped(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
