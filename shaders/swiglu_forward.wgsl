// out = silu(gate) · up with silu(x) = x / (1 + exp(-x)).
//
// gateup: (R, 2·HP): the gate, then up, each padded to whole groups; out: (R, H); f32 or bf16. One
// thread computes four columns. Must equal `swigluForward` of core/reference.

override GATEUP_BF16: bool = false;
override OUT_BF16: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  items: u32, // rows × groups
  groups: u32, // groups of four columns in a row of out
}

@group(0) @binding(0) var<storage, read> gateup: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> out: array<vec2u>;
@group(0) @binding(2) var<uniform> params: Params;

fn gateup_at(i: u32) -> vec4f {
  return unpack_group(gateup[group_word(i, GATEUP_BF16)], i, GATEUP_BF16);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  if (item >= params.items) {
    return;
  }
  let origin = item / params.groups * 2u * params.groups + item % params.groups;
  let gate = gateup_at(origin);
  let value = gate / (1.0 + exp(-gate)) * gateup_at(origin + params.groups);
  if (OUT_BF16) {
    out[item] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    out[2u * item] = words.xy;
    out[2u * item + 1u] = words.zw;
  }
}
