// What the three attention kernels share: sizes, and where a head's rows lie.
//
// qkv: (B·T, (2·NKV + NH)·HP), heads in the order keys, values, queries (the order of the weights);
// HP = 4·HEAD_GROUPS is the padded head dim. A tile is TILE × TILE blocks of 4 × 4 scores and one
// workgroup has one thread a block. Rows past T belong to the next sample: their scores are masked.
// This file is put between elements.wgsl and the kernel, which binds the params; it has no entry
// point.

override QKV_BF16: bool = false;
override OUT_BF16: bool = false;
override HEAD_GROUPS: u32 = 4;
override TILE: u32 = 4;

struct Params {
  T: u32,
  NH: u32,
  NKV: u32,
  qkv_stride: u32, // strides in groups of four elements
  out_stride: u32,
  lse_stride: u32,
  scale: f32, // 1 / sqrt(HD)
}

// Low enough to vanish in a softmax, and finite: WGSL may assume there are no infinities.
const MASKED = -1e30;

fn key_column(params: Params, head: u32) -> u32 {
  return head * HEAD_GROUPS;
}

fn value_column(params: Params, head: u32) -> u32 {
  return (params.NKV + head) * HEAD_GROUPS;
}

fn query_column(params: Params, head: u32) -> u32 {
  return (2u * params.NKV + head) * HEAD_GROUPS;
}

// Key and value head of a query head.
fn shared_head(params: Params, head: u32) -> u32 {
  return head / (params.NH / params.NKV);
}

// 1 where key <= query and the query is inside the sample, for four queries against one key.
fn queries_see_key(T: u32, first_query: u32, key: u32) -> vec4<bool> {
  let query = vec4u(first_query) + vec4u(0u, 1u, 2u, 3u);
  return (vec4u(key) <= query) & (query < vec4u(T));
}

// The same for one query against four keys.
fn query_sees_keys(query: u32, first_key: u32) -> vec4<bool> {
  return vec4u(first_key) + vec4u(0u, 1u, 2u, 3u) <= vec4u(query);
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4u>;

fn qkv_at(i: u32) -> vec4f {
  return unpack_group(qkv[group_word(i, QKV_BF16)], i, QKV_BF16);
}

// Four rows from `row`, column group `column`: one row a matrix column.
fn rows_at(row: u32, column: u32) -> mat4x4f {
  let i = row * params.qkv_stride + column;
  let stride = params.qkv_stride;
  return mat4x4f(qkv_at(i), qkv_at(i + stride), qkv_at(i + 2u * stride), qkv_at(i + 3u * stride));
}
