/**
 * Makes a kernel: the machine code that scans a part of the inner table for a target. Each turn of
 * its loop tries several candidates at once, some in vectors and some in plain words, for a core has
 * separate units for both.
 *
 * @module
 */
import { LEVEL, operandsOf, type Program, programFor, type Value } from "./dataflow.ts";
import { i32Const, localGet, localSet, loopWhile, OP } from "../../formats/wasm/instructions.ts";
import { INPUT, type KernelGraph } from "./kernel_graph.ts";
import { type Lanes, type Scalar, scalarLanes, type Vector, vectorLanes } from "./lanes.ts";
import { type Code, encodeModule, VALUE_TYPE, type ValueType } from "../../formats/wasm/module.ts";

/**
 * Which candidates a turn of the loop tries together: tracks that run side by side, in each of them
 * vectors (`v`) and single candidates (`s`) one after another. A vector takes about twice as long as
 * a single candidate, hence `["v", "ss"]`.
 */
export type Pattern = readonly string[];

/** What a kernel exports. */
export const SCAN_EXPORT = "scan";

/** Where things are in a kernel's memory, in bytes. Inputs come first, each as a word. */
export function memoryLayout(width: 32 | 64): { wordBytes: number; table: number } {
  return { wordBytes: width / 8, table: Math.ceil(INPUT.end * width / 8 / 64) * 64 };
}

/** Candidates that a turn of the loop tries. */
export function candidatesPerTurn(width: 32 | 64, pattern: Pattern): number {
  const counts = { s: scalarLanes(width).count, v: 128 / width };
  return kindsOf(pattern.join("")).reduce((sum, kind) => sum + counts[kind], 0);
}

/**
 * The bytes of a module that exports `scan(first: i32, end: i32) -> i32`. It tries the entries of the
 * inner table between two addresses, rounded up to whole turns, and tells whether one hits.
 * @param relaxed whether it may use relaxed SIMD
 */
export function encodeKernel(
  graph: KernelGraph,
  pattern: Pattern,
  relaxed: boolean,
): Uint8Array<ArrayBuffer> {
  const writer = new KernelWriter(graph, pattern, relaxed);
  const body = writer.write();
  const { i32 } = VALUE_TYPE;
  const types = { parameters: [i32, i32], results: [i32], locals: writer.locals.types };
  return encodeModule([{ exportName: SCAN_EXPORT, ...types, body }]);
}

const POSITION = 0;
const END = 1;
const PARAMETERS = 2;

/** One value of one stream; without a value, the comparison of its result. */
interface Statement {
  readonly stream: Stream;
  readonly value: Value | undefined;
}

class KernelWriter {
  readonly locals = new Locals();
  readonly #program: Program;
  readonly #code: number[] = [];
  readonly #scalar: Scalar;
  readonly #vector: Vector;
  readonly #foundScalar = this.locals.take(VALUE_TYPE.i32);
  readonly #foundVector = this.locals.take(VALUE_TYPE.v128);

  constructor(readonly graph: KernelGraph, readonly pattern: Pattern, relaxed: boolean) {
    this.#program = programFor([graph.result, graph.target]);
    this.#scalar = scalarLanes(graph.width);
    const vector = vectorLanes(graph.width, relaxed);
    this.#vector = vector.withMasks(vector.masks.map((mask) => this.#set(VALUE_TYPE.v128, mask)));
  }

