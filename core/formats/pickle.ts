/**
 * A pickle machine without powers: it turns the opcodes torch writes into a tree of plain data.
 * Functions are never called and names never resolved; both only appear as nodes of the tree, and a
 * name outside the caller's list ends the reading.
 *
 * Source: CPython's Lib/pickletools.py, which describes every opcode.
 *
 * @module
 */

import { WeftError } from "../errors.ts";

/** What a pickle holds, as data. */
export type PickleValue =
  | number
  | string
  | boolean
  | null
  | readonly PickleValue[]
  | PickleNode;

/** A part of a pickle that is no plain value. */
export type PickleNode =
  /** The name of a class or function, module and name joined by a dot. */
  | { readonly kind: "global"; readonly name: string }
  /** A function applied to arguments. */
  | { readonly kind: "call"; readonly target: PickleValue; readonly args: PickleValue }
  /** Something kept outside of the pickle. */
  | { readonly kind: "persistent"; readonly id: PickleValue }
  /** An empty list or dictionary. */
  | { readonly kind: "empty" };

/** Whether a value is a tuple. */
export function isTuple(value: PickleValue): value is readonly PickleValue[] {
  return Array.isArray(value);
}

/** Whether a value is a node of a certain kind. */
export function isNode<K extends PickleNode["kind"]>(
  value: PickleValue,
  kind: K,
): value is Extract<PickleNode, { kind: K }> {
  return typeof value === "object" && value !== null && !isTuple(value) && value.kind === kind;
}

const MAX_PICKLE_BYTES = 64 * 1024;
const MAX_STACK_DEPTH = 64;
const MARK = Symbol("mark");

/**
 * Reads a pickle of protocol 2 to 5.
 *
 * @param allowedGlobals the names, as `module.name`, that may appear
 * @throws {WeftError} on an unknown opcode, a name not allowed, a stack deeper than 64, more than
 *   64 KiB, or a pickle that is cut short
 */
export function readPickle(bytes: Uint8Array, allowedGlobals: ReadonlySet<string>): PickleValue {
  if (bytes.length > MAX_PICKLE_BYTES) {
    throw fault(`it has ${bytes.length} bytes, at most ${MAX_PICKLE_BYTES} are allowed`);
  }
  return new PickleMachine(bytes, allowedGlobals).run();
}

class PickleMachine {
  readonly #view: DataView;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #position = 0;

  constructor(readonly bytes: Uint8Array, readonly allowedGlobals: ReadonlySet<string>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  run(): PickleValue {
    const [proto, version] = this.#take(2);
    if (proto !== 0x80 || version < 2 || version > 5) throw fault("its protocol is not 2 to 5");
    for (;;) {
      const opcode = this.#take(1)[0];
      if (opcode === 0x2e) break; // STOP
      this.#step(opcode);
      if (this.#stack.length > MAX_STACK_DEPTH) {
        throw fault(`its stack grows beyond ${MAX_STACK_DEPTH} values`);
      }
    }
    const result = this.#pop();
    if (this.#stack.length > 0) throw fault("values are left over at its end");
    return result;
  }

  #step(opcode: number): void {
    const constant = CONSTANTS.get(opcode);
    if (constant !== undefined) return this.#push(constant);
    switch (opcode) {
      case 0x28: // MARK
        this.#stack.push(MARK);
        return;
      case 0x95: // FRAME
        this.#take(8);
        return;
      case 0x63: // GLOBAL
        return this.#pushGlobal(this.#line(), this.#line());
      case 0x93: { // STACK_GLOBAL
        const name = this.#popString();
        return this.#pushGlobal(this.#popString(), name);
      }
      case 0x74: // TUPLE
        return this.#push(this.#popToMark());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push(this.#popMany(opcode - 0x84));
      case 0x51: // BINPERSID
        return this.#push({ kind: "persistent", id: this.#pop() });
      case 0x52: { // REDUCE
        const args = this.#pop();
        return this.#push({ kind: "call", target: this.#pop(), args });
      }
      default:
        if (!this.#literal(opcode) && !this.#remember(opcode)) {
          const hex = opcode.toString(16).padStart(2, "0");
          throw fault(`opcode 0x${hex} is not one that a tensor needs`);
        }
    }
  }

  /** Numbers and strings. Returns whether the opcode was one. */
  #literal(opcode: number): boolean {
    switch (opcode) {
      case 0x4b: // BININT1
        this.#push(this.#view.getUint8(this.#advance(1)));
        return true;
      case 0x4d: // BININT2
        this.#push(this.#view.getUint16(this.#advance(2), true));
        return true;
      case 0x4a: // BININT
        this.#push(this.#view.getInt32(this.#advance(4), true));
        return true;
      case 0x8a: // LONG1
        this.#push(longToNumber(this.#take(this.#take(1)[0])));
        return true;
      case 0x8c: // SHORT_BINUNICODE
        this.#push(decodeText(this.#take(this.#take(1)[0])));
        return true;
      case 0x58: // BINUNICODE
        this.#push(decodeText(this.#take(this.#view.getUint32(this.#advance(4), true))));
        return true;
      default:
        return false;
    }
  }

