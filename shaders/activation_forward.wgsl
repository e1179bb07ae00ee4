// out = silu(inp), or relu(inp) with RELU.
//
// inp, out: (R, N), f32 or bf16. One thread computes four elements. Must equal `siluForward` and
// `reluForward` of core/reference.

override INP_BF16: bool = false;
override OUT_BF16: bool = false;
override RELU: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  items: u32, // groups of four elements
}

@group(0) @binding(0) var<storage, read> inp: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> out: array<vec2u>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  if (item >= params.items) {
    return;
  }
  let x = unpack_group(inp[group_word(item, INP_BF16)], item, INP_BF16);
  let relu = select(x, vec4f(0.0), x < vec4f(0.0)); // unlike max(), passes NaN on
  let value = select(x / (1.0 + exp(-x)), relu, RELU);
  if (OUT_BF16) {
    out[item] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    out[2u * item] = words.xy;
    out[2u * item + 1u] = words.zw;
  }
}
