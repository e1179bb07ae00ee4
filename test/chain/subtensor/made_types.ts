/**
 * Types of a made-up runtime, and how its metadata writes them: SCALE, by hand, so that tests need
 * no chain's own metadata.
 *
 * Source: `scale-info`'s portable registry, as metadata version 15 has it.
 *
 * @module
 */

/** A type of the runtime. */
export interface MadeType {
  /** Types with the same key are the same. */
  readonly key: string;
  /** A value of nothing: zero, false, an empty list. */
  readonly zero: readonly number[];
  /** The type's entry. @param id gives the number of another type */
  encode(id: (type: MadeType) => number): number[];
}

/** Fields of a record by name. */
export type Fields = Readonly<Record<string, MadeType>>;

const PRIMITIVES = ["bool", "char", "str", "u8", "u16", "u32", "u64", "u128"];

/** A number as SCALE's compact form has it; up to 30 bits. */
export function compactLength(value: number): number[] {
  if (value < 1 << 6) return [value << 2];
  if (value < 1 << 14) return [value << 2 & 0xff | 1, value >> 6];
  const [a, b, c, d] = [0, 8, 16, 24].map((shift) => (value * 4 + 2) / 2 ** shift & 0xff);
  return [a, b, c, d];
}

/** A list. */
export function list(items: readonly (readonly number[])[]): number[] {
  return [...compactLength(items.length), ...items.flat()];
}

/** A text. */
export function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...compactLength(bytes.length), ...bytes];
}

/** A number of four bytes. */
export function fourBytes(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => value >> shift & 0xff);
}

/** `u8` and the like. */
export function primitive(name: string): MadeType {
  const bits = Number(/\d+$/.exec(name)?.[0] ?? 8);
  const definition = [5, PRIMITIVES.indexOf(name)];
  return made(name, new Array<number>(bits / 8).fill(0), () => definition);
}

export const BOOL = primitive("bool");
export const U8 = primitive("u8");
export const U16 = primitive("u16");
export const U32 = primitive("u32");
export const U64 = primitive("u64");
export const U128 = primitive("u128");

export function compact(of: MadeType): MadeType {
  return made(`compact ${of.key}`, [0], (id) => [6, ...compactLength(id(of))]);
}

export function sequence(of: MadeType): MadeType {
  return made(`list of ${of.key}`, [0], (id) => [2, ...compactLength(id(of))]);
}

export function tuple(...of: readonly MadeType[]): MadeType {
  const key = `(${of.map((type) => type.key).join()})`;
  const zero = of.flatMap((type) => type.zero);
  return made(key, zero, (id) => [4, ...list(of.map((type) => compactLength(id(type))))]);
}

export const UNIT = tuple();

export function bytes(length: number): MadeType {
  const zero = new Array<number>(length).fill(0);
  return made(`${length} bytes`, zero, (id) => [
    ...[3, ...fourBytes(length)],
    ...compactLength(id(U8)),
  ]);
}

/** A record. @param path `pallet::Name`, which the library may know */
export function record(path: string, fields: Fields): MadeType {
  const zero = Object.values(fields).flatMap((type) => type.zero);
  return made(path, zero, (id) => [0, ...fieldList(fields, id)], path);
}

/** A type that wraps another without a name for it. */
export function wrapper(path: string, of: MadeType): MadeType {
  const definition = (id: (type: MadeType) => number): number[] => [
    0,
    ...list([[0, ...compactLength(id(of)), 0, 0]]),
  ];
  return made(path, of.zero, definition, path);
}

/** One of several records, each with a number. */
export function choice(path: string, variants: Readonly<Record<string, Fields>>): MadeType {
  const definition = (id: (type: MadeType) => number): number[] => [
    1,
    ...list(
      Object.entries(variants).map(([name, fields], index) => [
        ...text(name),
        ...fieldList(fields, id),
        ...[index, 0],
      ]),
    ),
  ];
  return made(path, [0], definition, path);
}

export function option(of: MadeType): MadeType {
  const definition = (id: (type: MadeType) => number): number[] => [
    1,
    ...list([[...text("None"), 0, 0, 0], [...text("Some"), ...unnamed(id(of)), 1, 0]]),
  ];
  return made(`option of ${of.key}`, [0], definition, "Option", { T: of });
}

/** An empty record that only names other types. */
export function generic(path: string, parameters: Fields): MadeType {
  return made(path, [], () => [0, 0], path, parameters);
}

export const ACCOUNT = wrapper("sp_core::crypto::AccountId32", bytes(32));

function made(
  key: string,
  zero: readonly number[],
  definition: (id: (type: MadeType) => number) => readonly number[],
  path = "",
  parameters: Fields = {},
): MadeType {
  const names = list(path === "" ? [] : path.split("::").map(text));
  const encode = (id: (type: MadeType) => number): number[] => [
    ...names,
    ...list(
      Object.entries(parameters).map(([name, type]) => [
        ...[...text(name), 1, ...compactLength(id(type))],
      ]),
    ),
    ...[...definition(id), 0],
  ];
  return { key, zero, encode };
}

/** A field also tells what its type was called. */
function fieldList(fields: Fields, id: (type: MadeType) => number): number[] {
  return list(
    Object.entries(fields).map(([name, type]) => [
      ...[1, ...text(name)],
      ...compactLength(id(type)),
      ...[1, ...text(type.key.split("::").at(-1) ?? "")],
      0,
    ]),
  );
}

function unnamed(id: number): number[] {
  return list([[0, ...compactLength(id), 0, 0]]);
}
