/**
 * Writes the smallest ONNX models the benchmark needs: some equal `Gemm` nodes on the same operands.
 * Field numbers are those of onnx.proto (ONNX IR version 8, operator set 17).
 *
 * @module
 */

import type { Dims, ProductShape } from "../../../core/bench/train/product.ts";

const LENGTH_DELIMITED = 2;
const FLOAT = 1;
const ATTRIBUTE_INT = 2;

/**
 * An ONNX model with inputs "a" and "b" and output "y" that computes the product `count` times. Only
 * the last result is an output; run it with the graph optimizer off, or the others are dropped.
 */
export function gemmModel(
  shape: ProductShape,
  dims: { a: Dims; b: Dims },
  count: number,
): Uint8Array {
  const nodes = Array.from({ length: count }, (_, i) => {
    return bytes(1, gemmNode(shape, i === count - 1 ? "y" : `unused${i}`));
  });
  const graph = [
    ...nodes.flat(),
    ...text(2, "products"),
    ...bytes(11, valueInfo("a", dims.a)),
    ...bytes(11, valueInfo("b", dims.b)),
    ...bytes(12, valueInfo("y", [shape.M, shape.N])),
  ];
  const operatorSet = int(2, 17);
  return new Uint8Array([...int(1, 8), ...bytes(7, graph), ...bytes(8, operatorSet)]);
}

/** A NodeProto: y = Gemm(a, b). */
function gemmNode(shape: ProductShape, output: string): number[] {
  return [
    ...text(1, "a"),
    ...text(1, "b"),
    ...text(2, output),
    ...text(4, "Gemm"),
    ...bytes(5, intAttribute("transA", Number(shape.transposeA))),
    ...bytes(5, intAttribute("transB", Number(shape.transposeB))),
  ];
}

/** An AttributeProto. */
function intAttribute(name: string, value: number): number[] {
  return [...text(1, name), ...int(3, value), ...int(20, ATTRIBUTE_INT)];
}

/** A ValueInfoProto: an f32 tensor of fixed dimensions. */
function valueInfo(name: string, dims: Dims): number[] {
  const shape = dims.flatMap((size) => bytes(1, int(1, size)));
  const tensor = [...int(1, FLOAT), ...bytes(2, shape)];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}

function text(field: number, value: string): number[] {
  return bytes(field, [...new TextEncoder().encode(value)]);
}

function bytes(field: number, value: number[]): number[] {
  return [...varint((field << 3) | LENGTH_DELIMITED), ...varint(value.length), ...value];
}

function int(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

/** Base 128, least significant first; `value` below 2³¹. */
function varint(value: number): number[] {
  const groups: number[] = [];
  for (; value > 127; value >>= 7) groups.push((value & 127) | 128);
  return [...groups, value];
}
