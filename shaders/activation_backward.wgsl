// dinp = dout · silu'(inp), or with RELU dout where inp > 0.
//
// dout, inp, dinp: (R, N), f32 or bf16, dinp written (=). One thread computes four elements. For
// relu, inp may be the forward's output: both are positive at the same places. Must equal
// `siluBackward` and `reluBackward` of core/reference.

override DOUT_BF16: bool = false;
override INP_BF16: bool = false;
override DINP_BF16: bool = false;
override RELU: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  items: u32, // groups of four elements
}

@group(0) @binding(0) var<storage, read> dout: array<vec4u>;
@group(0) @binding(1) var<storage, read> inp: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> dinp: array<vec2u>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  if (item >= params.items) {
    return;
  }
  let gradient = unpack_group(dout[group_word(item, DOUT_BF16)], item, DOUT_BF16);
  let x = unpack_group(inp[group_word(item, INP_BF16)], item, INP_BF16);
  let sigmoid = 1.0 / (1.0 + exp(-x));
  let silu_slope = sigmoid * (1.0 + x * (1.0 - sigmoid));
  let relu_slope = select(vec4f(0.0), vec4f(1.0), x > vec4f(0.0));
  let value = gradient * select(silu_slope, relu_slope, RELU);
  if (DINP_BF16) {
    dinp[item] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    dinp[2u * item] = words.xy;
    dinp[2u * item + 1u] = words.zw;
  }
}
