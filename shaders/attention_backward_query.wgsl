// dq of attention, and delta = Σ dout · out of each row, which the gradient of keys needs too.
//
// With p = exp(scale · q kᵀ - lse), ds = p ∘ (dout vᵀ - delta) · scale: dq = ds k (written, =).
// qkv, dqkv: see attention_operands.wgsl; out, dout: (B·T, NH·HP); lse, delta: (B·NH, T) f32.
// A workgroup owns 4·TILE queries of one head. Must equal dq of `attentionBackward` of
// core/reference.

@group(0) @binding(2) var<storage, read> out: array<vec4u>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read_write> delta: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

var<workgroup> dscores: array<vec4f, 4 * TILE * TILE>; // [query of the tile][block of keys]
var<workgroup> row_delta: array<f32, 4 * TILE>;
var<workgroup> row_lse: array<f32, 4 * TILE>;

fn out_at(i: u32) -> vec4f {
  return unpack_group(out[group_word(i, OUT_BF16)], i, OUT_BF16);
}

fn load_row(row: u32, batch: u32, head: u32, query: u32) {
  var sum = vec4f(0.0);
  let first = (batch * params.T + query) * params.out_stride + head * HEAD_GROUPS;
  for (var c = 0u; c < HEAD_GROUPS; c++) {
    sum += dout_at(first + c) * out_at(first + c);
  }
  row_delta[row] = dot(sum, vec4f(1.0));
  let i = (batch * params.NH + head) * params.lse_stride + query;
  row_lse[row] = lse[i];
  if (query < params.T) {
    delta[i] = row_delta[row];
  }
}

// One query's gradient of its scores against four keys.
fn dscore(s: vec4f, dweight: vec4f, row: u32, query: u32, key: u32) -> vec4f {
  let weight = exp(params.scale * s - vec4f(row_lse[row]));
  let gradient = weight * (dweight - vec4f(row_delta[row])) * params.scale;
  return select(vec4f(0.0), gradient, query_sees_keys(query, key));
}

// Adds the tile's share of dq for four rows (columns of `sum`) of one column group.
fn add_keys(sum: mat4x4f, row: u32, key_row: u32, key_column: u32) -> mat4x4f {
  var total = sum;
  for (var j = 0u; j < TILE; j++) {
    let at = row * TILE + j;
    let ds = mat4x4f(
      dscores[at], dscores[at + TILE], dscores[at + 2u * TILE], dscores[at + 3u * TILE],
    );
    total += rows_at(key_row + 4u * j, key_column) * ds;
  }
  return total;
}

@compute @workgroup_size(TILE, TILE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let head = group.y;
  let batch = group.z;
  let first = batch * params.T;
  let query = 4u * (group.x * TILE + local.y);
  let local_row = 4u * local.y;
  let queries = query_column(params, head);
  let keys = key_column(params, shared_head(params, head));
  let values = value_column(params, shared_head(params, head));
  for (var row = thread; row < 4u * TILE; row += TILE * TILE) {
    load_row(row, batch, head, 4u * group.x * TILE + row);
  }
  workgroupBarrier();
  // Column groups local.x, local.x + TILE, … of dq, written out as in matmul_direct.
  var q0: mat4x4f; var q1: mat4x4f; var q2: mat4x4f; var q3: mat4x4f;
  var q4: mat4x4f; var q5: mat4x4f; var q6: mat4x4f; var q7: mat4x4f;
  let c = local.x;
  for (var tile = 0u; tile <= group.x; tile++) {
    let key = 4u * (tile * TILE + local.x);
    // Zeros written out: naga 29 does not reset such a variable each turn (gfx-rs/wgpu#9489).
    var s = mat4x4f();
    var dw = mat4x4f();
    for (var i = 0u; i < HEAD_GROUPS; i++) {
      s += transpose(rows_at(first + key, keys + i)) * rows_at(first + query, queries + i);
      dw += transpose(rows_at(first + key, values + i)) *
        dout_rows_at(first + query, head * HEAD_GROUPS + i);
    }
    let at = local_row * TILE + local.x;
    dscores[at] = dscore(s[0], dw[0], local_row, query, key);
    dscores[at + TILE] = dscore(s[1], dw[1], local_row + 1u, query + 1u, key);
    dscores[at + 2u * TILE] = dscore(s[2], dw[2], local_row + 2u, query + 2u, key);
    dscores[at + 3u * TILE] = dscore(s[3], dw[3], local_row + 3u, query + 3u, key);
    workgroupBarrier();
    let key_row = first + 4u * tile * TILE;
    if (c < HEAD_GROUPS) { q0 = add_keys(q0, local_row, key_row, keys + c); }
    if (c + TILE < HEAD_GROUPS) { q1 = add_keys(q1, local_row, key_row, keys + c + TILE); }
    if (HEAD_GROUPS > 2u * TILE) {
      q2 = add_keys(q2, local_row, key_row, keys + c + 2u * TILE);
      q3 = add_keys(q3, local_row, key_row, keys + c + 3u * TILE);
    }
    if (HEAD_GROUPS > 4u * TILE) {
      q4 = add_keys(q4, local_row, key_row, keys + c + 4u * TILE);
      q5 = add_keys(q5, local_row, key_row, keys + c + 5u * TILE);
    }
    if (HEAD_GROUPS > 6u * TILE) {
      q6 = add_keys(q6, local_row, key_row, keys + c + 6u * TILE);
      q7 = add_keys(q7, local_row, key_row, keys + c + 7u * TILE);
    }
    workgroupBarrier();
  }
  let column = queries + c;
  if (c < HEAD_GROUPS) { store_rows(batch, query, column, q0); }
  if (c + TILE < HEAD_GROUPS) { store_rows(batch, query, column + TILE, q1); }
  if (c + 2u * TILE < HEAD_GROUPS) { store_rows(batch, query, column + 2u * TILE, q2); }
  if (c + 3u * TILE < HEAD_GROUPS) { store_rows(batch, query, column + 3u * TILE, q3); }
  if (c + 4u * TILE < HEAD_GROUPS) { store_rows(batch, query, column + 4u * TILE, q4); }
  if (c + 5u * TILE < HEAD_GROUPS) { store_rows(batch, query, column + 5u * TILE, q5); }
  if (c + 6u * TILE < HEAD_GROUPS) { store_rows(batch, query, column + 6u * TILE, q6); }
  if (c + 7u * TILE < HEAD_GROUPS) { store_rows(batch, query, column + 7u * TILE, q7); }
}
