// out = rows of A · B, in tiles of 64 × 64, for square matrices that are not stored as a whole.
//
// A and B are (n, n). With HANKEL the element (i, j) is a[i + j], so the matrices of a proof of GPU
// are two short vectors. Without, a and b are blocks of side × side that repeat, a transposed: a
// benchmark of dense matrices of any size. a, b: Element, which a line put before makes f32 or f16.
// out: (rows, n), f32. A thread computes 8 rows × 8 columns; 64 products at a time are summed as
// Element, and these sums as f32. That bounds the error: n / 64 roundings of a sum near n / 4, which
// mostly cancel. Must equal the float64 product of `proofValue`s of core/compute/proof_of_gpu within
// the validator's tolerance.

override HANKEL: bool = true;

const TILE_GROUPS = 16u; // 64 rows or columns
const STEPS = 16u;
const BLOCK = 64u;

struct Params {
  n: u32,
  rows: u32, // to be computed
  first_row: u32, // of A
  out_row: u32, // where the first one goes
  side: u32, // of the repeated blocks; a multiple of 64
}

@group(0) @binding(0) var<storage, read> a: array<Element>;
@group(0) @binding(1) var<storage, read> b: array<Element>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// [step][row or column group]
var<workgroup> a_tile: array<vec4<Element>, 256>;
var<workgroup> b_tile: array<vec4<Element>, 256>;

// Where (k, i) and the three after it lie.
fn place(k: u32, i: u32) -> u32 {
  if (HANKEL) {
    return k + i;
  }
  return k % params.side * params.side + i % params.side;
}

// Column k of A in four rows.
fn a_group(k: u32, row: u32) -> vec4<Element> {
  if (k >= params.n) {
    return vec4<Element>();
  }
  let at = place(k, row);
  return vec4<Element>(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
}

// Row k of B in four columns. Past the last row A's zeros make it count for nothing.
fn b_group(k: u32, col: u32) -> vec4<Element> {
  let at = place(k, col);
  return vec4<Element>(b[at], b[at + 1u], b[at + 2u], b[at + 3u]);
}

fn store(row: u32, col: u32, values: vec4f) {
  if (row >= params.rows) {
    return;
  }
  let at = (params.out_row + row) * params.n + col;
  for (var i = 0u; i < 4u; i++) {
    if (col + i < params.n) {
      out[at + i] = values[i];
    }
  }
}

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let stage_group = thread % TILE_GROUPS;
  let stage_step = 4u * (thread / TILE_GROUPS);
  let stage_row = params.first_row + 4u * (tile.y * TILE_GROUPS + stage_group);
  let stage_col = 4u * (tile.x * TILE_GROUPS + stage_group);
  // Eight rows, left and right four columns of each. They are written out, since an array with a
  // variable index may live in memory.
  var sum0l: vec4f; var sum0r: vec4f; var sum1l: vec4f; var sum1r: vec4f;
  var sum2l: vec4f; var sum2r: vec4f; var sum3l: vec4f; var sum3r: vec4f;
  var sum4l: vec4f; var sum4r: vec4f; var sum5l: vec4f; var sum5r: vec4f;
  var sum6l: vec4f; var sum6r: vec4f; var sum7l: vec4f; var sum7r: vec4f;
  for (var block = 0u; block < params.n; block += BLOCK) {
    // Zeros are spelled out: not every implementation clears a variable that a loop comes back to.
    var x0l = vec4<Element>(); var x0r = vec4<Element>();
    var x1l = vec4<Element>(); var x1r = vec4<Element>();
    var x2l = vec4<Element>(); var x2r = vec4<Element>();
    var x3l = vec4<Element>(); var x3r = vec4<Element>();
    var x4l = vec4<Element>(); var x4r = vec4<Element>();
    var x5l = vec4<Element>(); var x5r = vec4<Element>();
    var x6l = vec4<Element>(); var x6r = vec4<Element>();
    var x7l = vec4<Element>(); var x7r = vec4<Element>();
    let end = min(params.n, block + BLOCK);
    for (var k = block; k < end; k += STEPS) {
      workgroupBarrier();
      for (var step = stage_step; step < stage_step + 4u; step++) {
        a_tile[step * TILE_GROUPS + stage_group] = a_group(k + step, stage_row);
        b_tile[step * TILE_GROUPS + stage_group] = b_group(k + step, stage_col);
      }
      workgroupBarrier();
      for (var step = 0u; step < STEPS; step++) {
        let at = step * TILE_GROUPS;
        let l = b_tile[at + local.x];
        let r = b_tile[at + local.x + 8u];
        let upper = a_tile[at + local.y];
        let lower = a_tile[at + local.y + 8u];
        x0l += upper.x * l; x0r += upper.x * r;
        x1l += upper.y * l; x1r += upper.y * r;
        x2l += upper.z * l; x2r += upper.z * r;
        x3l += upper.w * l; x3r += upper.w * r;
        x4l += lower.x * l; x4r += lower.x * r;
        x5l += lower.y * l; x5r += lower.y * r;
        x6l += lower.z * l; x6r += lower.z * r;
        x7l += lower.w * l; x7r += lower.w * r;
      }
    }
    sum0l += vec4f(x0l); sum0r += vec4f(x0r); sum1l += vec4f(x1l); sum1r += vec4f(x1r);
    sum2l += vec4f(x2l); sum2r += vec4f(x2r); sum3l += vec4f(x3l); sum3r += vec4f(x3r);
    sum4l += vec4f(x4l); sum4r += vec4f(x4r); sum5l += vec4f(x5l); sum5r += vec4f(x5r);
    sum6l += vec4f(x6l); sum6r += vec4f(x6r); sum7l += vec4f(x7l); sum7r += vec4f(x7r);
  }
  // Threads take groups 8 apart, so that neighbours read neighbouring workgroup memory.
  let row = 4u * (tile.y * TILE_GROUPS + local.y);
  let col = 4u * (tile.x * TILE_GROUPS + local.x);
  store(row, col, sum0l); store(row, col + 32u, sum0r);
  store(row + 1u, col, sum1l); store(row + 1u, col + 32u, sum1r);
  store(row + 2u, col, sum2l); store(row + 2u, col + 32u, sum2r);
  store(row + 3u, col, sum3l); store(row + 3u, col + 32u, sum3r);
  store(row + 32u, col, sum4l); store(row + 32u, col + 32u, sum4r);
  store(row + 33u, col, sum5l); store(row + 33u, col + 32u, sum5r);
  store(row + 34u, col, sum6l); store(row + 34u, col + 32u, sum6r);
  store(row + 35u, col, sum7l); store(row + 35u, col + 32u, sum7r);
}
