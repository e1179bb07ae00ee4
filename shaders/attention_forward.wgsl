// out = softmax(scale · q kᵀ, causal) v, streamed over tiles of keys; lse = log Σ exp of a row.
//
// qkv: see attention_operands.wgsl; out: (B·T, NH·HP), f32 or bf16; lse: (B·NH, T) f32.
// A workgroup owns 4·TILE queries of one head; no (T, T) matrix leaves it. Must equal
// `attentionForward` of core/reference.

@group(0) @binding(1) var<storage, read_write> out: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> lse: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> weights: array<vec4f, 4 * TILE * TILE>; // [query of the tile][block of keys]
var<workgroup> row_max: array<f32, 4 * TILE>;
var<workgroup> row_sum: array<f32, 4 * TILE>;
var<workgroup> row_shrink: array<f32, 4 * TILE>; // what a new maximum does to older sums

// Scores of four queries (columns) against four keys.
fn scores(query_row: u32, query_column: u32, key_row: u32, key_column: u32) -> mat4x4f {
  var sum: mat4x4f;
  for (var c = 0u; c < HEAD_GROUPS; c++) {
    sum += transpose(rows_at(key_row, key_column + c)) * rows_at(query_row, query_column + c);
  }
  return params.scale * sum;
}

// One row of the tile: new maximum, weights instead of scores, sum.
fn soften_row(row: u32) {
  let first = row * TILE;
  var greatest = vec4f(row_max[row]);
  for (var j = 0u; j < TILE; j++) {
    greatest = max(greatest, weights[first + j]);
  }
  let new_max = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
  var sum = vec4f(0.0);
  for (var j = 0u; j < TILE; j++) {
    let weight = exp(weights[first + j] - vec4f(new_max));
    weights[first + j] = weight;
    sum += weight;
  }
  let shrink = exp(row_max[row] - new_max);
  row_shrink[row] = shrink;
  row_sum[row] = row_sum[row] * shrink + dot(sum, vec4f(1.0));
  row_max[row] = new_max;
}

// Adds the tile's weighted values to four rows (columns of `sum`) of one column group.
fn add_values(sum: mat4x4f, row: u32, value_row: u32, value_column: u32) -> mat4x4f {
  var total = mat4x4f(
    sum[0] * row_shrink[row], sum[1] * row_shrink[row + 1u],
    sum[2] * row_shrink[row + 2u], sum[3] * row_shrink[row + 3u],
  );
  for (var j = 0u; j < TILE; j++) {
    let at = row * TILE + j;
    let weight = mat4x4f(
      weights[at], weights[at + TILE], weights[at + 2u * TILE], weights[at + 3u * TILE],
    );
    total += rows_at(value_row + 4u * j, value_column) * weight;
  }
  return total;
}

fn store_row(batch: u32, query: u32, local_row: u32, column: u32, value: vec4f) {
  if (query >= params.T) {
    return;
  }
  let i = (batch * params.T + query) * params.out_stride + column;
  let result = value / row_sum[local_row];
  if (OUT_BF16) {
    out[i] = narrow(result);
  } else {
    let words = bitcast<vec4u>(result);
    out[2u * i] = words.xy;
    out[2u * i + 1u] = words.zw;
  }
}

fn store_rows(batch: u32, query: u32, local_row: u32, column: u32, value: mat4x4f) {
  store_row(batch, query, local_row, column, value[0]);
  store_row(batch, query + 1u, local_row + 1u, column, value[1]);
  store_row(batch, query + 2u, local_row + 2u, column, value[2]);
  store_row(batch, query + 3u, local_row + 3u, column, value[3]);
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
    row_max[row] = MASKED;
    row_sum[row] = 0.0;
  }
  // Column groups local.x, local.x + TILE, … of the output, written out as in matmul_direct.
  var o0: mat4x4f; var o1: mat4x4f; var o2: mat4x4f; var o3: mat4x4f;
  var o4: mat4x4f; var o5: mat4x4f; var o6: mat4x4f; var o7: mat4x4f;
  let c = local.x;
  for (var tile = 0u; tile <= group.x; tile++) {
    let key = 4u * (tile * TILE + local.x);
    let s = scores(first + query, queries, first + key, keys);
    let at = local_row * TILE + local.x;
    let masked = vec4f(MASKED);
    weights[at] = select(masked, s[0], query_sees_keys(query, key));
    weights[at + TILE] = select(masked, s[1], query_sees_keys(query + 1u, key));
    weights[at + 2u * TILE] = select(masked, s[2], query_sees_keys(query + 2u, key));
    weights[at + 3u * TILE] = select(masked, s[3], query_sees_keys(query + 3u, key));
    workgroupBarrier();
    for (var row = thread; row < 4u * TILE; row += TILE * TILE) {
      soften_row(row);
    }
    workgroupBarrier();
    let value_row = first + 4u * tile * TILE;
    if (c < HEAD_GROUPS) { o0 = add_values(o0, local_row, value_row, values + c); }
    if (c + TILE < HEAD_GROUPS) { o1 = add_values(o1, local_row, value_row, values + c + TILE); }
    if (HEAD_GROUPS > 2u * TILE) {
      o2 = add_values(o2, local_row, value_row, values + c + 2u * TILE);
      o3 = add_values(o3, local_row, value_row, values + c + 3u * TILE);
    }
    if (HEAD_GROUPS > 4u * TILE) {
      o4 = add_values(o4, local_row, value_row, values + c + 4u * TILE);
      o5 = add_values(o5, local_row, value_row, values + c + 5u * TILE);
    }
    if (HEAD_GROUPS > 6u * TILE) {
      o6 = add_values(o6, local_row, value_row, values + c + 6u * TILE);
      o7 = add_values(o7, local_row, value_row, values + c + 7u * TILE);
    }
    workgroupBarrier();
  }
  let column = head * HEAD_GROUPS + c;
  if (c < HEAD_GROUPS) { store_rows(batch, query, local_row, column, o0); }
  if (c + TILE < HEAD_GROUPS) { store_rows(batch, query, local_row, column + TILE, o1); }
  if (c + 2u * TILE < HEAD_GROUPS) { store_rows(batch, query, local_row, column + 2u * TILE, o2); }
  if (c + 3u * TILE < HEAD_GROUPS) { store_rows(batch, query, local_row, column + 3u * TILE, o3); }
  if (c + 4u * TILE < HEAD_GROUPS) { store_rows(batch, query, local_row, column + 4u * TILE, o4); }
  if (c + 5u * TILE < HEAD_GROUPS) { store_rows(batch, query, local_row, column + 5u * TILE, o5); }
  if (c + 6u * TILE < HEAD_GROUPS) { store_rows(batch, query, local_row, column + 6u * TILE, o6); }
  if (c + 7u * TILE < HEAD_GROUPS) { store_rows(batch, query, local_row, column + 7u * TILE, o7); }
  for (var row = thread; row < 4u * TILE; row += TILE * TILE) {
    let row_query = 4u * group.x * TILE + row;
    if (row_query < params.T) {
      let i = (batch * params.NH + head) * params.lse_stride + row_query;
      lse[i] = row_max[row] + log(row_sum[row]);
    }
  }
}
