// out[x] = the value that a seed gives to x, by ten rounds of xorshift32.
//
// A matrix of the proof of GPU has at (i, j) the value of i + j (modulo 2^32), so 2·n - 1 values are
// all of it. Source: `generate_matrix_torch` of neuralinternet/compute-subnet v1.8.3. out: `count`
// values, f32, or f16 with HALF, two in a word. With NORMAL they are normal random numbers, for
// benchmarks. One thread makes two values. Must equal `proofValue` of core/compute/proof_of_gpu.
// elements.wgsl is put before.

override NORMAL: bool = false;
override HALF: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  seed: u32, // its low half: the state has 32 bits
  count: u32,
}

@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;

fn state_of(index: u32) -> u32 {
  var x = params.seed + index;
  for (var round = 0u; round < 10u; round++) {
    x ^= x << 13u;
    x ^= x >> 17u;
    x ^= x << 5u;
  }
  return x;
}

// state / 2^32, rounded to nearest, ties to even. f32() may round either way, so what does not fit
// its 24 bits is rounded here.
fn fraction(state: u32) -> f32 {
  let dropped = 8u - min(8u, countLeadingZeros(state));
  var kept = state >> dropped;
  let rest = state & ((1u << dropped) - 1u);
  let half = (1u << dropped) >> 1u;
  if (dropped > 0u && (rest > half || (rest == half && (kept & 1u) == 1u))) {
    kept += 1u;
  }
  return f32(kept) * bitcast<f32>((127u - 32u + dropped) << 23u);
}

// Two normal random numbers (Box and Muller, 1958).
fn normals(first: u32, second: u32) -> vec2f {
  // Never 0, so that the logarithm is finite.
  let radius = sqrt(max(0.0, -2.0 * log((f32(first >> 8u) + 1.0) / 16777216.0)));
  let angle = 6.2831853 * f32(second >> 8u) / 16777216.0;
  return radius * vec2f(cos(angle), sin(angle));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let pair = flat_index(id, groups, WORKGROUP);
  let first = 2u * pair;
  if (first >= params.count) {
    return;
  }
  let states = vec2u(state_of(first), state_of(first + 1u));
  var values = vec2f(fraction(states.x), fraction(states.y));
  if (NORMAL) {
    values = normals(states.x, states.y);
  }
  if (HALF) {
    out[pair] = pack2x16float(values);
    return;
  }
  out[first] = bitcast<u32>(values.x);
  if (first + 1u < params.count) {
    out[first + 1u] = bitcast<u32>(values.y);
  }
}
