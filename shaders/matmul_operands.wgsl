// What the two matmul kernels share: operands, parameters and the store with its epilogue.
//
// out (+)= op(a) · op(b) (+ residual)
// a: (M, K), or (K, M) with TRANSPOSE_A; b: (K, N), or (N, K) with TRANSPOSE_B; out: (M, N);
// residual: (M, residual_cols), added to the first residual_cols columns; f32 or bf16 each.
// This file is put between elements.wgsl and the kernel; it has no entry point.

override TRANSPOSE_A: bool = false;
override TRANSPOSE_B: bool = false;
override ACCUMULATE: bool = false;
override A_BF16: bool = false;
override B_BF16: bool = false;
override RESIDUAL_BF16: bool = false;
override OUT_BF16: bool = false;

struct Params {
  M: u32,
  N: u32,
  K: u32,
  a_stride: u32, // strides in groups of four elements
  b_stride: u32,
  out_stride: u32,
  a_offset: u32, // first group of the operand, for a block of columns of a wider tensor
  b_offset: u32,
  out_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  residual_cols: u32,
  a_batch: u32, // groups from one matrix of a batch to the next
  b_batch: u32,
  out_batch: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4u>;
@group(0) @binding(1) var<storage, read> b: array<vec4u>;
@group(0) @binding(2) var<storage, read> residual: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<vec2u>;
@group(0) @binding(4) var<uniform> params: Params;

fn a_at(i: u32) -> vec4f {
  return unpack_group(a[group_word(i, A_BF16)], i, A_BF16);
}

fn b_at(i: u32) -> vec4f {
  return unpack_group(b[group_word(i, B_BF16)], i, B_BF16);
}

fn store(base: u32, row: u32, col4: u32, value: vec4f) {
  if (row >= params.M || 4u * col4 >= params.N) {
    return;
  }
  // Padding must stay zero: with TRANSPOSE_B the columns past N came from rows past b's end.
  var sum = select(vec4f(0.0), value, column_mask(col4, params.N) > vec4f(0.0));
  if (4u * col4 < params.residual_cols) {
    let i = params.residual_offset + row * params.residual_stride + col4;
    let extra = unpack_group(residual[group_word(i, RESIDUAL_BF16)], i, RESIDUAL_BF16);
    sum += select(vec4f(0.0), extra, column_mask(col4, params.residual_cols) > vec4f(0.0));
  }
  let i = base + row * params.out_stride + col4;
  if (OUT_BF16) {
    if (ACCUMULATE) {
      sum += widen(out[i]);
    }
    out[i] = narrow(sum);
  } else {
    if (ACCUMULATE) {
      sum += bitcast<vec4f>(vec4u(out[2u * i], out[2u * i + 1u]));
    }
    let words = bitcast<vec4u>(sum);
    out[2u * i] = words.xy;
    out[2u * i + 1u] = words.zw;
  }
}
