/**
 * Encodes a WebAssembly module of a few functions that work on a memory it is handed
 * (WebAssembly Core Specification, chapter 5, "Binary Format").
 *
 * @module
 */

/** Bytes of a module or a part of it. */
export type Code = readonly number[];

/** Section 5.3.1 and 5.3.2. */
export const VALUE_TYPE = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;

/** One of {@linkcode VALUE_TYPE}. */
export type ValueType = typeof VALUE_TYPE[keyof typeof VALUE_TYPE];

/** A function. Locals are numbered after the parameters. */
export interface WasmFunction {
  readonly exportName: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  /** Instructions without the last `end`. */
  readonly body: Code;
}

/** What the memory is imported as. */
const MEMORY_IMPORT = { module: "host", name: "memory" };

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 };
const FUNCTION_TYPE = 0x60;
/** Kinds of imports and exports. */
const KIND = { function: 0x00, memory: 0x02 };
/** Limits with a least size only. */
const NO_MAXIMUM = 0x00;
const END = 0x0b;

/** The bytes of a module that imports a memory and exports the functions, numbered from 0. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const memory = [
    ...name(MEMORY_IMPORT.module),
    ...name(MEMORY_IMPORT.name),
    ...[KIND.memory, NO_MAXIMUM, ...unsigned(1)],
  ];
  const exported = functions.map(({ exportName }, index) => {
    return [...name(exportName), KIND.function, ...unsigned(index)];
  });
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(SECTION.type, functions.map(typeOf)),
    ...section(SECTION.import, [memory]),
    ...section(SECTION.function, functions.map((_, index) => unsigned(index))),
    ...section(SECTION.export, exported),
    ...section(SECTION.code, functions.map(codeOf)),
  ]);
}

/** What a module exports on a memory. @throws {WebAssembly.CompileError} if it is malformed */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): WebAssembly.Instance["exports"] {
  const imports = { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory } };
  return new WebAssembly.Instance(module, imports).exports;
}

/** An unsigned integer below 2^32 in LEB128 (section 5.2.2). */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...unsigned(value >>> 7)];
}

/** A signed integer in LEB128 (section 5.2.2). */
export function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  // The last byte's second highest bit is the sign.
  const isLast = rest === (low & 0x40 ? -1n : 0n);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

function typeOf({ parameters, results }: WasmFunction): Code {
  return [FUNCTION_TYPE, ...vector(parameters.map(byte)), ...vector(results.map(byte))];
}

function codeOf({ locals, body }: WasmFunction): Code {
  const code = [...vector(runs(locals)), ...body, END];
  return [...unsigned(code.length), ...code];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, items: readonly Code[]): Code {
  const content = vector(items);
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): Code {
  return vector([...new TextEncoder().encode(text)].map(byte));
}

function byte(value: number): Code {
  return [value];
}

/** Locals are declared in runs of one type. */
function runs(locals: readonly ValueType[]): Code[] {
  const declared: { type: ValueType; count: number }[] = [];
  for (const type of locals) {
    const last = declared.at(-1);
    if (last?.type === type) last.count += 1;
    else declared.push({ type, count: 1 });
  }
  return declared.map(({ type, count }) => [...unsigned(count), type]);
}
