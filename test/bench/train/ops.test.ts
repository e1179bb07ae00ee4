import { test } from "#test";
import { assert } from "chai";
import type { Dispatch } from "../../../core/gpu/kernel.ts";
import {
  opName,
  opsOf,
  shapeText,
  stepProducts,
  timerLabel,
} from "../../../core/bench/train/ops.ts";

function dispatch(kernel: string, label: string, given: Partial<Dispatch> = {}): Dispatch {
  return {
    kernel: { name: kernel, source: "" },
    label,
    constants: {},
    bindings: [],
    params: [],
    grid: [1, 1, 1],
    flops: 1,
    bytes: 1,
    ...given,
  };
}

test("opsOf() merges equal kernels and labels of all blocks, in the order of the first", () => {
  const ops = opsOf([
    dispatch("rmsnorm_forward", "rmsnorm"),
    dispatch("matmul_tiled", "qkv"),
    dispatch("rmsnorm_forward", "rmsnorm"),
    dispatch("matmul_tiled", "down"),
  ]);
  assert.deepEqual(ops.map((op) => [timerLabel(op), op.dispatches.length]), [
    ["rmsnorm_forward: rmsnorm", 2],
    ["matmul_tiled: qkv", 1],
    ["matmul_tiled: down", 1],
  ]);
});

test("opsOf() keeps kernels with one label apart", () => {
  const ops = opsOf([
    dispatch("attention_backward_query", "attention"),
    dispatch("attention_backward_key_value", "attention"),
  ]);
  assert.lengthOf(ops, 2);
});

test("opName() says the label only where the kernel does not", () => {
  assert.equal(opName({ kernel: "cross_entropy", label: "cross entropy" }), "cross_entropy");
  assert.equal(opName({ kernel: "matmul_direct", label: "qkv dW" }), "qkv dW (matmul_direct)");
  assert.equal(opName({ kernel: "adamw_control", label: "adamw" }), "adamw_control");
});

test("shapeText() does not name one size for dispatches of different sizes", () => {
  const sizes = (shape: number[]): Dispatch => dispatch("adamw", "adamw", { shape });
  assert.equal(shapeText([sizes([4, 64]), sizes([4, 64])]), "4x64");
  assert.equal(shapeText([sizes([1, 64]), sizes([1, 32])]), "2 sizes");
  assert.equal(shapeText([dispatch("adamw", "adamw")]), "");
});

test("stepProducts() counts equal products of a step once, with all their labels", () => {
  const product = (label: string): Dispatch =>
    dispatch("matmul_tiled", label, { shape: [8, 4, 2], constants: { TRANSPOSE_B: true } });
  const found = stepProducts([
    {
      perStep: 2,
      dispatches: [product("qkv"), dispatch("rope", "rope"), product("out"), product("qkv")],
    },
    { perStep: 1, dispatches: [product("qkv")] },
  ]);
  assert.deepEqual(found, [{
    labels: ["qkv", "out"],
    shape: { M: 8, N: 4, K: 2, transposeA: false, transposeB: true },
    perStep: 7,
  }]);
});

test("stepProducts() keeps products apart that differ in a transpose alone", () => {
  const product = (constants: Dispatch["constants"]): Dispatch =>
    dispatch("matmul_tiled", "x", { shape: [4, 4, 4], constants });
  const dispatches = [product({ TRANSPOSE_A: true }), product({ TRANSPOSE_B: true })];
  assert.lengthOf(stepProducts([{ perStep: 1, dispatches }]), 2);
});

test("stepProducts() refuses a product that does not tell its sizes", () => {
  const dispatches = [dispatch("matmul_direct", "qkv")];
  assert.throws(() => stepProducts([{ perStep: 1, dispatches }]), RangeError, "qkv");
});
