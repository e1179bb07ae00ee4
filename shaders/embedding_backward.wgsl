// dweight[token] += Σ dout[r] over the rows r with that token.
//
// The host sorts the rows by token (core/ops/embedding.ts), so that one thread owns a token's four
// channels and no two write the same place. order: rows sorted by token (R); segments: for each
// token that occurs: token, first place in order, end, unused; dout: (R, C); dweight: (part of V,
// C); f32 or bf16. Must equal `embeddingBackward` of core/reference.

override DOUT_BF16: bool = false;
override DWEIGHT_BF16: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  R: u32, // room for segments: unused ones are empty
  groups: u32, // groups of four channels in a row
  first_token: u32,
  part_tokens: u32,
}

@group(0) @binding(0) var<storage, read> order: array<u32>;
@group(0) @binding(1) var<storage, read> segments: array<vec4u>;
@group(0) @binding(2) var<storage, read> dout: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> dweight: array<vec2u>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  if (item >= params.R * params.groups) {
    return;
  }
  let column = item % params.groups;
  let segment = segments[item / params.groups];
  let token = segment.x - params.first_token;
  if (segment.y == segment.z || token >= params.part_tokens) {
    return;
  }
  var sum = vec4f(0.0);
  for (var place = segment.y; place < segment.z; place++) {
    let i = order[place] * params.groups + column;
    sum += unpack_group(dout[group_word(i, DOUT_BF16)], i, DOUT_BF16);
  }
  let to = token * params.groups + column;
  if (DWEIGHT_BF16) {
    dweight[to] = narrow(widen(dweight[to]) + sum);
  } else {
    let old = bitcast<vec4f>(vec4u(dweight[2u * to], dweight[2u * to + 1u]));
    let words = bitcast<vec4u>(old + sum);
    dweight[2u * to] = words.xy;
    dweight[2u * to + 1u] = words.zw;
  }
}
