// Elements as shaders see them: groups of four f32, whatever the storage dtype.
//
// A row is padded to whole groups. f32 keeps a group in a vec4u; bf16 keeps two groups in one, an
// earlier element in the lower half of its word. Inputs are bound as array<vec4u>, outputs as
// array<vec2u>, so that a bf16 group can be written on its own. This file is put before every
// kernel; it has no entry point.

// Where group `i` lies in an array<vec4u>.
fn group_word(i: u32, bf16: bool) -> u32 {
  return select(i, i >> 1u, bf16);
}

// Group `i` out of the vec4u that holds it.
fn unpack_group(words: vec4u, i: u32, bf16: bool) -> vec4f {
  if (bf16) {
    return widen(select(words.xy, words.zw, (i & 1u) == 1u));
  }
  return bitcast<vec4f>(words);
}

// Four bf16 as f32: a bf16 is the upper half of an f32.
fn widen(halves: vec2u) -> vec4f {
  return bitcast<vec4f>(
    vec4u(halves.x << 16u, halves.x & 0xffff0000u, halves.y << 16u, halves.y & 0xffff0000u),
  );
}

// Four f32 as bf16, rounded to nearest, ties to even; a NaN stays a (quiet) NaN.
fn narrow(values: vec4f) -> vec2u {
  let bits = bitcast<vec4u>(values);
  let rounded = bits + vec4u(0x7fffu) + ((bits >> vec4u(16u)) & vec4u(1u));
  let is_nan = (bits & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
  let halves = select(rounded, bits | vec4u(0x400000u), is_nan) >> vec4u(16u);
  return vec2u(halves.x | (halves.y << 16u), halves.z | (halves.w << 16u));
}

// The item of this invocation in a grid made by gridOf (core/gpu/kernel.ts).
fn flat_index(id: vec3u, groups: vec3u, workgroup_size: u32) -> u32 {
  return id.y * groups.x * workgroup_size + id.x;
}

// The columns of group `col4` that are inside a row of `cols` elements, as 1 or 0.
fn column_mask(col4: u32, cols: u32) -> vec4f {
  return select(vec4f(0.0), vec4f(1.0), vec4u(4u * col4) + vec4u(0u, 1u, 2u, 3u) < vec4u(cols));
}
