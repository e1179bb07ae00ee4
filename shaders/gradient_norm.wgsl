// squares[w] = Σ of the squares of the elements that workgroup w visits.
//
// gradient: `items` groups of four, f32 or bf16 (padding is zero and adds nothing); squares: one
// f32 a workgroup, from squares[first]. Workgroups of LANES threads take turns over the elements.
// Summed up they must equal `sumOfSquares` of core/reference; adamw_control.wgsl does that.

override GRADIENT_BF16: bool = false;
override LANES: u32 = 64;

struct Params {
  items: u32, // groups of four elements
  first: u32,
}

@group(0) @binding(0) var<storage, read> gradient: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> squares: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> lane_sums: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var sum = 0.0;
  for (var i = group.x * LANES + lane; i < params.items; i += groups.x * LANES) {
    let x = unpack_group(gradient[group_word(i, GRADIENT_BF16)], i, GRADIENT_BF16);
    sum += dot(x, x);
  }
  lane_sums[lane] = sum;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    if (lane < width) {
      lane_sums[lane] += lane_sums[lane + width];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    squares[params.first + group.x] = lane_sums[0];
  }
}
