// Rotates keys and queries in place: (x1, x2) → (x1 cos - x2 sin, x2 cos + x1 sin).
//
// x1 and x2 are the halves of a head (not pairs of neighbours). qkv: (B·T, (2·NKV + NH)·HP), heads
// in the order keys, values, queries, f32 or bf16; cosines, sines: (T, HP / 2) f32. INVERSE turns
// back, which is the backward pass. One thread rotates four channels of each half. Must equal
// `ropeForward` and `ropeBackward` of core/reference.

override QKV_BF16: bool = false;
override INVERSE: bool = false;
override HALF_GROUPS: u32 = 2; // groups of four channels in half a head
override WORKGROUP: u32 = 64;

struct Params {
  rows: u32,
  T: u32,
  NH: u32,
  NKV: u32,
  stride: u32, // groups in a row of qkv
}

@group(0) @binding(0) var<storage, read> cosines: array<vec4f>;
@group(0) @binding(1) var<storage, read> sines: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> qkv: array<vec2u>;
@group(0) @binding(3) var<uniform> params: Params;

fn qkv_at(i: u32) -> vec4f {
  if (QKV_BF16) {
    return widen(qkv[i]);
  }
  return bitcast<vec4f>(vec4u(qkv[2u * i], qkv[2u * i + 1u]));
}

fn store(i: u32, value: vec4f) {
  if (QKV_BF16) {
    qkv[i] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    qkv[2u * i] = words.xy;
    qkv[2u * i + 1u] = words.zw;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  let rotated = (params.NKV + params.NH) * HALF_GROUPS;
  let row = item / rotated;
  if (row >= params.rows) {
    return;
  }
  let c = item % HALF_GROUPS;
  var head = item % rotated / HALF_GROUPS;
  if (head >= params.NKV) {
    head += params.NKV; // values stand between keys and queries and are not rotated
  }
  let place = (row % params.T) * HALF_GROUPS + c;
  let cosine = cosines[place];
  let sine = select(sines[place], -sines[place], INVERSE);
  let i1 = row * params.stride + head * 2u * HALF_GROUPS + c;
  let i2 = i1 + HALF_GROUPS;
  let x1 = qkv_at(i1);
  let x2 = qkv_at(i2);
  store(i1, x1 * cosine - x2 * sine);
  store(i2, x2 * cosine + x1 * sine);
}
