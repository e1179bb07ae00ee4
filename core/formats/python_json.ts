/**
 * JSON as Python's `json.dumps` writes it, byte for byte: for one network what is signed is such a
 * text, whatever was sent, and for another what Python itself would have sent.
 *
 * @module
 */

/** A number that Python has as a float and so writes with a point or an exponent: `2.0`, `1e-07`. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** Data as Python holds it. A number must be whole; a fraction is a {@linkcode PythonFloat}. */
export type PythonData =
  | null
  | boolean
  | number
  | bigint
  | string
  | PythonFloat
  | readonly PythonData[]
  | { readonly [key: string]: PythonData };

/** Arguments of `json.dumps`. */
export interface JsonStyle {
  /** `sort_keys`: by code point. */
  readonly sorted: boolean;
  /** `ensure_ascii`: all but printable ASCII is escaped. */
  readonly ascii: boolean;
  /** `separators=(",", ":")` rather than `", "` and `": "`. */
  readonly compact: boolean;
}

const SORTED: JsonStyle = { sorted: true, ascii: true, compact: false };

/**
 * The text of some data.
 *
 * @param style of `json.dumps(data, sort_keys=True)` unless another is given
 * @throws {TypeError} for a number with a fraction, or too large to be exact
 */
export function pythonJson(data: PythonData, style: JsonStyle = SORTED): string {
  if (data === null || typeof data === "boolean" || typeof data === "bigint") return `${data}`;
  if (typeof data === "string") return style.ascii ? asciiString(data) : JSON.stringify(data);
  if (typeof data === "number") return pythonInteger(data);
  if (data instanceof PythonFloat) return pythonFloat(data.value);
  const [comma, colon] = style.compact ? [",", ":"] : [", ", ": "];
  const text = (item: PythonData): string => pythonJson(item, style);
  if (isPythonList(data)) return `[${data.map(text).join(comma)}]`;
  const keys = style.sorted ? Object.keys(data).sort(compareCodePoints) : Object.keys(data);
  return `{${keys.map((key) => text(key) + colon + text(data[key])).join(comma)}}`;
}

/** `Array.isArray` does not know of readonly arrays. */
export function isPythonList(data: PythonData): data is readonly PythonData[] {
  return Array.isArray(data);
}

/** Digits of a whole number. @throws {TypeError} if it is none, or not exact */
export function pythonInteger(value: number): string {
  if (Number.isSafeInteger(value)) return `${value === 0 ? 0 : value}`;
  throw new TypeError(`${value} is no whole number that is exact: use PythonFloat or a bigint`);
}

/**
 * A float in JSON, and finite ones as `repr` writes them: the shortest digits that read back, with an
 * exponent below 1e-4 and from 1e16.
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const [, sign, first, rest = "", exponentText] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/
    .exec((Object.is(value, -0) ? "-" : "") + value.toExponential()) ?? [];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const digits = `${Math.abs(exponent)}`.padStart(2, "0");
    return `${sign}${first}${rest && `.${rest}`}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest}`;
  const whole = (first + rest).slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${rest.slice(exponent) || "0"}`;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

/** A character beyond the first plane is two UTF-16 units, each escaped, as Python does too. */
function asciiString(text: string): string {
  const escaped = text.replaceAll(
    /["\\]|[^ -~]/g,
    (unit) => SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** By code point, where `sort` alone goes by UTF-16 unit. */
function compareCodePoints(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at].codePointAt(0) ?? 0) - (b[at].codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
