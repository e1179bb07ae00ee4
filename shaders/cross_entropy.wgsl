// losses[r] = log Σ exp(logits[r]) - logits[r][target]; logits become their own gradient,
// (softmax - onehot) · scale, in place. Rows without a target (NO_TARGET) get 0 for both.
//
// logits: (rows of this part, V), f32 or bf16, overwritten; targets: (R) u32; losses: (R) f32. A
// workgroup of LANES threads shares a row. Must equal `crossEntropy` of core/reference.

override LOGITS_BF16: bool = false;
override LANES: u32 = 64;

const NO_TARGET = 0xffffffffu;
const LOWEST = -3.0e38;

struct Params {
  rows: u32,
  first_row: u32,
  V: u32,
  groups: u32, // groups of four logits in a row
  scale: f32,
}

@group(0) @binding(0) var<storage, read> targets: array<u32>;
@group(0) @binding(1) var<storage, read_write> logits: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> lane_values: array<f32, LANES>;

fn logits_at(i: u32) -> vec4f {
  if (LOGITS_BF16) {
    return widen(logits[i]);
  }
  return bitcast<vec4f>(vec4u(logits[2u * i], logits[2u * i + 1u]));
}

// The group's logits, with columns past V out of the running.
fn real_logits(first: u32, c: u32) -> vec4f {
  return select(vec4f(LOWEST), logits_at(first + c), column_mask(c, params.V) > vec4f(0.0));
}

fn store(i: u32, value: vec4f) {
  if (LOGITS_BF16) {
    logits[i] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    logits[2u * i] = words.xy;
    logits[2u * i + 1u] = words.zw;
  }
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // A row past the end works on the last one and stores nothing: every lane must reach the barriers.
  let asked = group.y * groups.x + group.x;
  let row = min(asked, params.rows - 1u);
  let first = row * params.groups;
  var greatest = vec4f(LOWEST);
  for (var c = lane; c < params.groups; c += LANES) {
    greatest = max(greatest, real_logits(first, c));
  }
  lane_values[lane] = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    if (lane < width) {
      lane_values[lane] = max(lane_values[lane], lane_values[lane + width]);
    }
    workgroupBarrier();
  }
  let row_max = lane_values[0];
  workgroupBarrier();
  var sum = vec4f(0.0);
  for (var c = lane; c < params.groups; c += LANES) {
    sum += exp(real_logits(first, c) - row_max);
  }
  lane_values[lane] = dot(sum, vec4f(1.0));
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    if (lane < width) {
      lane_values[lane] += lane_values[lane + width];
    }
    workgroupBarrier();
  }
  let row_sum = lane_values[0];
  if (asked >= params.rows) {
    return;
  }
  let goal = targets[params.first_row + row];
  let has_target = goal != NO_TARGET;
  let scale = select(0.0, params.scale, has_target);
  // One lane takes the loss, before any lane overwrites the logit it needs: its own group.
  if (lane == (goal / 4u) % LANES && has_target) {
    let at_goal = real_logits(first, goal / 4u);
    let of_goal = vec4u(0u, 1u, 2u, 3u) == vec4u(goal % 4u);
    let logit = dot(select(vec4f(0.0), at_goal, of_goal), vec4f(1.0));
    losses[params.first_row + row] = log(row_sum) + row_max - logit;
  } else if (lane == 0u && !has_target) {
    losses[params.first_row + row] = 0.0;
  }
  for (var c = lane; c < params.groups; c += LANES) {
    let softmax = exp(real_logits(first, c) - row_max) / row_sum;
    let onehot = select(vec4f(0.0), vec4f(1.0), vec4u(4u * c) + vec4u(0u, 1u, 2u, 3u) == vec4u(goal));
    store(first + c, (softmax - onehot) * scale * column_mask(c, params.V));
  }
}
