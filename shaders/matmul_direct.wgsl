// matmul in register blocks of 16 × 16, no workgroup memory: what software adapters want.
//
// One thread computes 16 rows × 16 columns as 4 × 4 matrices of 4 × 4: on a CPU a load costs more
// than arithmetic, so a large block pays. Operands: matmul_operands.wgsl. Must equal `matmul` and
// `addChannels` of core/reference.

override WORKGROUP_X: u32 = 2;
override WORKGROUP_Y: u32 = 2;

// Four rows of op(a) from row 4·row4, each a column of the result: four elements along K from 4·k4.
fn a_block(base: u32, row4: u32, k4: u32) -> mat4x4f {
  let stride = params.a_stride;
  if (TRANSPOSE_A) {
    let i = base + 4u * k4 * stride + row4;
    let in_k = vec4u(4u * k4) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.K);
    return transpose(mat4x4f(
      select(vec4f(0.0), a_at(i), in_k.x),
      select(vec4f(0.0), a_at(i + stride), in_k.y),
      select(vec4f(0.0), a_at(i + 2u * stride), in_k.z),
      select(vec4f(0.0), a_at(i + 3u * stride), in_k.w),
    ));
  }
  let i = base + 4u * row4 * stride + k4;
  return mat4x4f(a_at(i), a_at(i + stride), a_at(i + 2u * stride), a_at(i + 3u * stride));
}

// Four rows of op(b) along K from row 4·k4, each a column of the result: columns from 4·col4.
fn b_block(base: u32, k4: u32, col4: u32) -> mat4x4f {
  let stride = params.b_stride;
  if (TRANSPOSE_B) {
    let i = base + 4u * col4 * stride + k4;
    return transpose(
      mat4x4f(b_at(i), b_at(i + stride), b_at(i + 2u * stride), b_at(i + 3u * stride)),
    );
  }
  let i = base + 4u * k4 * stride + col4;
  return mat4x4f(b_at(i), b_at(i + stride), b_at(i + 2u * stride), b_at(i + 3u * stride));
}

fn store_block(base: u32, row4: u32, col4: u32, block: mat4x4f) {
  store(base, 4u * row4, col4, block[0]);
  store(base, 4u * row4 + 1u, col4, block[1]);
  store(base, 4u * row4 + 2u, col4, block[2]);
  store(base, 4u * row4 + 3u, col4, block[3]);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row4 = 4u * id.y;
  let col4 = 4u * id.x;
  if (4u * row4 >= params.M || 4u * col4 >= params.N) {
    return;
  }
  let a_base = params.a_offset + id.z * params.a_batch;
  let b_base = params.b_offset + id.z * params.b_batch;
  // cIJ: the block of rows 4·(row4 + I) and columns 4·(col4 + J), one row of it per matrix column.
  // They are written out, since an array with a variable index would live in memory.
  var c00: mat4x4f; var c01: mat4x4f; var c02: mat4x4f; var c03: mat4x4f;
  var c10: mat4x4f; var c11: mat4x4f; var c12: mat4x4f; var c13: mat4x4f;
  var c20: mat4x4f; var c21: mat4x4f; var c22: mat4x4f; var c23: mat4x4f;
  var c30: mat4x4f; var c31: mat4x4f; var c32: mat4x4f; var c33: mat4x4f;
  let k_groups = (params.K + 3u) / 4u;
  for (var k4 = 0u; k4 < k_groups; k4++) {
    let b0 = b_block(b_base, k4, col4);
    let b1 = b_block(b_base, k4, col4 + 1u);
    let b2 = b_block(b_base, k4, col4 + 2u);
    let b3 = b_block(b_base, k4, col4 + 3u);
    let a0 = a_block(a_base, row4, k4);
    c00 += b0 * a0; c01 += b1 * a0; c02 += b2 * a0; c03 += b3 * a0;
    let a1 = a_block(a_base, row4 + 1u, k4);
    c10 += b0 * a1; c11 += b1 * a1; c12 += b2 * a1; c13 += b3 * a1;
    let a2 = a_block(a_base, row4 + 2u, k4);
    c20 += b0 * a2; c21 += b1 * a2; c22 += b2 * a2; c23 += b3 * a2;
    let a3 = a_block(a_base, row4 + 3u, k4);
    c30 += b0 * a3; c31 += b1 * a3; c32 += b2 * a3; c33 += b3 * a3;
  }
  let base = params.out_offset + id.z * params.out_batch;
  store_block(base, row4, col4, c00); store_block(base, row4, col4 + 1u, c01);
  store_block(base, row4, col4 + 2u, c02); store_block(base, row4, col4 + 3u, c03);
  store_block(base, row4 + 1u, col4, c10); store_block(base, row4 + 1u, col4 + 1u, c11);
  store_block(base, row4 + 1u, col4 + 2u, c12); store_block(base, row4 + 1u, col4 + 3u, c13);
  store_block(base, row4 + 2u, col4, c20); store_block(base, row4 + 2u, col4 + 1u, c21);
  store_block(base, row4 + 2u, col4 + 2u, c22); store_block(base, row4 + 2u, col4 + 3u, c23);
  store_block(base, row4 + 3u, col4, c30); store_block(base, row4 + 3u, col4 + 1u, c31);
  store_block(base, row4 + 3u, col4 + 2u, c32); store_block(base, row4 + 3u, col4 + 3u, c33);
}
