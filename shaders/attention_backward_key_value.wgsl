// dk and dv of attention, summed over the query heads that share a key head.
//
// With p = exp(scale · q kᵀ - lse) and ds = p ∘ (dout vᵀ - delta) · scale: dv = pᵀ dout,
// dk = dsᵀ q (both written, =). Shapes are those of attention_backward_query.wgsl, which must have
// run before: it makes delta. A workgroup owns 4·TILE keys of one key head. Must equal dk and dv of
// `attentionBackward` of core/reference.

@group(0) @binding(2) var<storage, read> lse: array<vec4f>;
@group(0) @binding(3) var<storage, read> delta: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

// [key of the tile][block of queries]
var<workgroup> weights: array<vec4f, 4 * TILE * TILE>;
var<workgroup> dscores: array<vec4f, 4 * TILE * TILE>;

// Weights of four queries for one key.
fn weight_of(s: vec4f, lse4: vec4f, query: u32, key: u32) -> vec4f {
  let weight = exp(params.scale * s - lse4);
  return select(vec4f(0.0), weight, queries_see_key(params.T, query, key));
}

// Adds the tile's share of dv for four keys (columns of `sum`) of one column group.
fn add_dout(sum: mat4x4f, row: u32, query_row: u32, column: u32) -> mat4x4f {
  var total = sum;
  for (var j = 0u; j < TILE; j++) {
    let at = row * TILE + j;
    let weight = mat4x4f(
      weights[at], weights[at + TILE], weights[at + 2u * TILE], weights[at + 3u * TILE],
    );
    total += dout_rows_at(query_row + 4u * j, column) * weight;
  }
  return total;
}

