// dgate = dout · up · silu'(gate), dup = dout · silu(gate).
//
// dout: (R, H); gateup, dgateup: (R, 2·HP) as in swiglu_forward.wgsl, dgateup written (=); f32 or
// bf16. One thread computes four columns of each. Must equal `swigluBackward` of core/reference.

override DOUT_BF16: bool = false;
override GATEUP_BF16: bool = false;
override DGATEUP_BF16: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  items: u32, // rows × groups
  groups: u32, // groups of four columns in a row of dout
}

@group(0) @binding(0) var<storage, read> dout: array<vec4u>;
@group(0) @binding(1) var<storage, read> gateup: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> dgateup: array<vec2u>;
@group(0) @binding(3) var<uniform> params: Params;

fn gateup_at(i: u32) -> vec4f {
  return unpack_group(gateup[group_word(i, GATEUP_BF16)], i, GATEUP_BF16);
}

fn store(i: u32, value: vec4f) {
  if (DGATEUP_BF16) {
    dgateup[i] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    dgateup[2u * i] = words.xy;
    dgateup[2u * i + 1u] = words.zw;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  if (item >= params.items) {
    return;
  }
  let origin = item / params.groups * 2u * params.groups + item % params.groups;
  let gradient = unpack_group(dout[group_word(item, DOUT_BF16)], item, DOUT_BF16);
  let gate = gateup_at(origin);
  let sigmoid = 1.0 / (1.0 + exp(-gate));
  let slope = sigmoid * (1.0 + gate * (1.0 - sigmoid));
  store(origin, gradient * gateup_at(origin + params.groups) * slope);
  store(origin + params.groups, gradient * gate * sigmoid);
}
