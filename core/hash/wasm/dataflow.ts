/**
 * A computation as a graph of values. Building it folds constants, keeps equal values once, and
 * notes of each value whether it changes from candidate to candidate; what the result does not need
 * is left out when the program is read from it.
 *
 * @module
 */
import type { WordArithmetic } from "../words.ts";

/** How a value comes about. */
export type Operation = "add" | "xor" | "and" | "rotateRight" | "shiftRight";

/** How often a value changes: never, from scan to scan, with every candidate. */
export const LEVEL = { constant: 0, fixed: 1, varies: 2 } as const;

/** A value; operands have smaller ids. */
export type Value = Leaf | Result;

interface ValueBase {
  readonly id: number;
  /** One of {@linkcode LEVEL}. */
  readonly level: number;
}

/** A value that is given. */
export type Leaf =
  | ValueBase & { readonly kind: "constant"; readonly bits: bigint }
  /** Set before a scan. */
  | ValueBase & { readonly kind: "input"; readonly index: number }
  /** The candidate's entry of the inner table. */
  | ValueBase & { readonly kind: "entry" };

/** A value that is computed. */
export interface Result extends ValueBase {
  readonly kind: Operation;
  /** One, or two. */
  readonly operands: readonly Value[];
  /** Of a rotation or shift. */
  readonly bits: number;
}

/** What to compute once before a scan, and what for every candidate; each in a possible order. */
export interface Program {
  readonly once: readonly Value[];
  readonly varying: readonly Value[];
  /** How often the program uses each value, with one use for each result. */
  readonly uses: ReadonlyMap<Value, number>;
}

/** Values of one width. The methods need no `this`. */
export class Dataflow implements WordArithmetic<Value> {
  readonly #values = new Map<string, Value>();
  readonly #mask: bigint;

  /** @param width bits of a word */
  constructor(readonly width: 32 | 64) {
    this.#mask = 2n ** BigInt(width) - 1n;
  }

  readonly constant = (value: bigint): Value => {
    const bits = value & this.#mask;
    return this.#once(
      `constant ${bits}`,
      (id) => ({ kind: "constant", id, level: LEVEL.constant, bits }),
    );
  };

  /** The input of that index. */
  input(index: number): Value {
    return this.#once(`input ${index}`, (id) => ({ kind: "input", id, level: LEVEL.fixed, index }));
  }

  /** The candidate's entry of the inner table. */
  entry(): Value {
    return this.#once("entry", (id) => ({ kind: "entry", id, level: LEVEL.varies }));
  }

  /** Adds what changes more seldom first, so that it is added once. */
  readonly sum = (...terms: readonly Value[]): Value => {
    const ordered = terms.toSorted((x, y) => x.level - y.level);
    return ordered.reduce((left, right) => this.#operate("add", [left, right]));
  };

  readonly xor = (left: Value, right: Value): Value => this.#operate("xor", [left, right]);

  readonly and = (left: Value, right: Value): Value => this.#operate("and", [left, right]);

  readonly rotateRight = (word: Value, bits: number): Value =>
    this.#operate("rotateRight", [word], bits);

  readonly shiftRight = (word: Value, bits: number): Value =>
    this.#operate("shiftRight", [word], bits);

  #operate(kind: Operation, operands: readonly Value[], bits = 0): Value {
    const level = Math.max(...operands.map((operand) => operand.level));
    const constants = operands.flatMap((each) => each.kind === "constant" ? [each.bits] : []);
    if (level === LEVEL.constant) return this.constant(this.#fold(kind, constants, bits));
    if (constants[0] === 0n) {
      if (kind === "and") return this.constant(0n);
      const [other] = operands.filter((each) => each.level !== LEVEL.constant);
      return other;
    }
    // Engines keep the left operand's register for the result; what is still needed goes right.
    const ordered = operands.toSorted((x, y) => y.level - x.level);
    const ids = operands.map(({ id }) => id).toSorted((x, y) => x - y);
    return this.#once(
      `${kind} ${ids} ${bits}`,
      (id) => ({ kind, id, level, operands: ordered, bits }),
    );
  }

  #fold(kind: Operation, [x, y]: readonly bigint[], bits: number): bigint {
    switch (kind) {
      case "add":
        return x + y;
      case "xor":
        return x ^ y;
      case "and":
        return x & y;
      case "shiftRight":
        return x >> BigInt(bits);
      case "rotateRight":
        return x >> BigInt(bits) | x << BigInt(this.width - bits);
    }
  }

  #once(key: string, make: (id: number) => Value): Value {
    const value = this.#values.get(key) ?? make(this.#values.size);
    this.#values.set(key, value);
    return value;
  }
}

/** The operands of a value. */
export function operandsOf(value: Value): readonly Value[] {
  return "operands" in value ? value.operands : [];
}

/** What must be computed for some results, in the order in which it was first asked for. */
export function programFor(results: readonly Value[]): Program {
  const uses = new Map<Value, number>(results.map((result) => [result, 1]));
  // A Map visits what is added to it on the way.
  for (const [value] of uses) {
    for (const operand of operandsOf(value)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  }
  const ordered = [...uses.keys()].toSorted((x, y) => x.id - y.id);
  return {
    once: ordered.filter(({ level }) => level !== LEVEL.varies),
    varying: ordered.filter(({ level }) => level === LEVEL.varies),
    uses,
  };
}
