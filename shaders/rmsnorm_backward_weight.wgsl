// dweight += Σ over rows of dout · inp · rstd.
//
// dout, inp: (R, C); rstd: (R) f32; dweight: (C), added to; f32 or bf16. A workgroup of LANES
// threads owns four channels, its threads the rows in turn. Must equal dweight of
// `rmsnormBackward` of core/reference.

override DOUT_BF16: bool = false;
override INP_BF16: bool = false;
override DWEIGHT_BF16: bool = false;
override LANES: u32 = 64;

struct Params {
  R: u32,
  groups: u32, // groups of four channels in a row
}

@group(0) @binding(0) var<storage, read> dout: array<vec4u>;
@group(0) @binding(1) var<storage, read> inp: array<vec4u>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read_write> dweight: array<vec2u>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> lane_sums: array<vec4f, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x;
  var sum = vec4f(0.0);
  for (var row = lane; row < params.R; row += LANES) {
    let i = row * params.groups + column;
    sum += unpack_group(dout[group_word(i, DOUT_BF16)], i, DOUT_BF16) *
      unpack_group(inp[group_word(i, INP_BF16)], i, INP_BF16) * rstd[row];
  }
  lane_sums[lane] = sum;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    if (lane < width) {
      lane_sums[lane] += lane_sums[lane + width];
    }
    workgroupBarrier();
  }
  if (lane != 0u) {
    return;
  }
  if (DWEIGHT_BF16) {
    dweight[column] = narrow(widen(dweight[column]) + lane_sums[0]);
  } else {
    let old = bitcast<vec4f>(vec4u(dweight[2u * column], dweight[2u * column + 1u]));
    let words = bitcast<vec4u>(old + lane_sums[0]);
    dweight[2u * column] = words.xy;
    dweight[2u * column + 1u] = words.zw;
  }
}
