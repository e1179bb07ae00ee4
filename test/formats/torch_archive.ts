/**
 * Builds torch files piece by piece, also ones that torch would never write.
 *
 * @module
 */

import { zipSync } from "fflate";

/** What goes into the pickle of a tensor; the defaults describe a float32 tensor of shape [2, 3]. */
export interface PickleParts {
  readonly rebuild?: number[];
  readonly tag?: string;
  readonly storage?: number[];
  readonly key?: string;
  readonly storageCount?: number;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
  /** requires_grad and what follows it. */
  readonly tail?: number[];
}

/** The opcodes of protocol 2, as bytes. */
export const op = {
  proto: [0x80, 2],
  mark: [0x28],
  tuple: [0x74],
  emptyTuple: [0x29],
  reduce: [0x52],
  persistent: [0x51],
  none: [0x4e],
  yes: [0x88],
  no: [0x89],
  emptyDict: [0x7d],
  stop: [0x2e],
  global: (module: string, name: string): number[] => [0x63, ...utf8(`${module}\n${name}\n`)],
  text: (value: string): number[] => [0x58, ...int32(utf8(value).length), ...utf8(value)],
  /** Any integer as LONG1 of eight bytes. */
  int: (value: number): number[] => [
    0x8a,
    8,
    ...new Uint8Array(BigInt64Array.of(BigInt(value)).buffer),
  ],
  ints: (values: readonly number[]): number[] => [
    ...op.mark,
    ...values.flatMap(op.int),
    ...op.tuple,
  ],
};

/** `collections.OrderedDict()`. */
export const NO_HOOKS = [
  ...op.global("collections", "OrderedDict"),
  ...op.emptyTuple,
  ...op.reduce,
];
/** The function that every tensor is rebuilt with. */
export const REBUILD = op.global("torch._utils", "_rebuild_tensor_v2");

/** The opcodes that leave a tensor on the stack. */
export function tensorOps(parts: PickleParts = {}): number[] {
  return [
    ...(parts.rebuild ?? REBUILD),
    ...op.mark,
    ...op.mark,
    ...op.text(parts.tag ?? "storage"),
    ...(parts.storage ?? op.global("torch", "FloatStorage")),
    ...op.text(parts.key ?? "0"),
    ...op.text("cuda:0"),
    ...op.int(parts.storageCount ?? 6),
    ...op.tuple,
    ...op.persistent,
    ...op.int(parts.offset ?? 0),
    ...op.ints(parts.shape ?? [2, 3]),
    ...op.ints(parts.strides ?? [3, 1]),
    ...(parts.tail ?? [...op.no, ...NO_HOOKS]),
    ...op.tuple,
    ...op.reduce,
  ];
}

/** A whole pickle around opcodes. */
export function pickle(ops: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...op.proto, ...ops, ...op.stop]);
}

/** A torch file with this pickle; `entries` replace or, when undefined, remove entries. */
export function archive(
  dataPickle: Uint8Array,
  entries: Readonly<Record<string, Uint8Array | undefined>> = {},
  level: 0 | 9 = 0,
): Uint8Array<ArrayBuffer> {
  const all: Record<string, Uint8Array | undefined> = {
    "data.pkl": dataPickle,
    "data/0": new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer),
    version: Uint8Array.from(utf8("3\n")),
    ...entries,
  };
  const present: Record<string, Uint8Array> = {};
  for (const [name, content] of Object.entries(all)) {
    if (content) present[`archive/${name}`] = content;
  }
  return new Uint8Array(zipSync(present, { level }));
}

/** A torch file of the tensor that the parts describe. */
export function tensorArchive(parts: PickleParts = {}): Uint8Array<ArrayBuffer> {
  return archive(pickle(tensorOps(parts)));
}

/** The UTF-8 bytes of a text. */
export function utf8(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

function int32(value: number): number[] {
  return [...new Uint8Array(Uint32Array.of(value).buffer)];
}