  write(): Code {
    const once = new Stream(this.#scalar, this.locals, this.#program);
    for (const value of this.#program.once) this.#compute({ stream: once, value });
    const statements = this.#statements(once);
    const before = this.#code.splice(0);
    for (const statement of statements) this.#compute(statement);
    const { wordBytes } = memoryLayout(this.graph.width);
    const turnBytes = wordBytes * candidatesPerTurn(this.graph.width, this.pattern);
    const advance = [...localGet(POSITION), ...i32Const(turnBytes), ...OP.i32Add];
    const isLeft = [...localGet(POSITION), ...localGet(END), ...OP.i32LtU];
    return [
      ...before,
      ...loopWhile([...this.#code, ...advance, ...localSet(POSITION), ...isLeft]),
      ...localGet(this.#foundScalar),
      ...[...localGet(this.#foundVector), ...OP.v128AnyTrue, ...OP.i32Or],
    ];
  }

  /** The statements of all tracks, evenly mixed. */
  #statements(once: Stream): Statement[] {
    const onceIn = { s: once, v: this.#splatLeaves(once) };
    const { wordBytes } = memoryLayout(this.graph.width);
    let offset = 0;
    const tracks = this.pattern.map((track) =>
      kindsOf(track).flatMap((kind) => {
        const { lanes } = onceIn[kind];
        const stream = new Stream(lanes, this.locals, this.#program, onceIn[kind], offset);
        offset += wordBytes * lanes.count;
        return [...this.#program.varying, undefined].map((value) => ({ stream, value }));
      })
    );
    return mixEvenly(tracks);
  }

  /** What the loop uses from before it, in all lanes. */
  #splatLeaves(once: Stream): Stream {
    const splat = new Stream(this.#vector, this.locals, this.#program);
    const used = new Set([...this.#program.varying.flatMap(operandsOf), this.graph.target]);
    for (const value of used) {
      if (value.level === LEVEL.varies) continue;
      const code = [...localGet(once.local(value)), ...this.#vector.splat];
      splat.define(value, this.#set(VALUE_TYPE.v128, code));
    }
    return splat;
  }

  #compute({ stream, value }: Statement): void {
    if (!value) return this.#compare(stream);
    const code = this.#codeOf(stream, value);
    for (const operand of operandsOf(value)) stream.use(operand);
    stream.define(value, this.#set(stream.lanes.type, code));
  }

  #codeOf({ lanes, local, offset }: Stream, value: Value): Code {
    const { wordBytes } = memoryLayout(this.graph.width);
    switch (value.kind) {
      case "constant":
        return this.#scalar.constant(value.bits);
      case "input":
        return [...i32Const(0), ...lanes.load(wordBytes * value.index)];
      case "entry":
        return [...localGet(POSITION), ...lanes.load(offset)];
      default:
        return lanes.operate(value.kind, value.operands.map(local), value.bits);
    }
  }

  #compare(stream: Stream): void {
    const { result, target } = this.graph;
    const [found, or] = stream.lanes.type === VALUE_TYPE.v128
      ? [this.#foundVector, OP.v128Or]
      : [this.#foundScalar, OP.i32Or];
    const equal = stream.lanes.equal(stream.local(result), stream.local(target));
    this.#code.push(...equal, ...localGet(found), ...or, ...localSet(found));
    stream.use(result);
  }

  /** Puts what code leaves on the stack into a local. */
  #set(type: ValueType, code: Code): number {
    const local = this.locals.take(type);
    this.#code.push(...code, ...localSet(local));
    return local;
  }
}

/** The computation for one candidate, or for those of one vector. */
class Stream {
  readonly #locals = new Map<Value, number>();
  readonly #usesLeft: Map<Value, number>;

  /**
   * @param outer has the values from before the loop
   * @param offset of the candidate's table entry from the position
   */
  constructor(
    readonly lanes: Lanes,
    readonly allLocals: Locals,
    program: Program,
    readonly outer?: Stream,
    readonly offset = 0,
  ) {
    this.#usesLeft = new Map(program.uses);
  }

  /** The local that holds a value. Needs no `this`. */
  readonly local = (value: Value): number => {
    const local = this.#locals.get(value) ?? this.outer?.local(value);
    if (local === undefined) throw new Error(`${value.kind} ${value.id} was not computed yet`);
    return local;
  };

  define(value: Value, local: number): void {
    this.#locals.set(value, local);
  }

  /** Counts a use; a value of this stream gives its local back after the last. */
  use(value: Value): void {
    const left = (this.#usesLeft.get(value) ?? 0) - 1;
    this.#usesLeft.set(value, left);
    const local = this.#locals.get(value);
    if (left === 0 && local !== undefined) this.allLocals.release(this.lanes.type, local);
  }
}

/** Local variables; one that is no longer needed is taken again. */
class Locals {
  readonly types: ValueType[] = [];
  readonly #free = new Map<ValueType, number[]>();

  take(type: ValueType): number {
    return this.#free.get(type)?.pop() ?? PARAMETERS + this.types.push(type) - 1;
  }

  release(type: ValueType, local: number): void {
    this.#free.set(type, [...this.#free.get(type) ?? [], local]);
  }
}

function kindsOf(track: string): ("v" | "s")[] {
  return [...track].map((kind) => kind === "v" ? "v" : "s");
}

/** All lists in one, each in its order and evenly spread. */
function mixEvenly<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const placed = lists.flatMap((items) =>
    items.map((item, index) => ({ item, place: (index + 0.5) / items.length }))
  );
  return placed.toSorted((x, y) => x.place - y.place).map(({ item }) => item);
}