// The same for dk.
fn add_queries(sum: mat4x4f, row: u32, query_row: u32, column: u32) -> mat4x4f {
  var total = sum;
  for (var j = 0u; j < TILE; j++) {
    let at = row * TILE + j;
    let ds = mat4x4f(
      dscores[at], dscores[at + TILE], dscores[at + 2u * TILE], dscores[at + 3u * TILE],
    );
    total += rows_at(query_row + 4u * j, column) * ds;
  }
  return total;
}

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let key_head = group.y;
  let batch = group.z;
  let first = batch * params.T;
  let key = 4u * (group.x * TILE + local.y);
  let local_row = 4u * local.y;
  let keys = key_column(params, key_head);
  let values = value_column(params, key_head);
  let sharing = params.NH / params.NKV;
  let tiles = (params.T + 4u * TILE - 1u) / (4u * TILE);
  let query_tiles = tiles - group.x;
  // Column groups local.x, local.x + TILE, … of dk and dv, written out as in matmul_direct.
  var k0: mat4x4f; var k1: mat4x4f; var k2: mat4x4f; var k3: mat4x4f;
  var k4: mat4x4f; var k5: mat4x4f; var k6: mat4x4f; var k7: mat4x4f;
  var v0: mat4x4f; var v1: mat4x4f; var v2: mat4x4f; var v3: mat4x4f;
  var v4: mat4x4f; var v5: mat4x4f; var v6: mat4x4f; var v7: mat4x4f;
  let c = local.x;
  for (var turn = 0u; turn < sharing * query_tiles; turn++) {
    let head = key_head * sharing + turn / query_tiles;
    let tile = group.x + turn % query_tiles;
    let query = 4u * (tile * TILE + local.x);
    let queries = query_column(params, head);
    let outs = head * HEAD_GROUPS;
    // Zeros written out: naga 29 does not reset such a variable each turn (gfx-rs/wgpu#9489).
    var s = mat4x4f();
    var dw = mat4x4f();
    for (var i = 0u; i < HEAD_GROUPS; i++) {
      s += transpose(rows_at(first + query, queries + i)) * rows_at(first + key, keys + i);
      dw += transpose(dout_rows_at(first + query, outs + i)) * rows_at(first + key, values + i);
    }
    let row = ((batch * params.NH + head) * params.lse_stride + query) / 4u;
    let lse4 = lse[row];
    let delta4 = delta[row];
    let at = local_row * TILE + local.x;
    let w0 = weight_of(s[0], lse4, query, key);
    let w1 = weight_of(s[1], lse4, query, key + 1u);
    let w2 = weight_of(s[2], lse4, query, key + 2u);
    let w3 = weight_of(s[3], lse4, query, key + 3u);
    weights[at] = w0;
    weights[at + TILE] = w1;
    weights[at + 2u * TILE] = w2;
    weights[at + 3u * TILE] = w3;
    dscores[at] = w0 * (dw[0] - delta4) * params.scale;
    dscores[at + TILE] = w1 * (dw[1] - delta4) * params.scale;
    dscores[at + 2u * TILE] = w2 * (dw[2] - delta4) * params.scale;
    dscores[at + 3u * TILE] = w3 * (dw[3] - delta4) * params.scale;
    workgroupBarrier();
    let query_row = first + 4u * tile * TILE;
    if (c < HEAD_GROUPS) {
      k0 = add_queries(k0, local_row, query_row, queries + c);
      v0 = add_dout(v0, local_row, query_row, outs + c);
    }
    if (c + TILE < HEAD_GROUPS) {
      k1 = add_queries(k1, local_row, query_row, queries + c + TILE);
      v1 = add_dout(v1, local_row, query_row, outs + c + TILE);
    }
    if (HEAD_GROUPS > 2u * TILE) {
      k2 = add_queries(k2, local_row, query_row, queries + c + 2u * TILE);
      v2 = add_dout(v2, local_row, query_row, outs + c + 2u * TILE);
      k3 = add_queries(k3, local_row, query_row, queries + c + 3u * TILE);
      v3 = add_dout(v3, local_row, query_row, outs + c + 3u * TILE);
    }
    if (HEAD_GROUPS > 4u * TILE) {
      k4 = add_queries(k4, local_row, query_row, queries + c + 4u * TILE);
      v4 = add_dout(v4, local_row, query_row, outs + c + 4u * TILE);
      k5 = add_queries(k5, local_row, query_row, queries + c + 5u * TILE);
      v5 = add_dout(v5, local_row, query_row, outs + c + 5u * TILE);
    }
    if (HEAD_GROUPS > 6u * TILE) {
      k6 = add_queries(k6, local_row, query_row, queries + c + 6u * TILE);
      v6 = add_dout(v6, local_row, query_row, outs + c + 6u * TILE);
      k7 = add_queries(k7, local_row, query_row, queries + c + 7u * TILE);
      v7 = add_dout(v7, local_row, query_row, outs + c + 7u * TILE);
    }
    workgroupBarrier();
  }
  if (c < HEAD_GROUPS) {
    store_rows(batch, key, keys + c, k0);
    store_rows(batch, key, values + c, v0);
  }
  if (c + TILE < HEAD_GROUPS) {
    store_rows(batch, key, keys + c + TILE, k1);
    store_rows(batch, key, values + c + TILE, v1);
  }
  if (c + 2u * TILE < HEAD_GROUPS) {
    store_rows(batch, key, keys + c + 2u * TILE, k2);
    store_rows(batch, key, values + c + 2u * TILE, v2);
  }
  if (c + 3u * TILE < HEAD_GROUPS) {
    store_rows(batch, key, keys + c + 3u * TILE, k3);
    store_rows(batch, key, values + c + 3u * TILE, v3);
  }
  if (c + 4u * TILE < HEAD_GROUPS) {
    store_rows(batch, key, keys + c + 4u * TILE, k4);
    store_rows(batch, key, values + c + 4u * TILE, v4);
  }
  if (c + 5u * TILE < HEAD_GROUPS) {
    store_rows(batch, key, keys + c + 5u * TILE, k5);
    store_rows(batch, key, values + c + 5u * TILE, v5);
  }
  if (c + 6u * TILE < HEAD_GROUPS) {
    store_rows(batch, key, keys + c + 6u * TILE, k6);
    store_rows(batch, key, values + c + 6u * TILE, v6);
  }
  if (c + 7u * TILE < HEAD_GROUPS) {
    store_rows(batch, key, keys + c + 7u * TILE, k7);
    store_rows(batch, key, values + c + 7u * TILE, v7);
  }
}
