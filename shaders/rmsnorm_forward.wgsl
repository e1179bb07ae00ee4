// out = inp · rstd · weight with rstd = 1 / sqrt(mean(inp²) + 1e-5), for each row.
//
// inp, out: (R, C); weight: (C); f32 or bf16; rstd: (R) f32, kept for the backward pass. A
// workgroup of LANES threads shares a row. Must equal `rmsnormForward` of core/reference.

override INP_BF16: bool = false;
override WEIGHT_BF16: bool = false;
override OUT_BF16: bool = false;
override LANES: u32 = 64;

struct Params {
  R: u32,
  C: u32,
  groups: u32, // groups of four channels in a row
}

@group(0) @binding(0) var<storage, read> inp: array<vec4u>;
@group(0) @binding(1) var<storage, read> weight: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> out: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> lane_sums: array<f32, LANES>;

fn inp_at(i: u32) -> vec4f {
  return unpack_group(inp[group_word(i, INP_BF16)], i, INP_BF16);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  let first = row * params.groups;
  var squares = 0.0;
  for (var c = lane; c < params.groups; c += LANES) {
    let x = inp_at(first + c);
    squares += dot(x, x);
  }
  lane_sums[lane] = squares;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    if (lane < width) {
      lane_sums[lane] += lane_sums[lane + width];
    }
    workgroupBarrier();
  }
  if (row >= params.R) {
    return;
  }
  let scale = inverseSqrt(lane_sums[0] / f32(params.C) + 1e-5);
  if (lane == 0u) {
    rstd[row] = scale;
  }
  for (var c = lane; c < params.groups; c += LANES) {
    let w = unpack_group(weight[group_word(c, WEIGHT_BF16)], c, WEIGHT_BF16);
    let value = inp_at(first + c) * scale * w;
    let i = first + c;
    if (OUT_BF16) {
      out[i] = narrow(value);
    } else {
      let words = bitcast<vec4u>(value);
      out[2u * i] = words.xy;
      out[2u * i + 1u] = words.zw;
    }
  }
}
