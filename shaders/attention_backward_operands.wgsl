// What the two backward kernels of attention share: the gradients they read and write.
//
// dout: (B·T, NH·HP); dqkv: as qkv of attention_operands.wgsl, each kernel writes its own columns.
// This file is put between attention_operands.wgsl and the kernel; it has no entry point.

override DOUT_BF16: bool = false;

@group(0) @binding(1) var<storage, read> dout: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> dqkv: array<vec2u>;

fn dout_at(i: u32) -> vec4f {
  return unpack_group(dout[group_word(i, DOUT_BF16)], i, DOUT_BF16);
}

// Four rows of dout, as rows_at gives them of qkv.
fn dout_rows_at(row: u32, column: u32) -> mat4x4f {
  let i = row * params.out_stride + column;
  let stride = params.out_stride;
  return mat4x4f(
    dout_at(i), dout_at(i + stride), dout_at(i + 2u * stride), dout_at(i + 3u * stride),
  );
}

fn store_row(batch: u32, position: u32, column: u32, value: vec4f) {
  if (position >= params.T) {
    return;
  }
  let i = (batch * params.T + position) * params.qkv_stride + column;
  if (QKV_BF16) {
    dqkv[i] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    dqkv[2u * i] = words.xy;
    dqkv[2u * i + 1u] = words.zw;
  }
}

fn store_rows(batch: u32, position: u32, column: u32, value: mat4x4f) {
  store_row(batch, position, column, value[0]);
  store_row(batch, position + 1u, column, value[1]);
  store_row(batch, position + 2u, column, value[2]);
  store_row(batch, position + 3u, column, value[3]);
}
