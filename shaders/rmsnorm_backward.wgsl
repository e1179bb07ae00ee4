// dinp = rstd · (dout · weight - inp · rstd² · mean(dout · weight · inp)) + skip, for each row.
//
// dout, inp: (R, C); weight: (C); rstd: (R) f32; skip: (R, skip_cols), the gradient that came past
// the norm along the residual, added to the first skip_cols channels; dinp: (R, C), written (=).
// A workgroup of LANES threads shares a row. Must equal dinp of `rmsnormBackward` of
// core/reference, plus `addChannels` of the residual.

override DOUT_BF16: bool = false;
override INP_BF16: bool = false;
override WEIGHT_BF16: bool = false;
override SKIP_BF16: bool = false;
override DINP_BF16: bool = false;
override LANES: u32 = 64;

struct Params {
  R: u32,
  C: u32,
  groups: u32, // groups of four channels in a row
  skip_groups: u32, // the same for skip
  skip_cols: u32,
}

@group(0) @binding(0) var<storage, read> dout: array<vec4u>;
@group(0) @binding(1) var<storage, read> inp: array<vec4u>;
@group(0) @binding(2) var<storage, read> weight: array<vec4u>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read> skip: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> dinp: array<vec2u>;
@group(0) @binding(6) var<uniform> params: Params;

var<workgroup> lane_sums: array<f32, LANES>;

fn inp_at(i: u32) -> vec4f {
  return unpack_group(inp[group_word(i, INP_BF16)], i, INP_BF16);
}

// dout · weight, the gradient of the normalised row
fn dnormed_at(first: u32, c: u32) -> vec4f {
  let i = first + c;
  return unpack_group(dout[group_word(i, DOUT_BF16)], i, DOUT_BF16) *
    unpack_group(weight[group_word(c, WEIGHT_BF16)], c, WEIGHT_BF16);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  let first = row * params.groups;
  var sum = 0.0;
  for (var c = lane; c < params.groups; c += LANES) {
    sum += dot(dnormed_at(first, c), inp_at(first + c));
  }
  lane_sums[lane] = sum;
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
  let scale = rstd[row];
  let pull = lane_sums[0] / f32(params.C) * scale * scale;
  for (var c = lane; c < params.groups; c += LANES) {
    let i = first + c;
    var value = scale * (dnormed_at(first, c) - inp_at(i) * pull);
    if (4u * c < params.skip_cols) {
      let origin = row * params.skip_groups + c;
      let extra = unpack_group(skip[group_word(origin, SKIP_BF16)], origin, SKIP_BF16);
      value += extra * column_mask(c, params.skip_cols);
    }
    if (DINP_BF16) {
      dinp[i] = narrow(value);
    } else {
      let words = bitcast<vec4u>(value);
      dinp[2u * i] = words.xy;
      dinp[2u * i + 1u] = words.zw;
    }
  }
}
