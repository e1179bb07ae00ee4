// matmul in tiles of 64 × 64 shared through workgroup memory: what GPUs want.
//
// A workgroup of 8 × 8 threads stages 16 steps of K at a time, stored K-major; each thread computes
// 8 rows × 8 columns in registers. Operands: matmul_operands.wgsl. Must equal `matmul` and
// `addChannels` of core/reference.

const TILE_GROUPS = 16u; // 64 rows or columns
const STEP_GROUPS = 4u; // 16 steps of K

// [k][row or column group]
var<workgroup> a_tile: array<vec4f, 256>;
var<workgroup> b_tile: array<vec4f, 256>;

fn a_or_zero(row: u32, group: u32, base: u32, rows: u32) -> vec4f {
  if (row >= rows || group >= params.a_stride) {
    return vec4f(0.0);
  }
  return a_at(base + row * params.a_stride + group);
}

fn b_or_zero(row: u32, group: u32, base: u32, rows: u32) -> vec4f {
  if (row >= rows || group >= params.b_stride) {
    return vec4f(0.0);
  }
  return b_at(base + row * params.b_stride + group);
}

// Four steps of K from 4·k4 for rows 4·m4 of op(a): columns of the result are the steps.
fn a_block(base: u32, m4: u32, k4: u32) -> mat4x4f {
  if (TRANSPOSE_A) {
    let k = 4u * k4;
    return mat4x4f(
      a_or_zero(k, m4, base, params.K), a_or_zero(k + 1u, m4, base, params.K),
      a_or_zero(k + 2u, m4, base, params.K), a_or_zero(k + 3u, m4, base, params.K),
    );
  }
  let m = 4u * m4;
  return transpose(mat4x4f(
    a_or_zero(m, k4, base, params.M), a_or_zero(m + 1u, k4, base, params.M),
    a_or_zero(m + 2u, k4, base, params.M), a_or_zero(m + 3u, k4, base, params.M),
  ));
}

// Four steps of K from 4·k4 for columns 4·n4 of op(b): columns of the result are the steps.
fn b_block(base: u32, n4: u32, k4: u32) -> mat4x4f {
  if (TRANSPOSE_B) {
    let n = 4u * n4;
    return transpose(mat4x4f(
      b_or_zero(n, k4, base, params.N), b_or_zero(n + 1u, k4, base, params.N),
      b_or_zero(n + 2u, k4, base, params.N), b_or_zero(n + 3u, k4, base, params.N),
    ));
  }
  let k = 4u * k4;
  return mat4x4f(
    b_or_zero(k, n4, base, params.K), b_or_zero(k + 1u, n4, base, params.K),
    b_or_zero(k + 2u, n4, base, params.K), b_or_zero(k + 3u, n4, base, params.K),
  );
}

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let a_base = params.a_offset + tile.z * params.a_batch;
  let b_base = params.b_offset + tile.z * params.b_batch;
  let stage_group = thread % TILE_GROUPS;
  let stage_k4 = thread / TILE_GROUPS;
  var sums: array<vec4f, 16>;
  let k_groups = (params.K + 3u) / 4u;
  for (var k4 = 0u; k4 < k_groups; k4 += STEP_GROUPS) {
    let a_steps = a_block(a_base, tile.y * TILE_GROUPS + stage_group, k4 + stage_k4);
    let b_steps = b_block(b_base, tile.x * TILE_GROUPS + stage_group, k4 + stage_k4);
    workgroupBarrier();
    for (var step = 0u; step < 4u; step++) {
      let at = (4u * stage_k4 + step) * TILE_GROUPS + stage_group;
      a_tile[at] = a_steps[step];
      b_tile[at] = b_steps[step];
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u * STEP_GROUPS; k++) {
      let at = k * TILE_GROUPS;
      let b0 = b_tile[at + local.x];
      let b1 = b_tile[at + local.x + 8u];
      let a0 = a_tile[at + local.y];
      let a1 = a_tile[at + local.y + 8u];
      for (var i = 0u; i < 4u; i++) {
        sums[2u * i] += a0[i] * b0;
        sums[2u * i + 1u] += a0[i] * b1;
        sums[8u + 2u * i] += a1[i] * b0;
        sums[9u + 2u * i] += a1[i] * b1;
      }
    }
  }
  let base = params.out_offset + tile.z * params.out_batch;
  for (var i = 0u; i < 8u; i++) {
    // Threads take groups 8 apart, so that neighbours read neighbouring workgroup memory.
    let row = 4u * (tile.y * TILE_GROUPS + local.y + 8u * (i / 4u)) + i % 4u;
    let col4 = tile.x * TILE_GROUPS + local.x;
    store(base, row, col4, sums[2u * i]);
    store(base, row, col4 + 8u, sums[2u * i + 1u]);
  }
}
