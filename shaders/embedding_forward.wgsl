// out[r] = weight[tokens[r]] for the rows of the vocabulary that this part of the weight holds.
//
// tokens: (R) u32; weight: (part of V, C); out: (R, C); f32 or bf16. One thread copies four
// channels. A split weight runs once per part, each writing its own tokens. Must equal
// `embeddingForward` of core/reference.

override WEIGHT_BF16: bool = false;
override OUT_BF16: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  R: u32,
  groups: u32, // groups of four channels in a row
  first_token: u32,
  part_tokens: u32,
}

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> weight: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec2u>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  let row = item / params.groups;
  if (row >= params.R) {
    return;
  }
  let token = tokens[row] - params.first_token;
  if (token >= params.part_tokens) { // also true for tokens before the part: u32 wraps
    return;
  }
  let origin = token * params.groups + item % params.groups;
  let value = unpack_group(weight[group_word(origin, WEIGHT_BF16)], origin, WEIGHT_BF16);
  if (OUT_BF16) {
    out[item] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    out[2u * item] = words.xy;
    out[2u * item + 1u] = words.zw;
  }
}