  /** The memo, through which a pickle refers to a value twice. Returns whether it was an opcode. */
  #remember(opcode: number): boolean {
    switch (opcode) {
      case 0x71: // BINPUT
        this.#memo.set(this.#take(1)[0], this.#peek());
        return true;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#view.getUint32(this.#advance(4), true), this.#peek());
        return true;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#peek());
        return true;
      case 0x68: // BINGET
        this.#push(this.#recall(this.#take(1)[0]));
        return true;
      case 0x6a: // LONG_BINGET
        this.#push(this.#recall(this.#view.getUint32(this.#advance(4), true)));
        return true;
      default:
        return false;
    }
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw fault("it refers to a value that it never stored");
    return value;
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pushGlobal(module: string, name: string): void {
    const fullName = `${module}.${name}`;
    if (!this.allowedGlobals.has(fullName)) {
      throw fault(`it asks for ${JSON.stringify(fullName)}, which is not allowed`);
    }
    this.#push({ kind: "global", name: fullName });
  }

  #peek(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw fault("it takes a value from an empty stack");
    return value;
  }

  #pop(): PickleValue {
    const value = this.#peek();
    this.#stack.pop();
    return value;
  }

  #popString(): string {
    const value = this.#pop();
    if (typeof value !== "string") throw fault("the name of a global is not a string");
    return value;
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw fault("a tuple has no beginning");
    const values = this.#popMany(this.#stack.length - mark - 1);
    this.#stack.pop();
    return values;
  }

  /** Moves on by `count` bytes and returns where they start. */
  #advance(count: number): number {
    const start = this.#position;
    if (start + count > this.bytes.length) throw fault("it is cut short");
    this.#position = start + count;
    return start;
  }

  #take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.bytes.subarray(start, start + count);
  }

  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw fault("it is cut short");
    const text = decodeText(this.#take(end - this.#position));
    this.#advance(1);
    return text;
  }
}

/** Opcodes that push a value and read nothing. */
const CONSTANTS: ReadonlyMap<number, PickleValue> = new Map<number, PickleValue>([
  [0x4e, null], // NONE
  [0x88, true], // NEWTRUE
  [0x89, false], // NEWFALSE
  [0x29, []], // EMPTY_TUPLE
  [0x7d, { kind: "empty" }], // EMPTY_DICT
  [0x5d, { kind: "empty" }], // EMPTY_LIST
]);

/** A two's complement integer, least significant byte first; no bytes mean 0. */
function longToNumber(bytes: Uint8Array): number {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  const number = Number(BigInt.asIntN(bytes.length * 8, value));
  if (!Number.isSafeInteger(number)) throw fault("a number in it is beyond 2^53");
  return number;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fault("a string in it is not UTF-8");
  }
}

function fault(message: string): WeftError {
  return new WeftError(`Not a usable pickle: ${message}.`);
}
