// out = deviation · a normal random number that depends on (seed, stream, logical index) alone.
//
// out: rows of a tensor, f32 or bf16; padding inside rows and columns (see ParameterView of
// core/model) is left zero. Two PCG hashes (Jarzynski and Olano, 2020) and Box-Muller. One thread
// writes four elements. Must equal `normalInit` of core/reference.

override OUT_BF16: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  items: u32, // groups of four elements
  groups: u32, // groups of four elements in a row
  first_row: u32, // of this part, counted in the parameter
  first_group: u32, // of the parameter's first row in the part
  row_padded: u32, // of every row_padded rows the first row_valid are real; columns likewise
  row_valid: u32,
  col_padded: u32,
  col_valid: u32,
  logical_cols: u32,
  seed: u32,
  stream: u32,
  deviation: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<vec2u>;
@group(0) @binding(1) var<uniform> params: Params;

fn pcg(x: u32) -> u32 {
  let state = x * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

// cos(2π turn) for |turn| <= 1/2, as a sine's series: WGSL's own cos() may be off by 2^-11.
fn cos_of_turn(turn: f32) -> f32 {
  let x = 6.283185307179586 * (0.25 - abs(turn));
  let y = x * x;
  let tail = 1.0 - y / 42.0 * (1.0 - y / 72.0 * (1.0 - y / 110.0));
  return x * (1.0 - y / 6.0 * (1.0 - y / 20.0 * tail));
}

fn normal(row: u32, col: u32) -> f32 {
  let in_row = row % params.row_padded < params.row_valid;
  let in_col = col % params.col_padded < params.col_valid;
  let logical_row = row / params.row_padded * params.row_valid + row % params.row_padded;
  let logical_col = col / params.col_padded * params.col_valid + col % params.col_padded;
  if (!in_row || !in_col || logical_col >= params.logical_cols) {
    return 0.0;
  }
  let index = logical_row * params.logical_cols + logical_col;
  let h1 = pcg(index ^ pcg(params.seed ^ pcg(params.stream)));
  let h2 = pcg(h1 ^ 0x9e3779b9u);
  // 24 bits each; the first is never 0, so that its logarithm is finite.
  let u1 = (f32(h1 >> 8u) + 1.0) / 16777216.0;
  let u2 = f32(h2 >> 8u) / 16777216.0 - 0.5;
  // A log() that is off by an ulp must not make the root's argument negative.
  let radius = sqrt(max(0.0, -2.0 * log(u1)));
  return params.deviation * radius * cos_of_turn(u2);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let item = flat_index(id, groups, WORKGROUP);
  if (item >= params.items) {
    return;
  }
  let row = params.first_row + item / params.groups;
  let col = 4u * (item % params.groups);
  let value = vec4f(
    normal(row, col), normal(row, col + 1u), normal(row, col + 2u), normal(row, col + 3u),
  );
  let i = params.first_group + item;
  if (OUT_BF16) {
    out[i] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    out[2u * i] = words.xy;
    out[2u * i + 1u] = words.zw;
  }
}
