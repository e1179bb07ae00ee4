// The candidates of a password search, for every hash algorithm; put before the algorithm's shader.
//
// An invocation takes one outer index: it decodes the low characters of its candidates and puts them
// into the message, which already holds salt, padding and the high characters. The algorithm then
// walks the table of inner characters, all of which lie in the message's word INNER_WORD. See
// `SearchPlan` of core/hash. An invocation that met the wanted word notes its outer index, once;
// the host tells the password from a chance hit (one in 2^32 candidates).

override WORKGROUP: u32 = 64;
override INNER_WORD: u32 = 0;

struct Params {
  first_outer: u32,
  outer_count: u32,
  inner_count: u32,
  digit_count: u32,
  wanted: u32, // what the algorithm's result must equal
  message_bytes: u32,
  message: array<vec4u, 8>, // 32 words
  digits: array<vec4u, 32>, // word, shift, first character in the charsets, number of characters
}

@group(0) @binding(0) var<storage, read> charsets: array<u32>;
// Four entries a vector: as a uniform it is read once for all invocations that are in step.
@group(0) @binding(1) var<uniform> inner: array<vec4u, 4096>;
@group(0) @binding(2) var<storage, read_write> suspects: array<atomic<u32>>; // count, outer indices
@group(0) @binding(3) var<uniform> params: Params;

var<private> message: array<u32, 32>;

// Puts the characters of an outer index into the message.
fn decode(outer: u32) {
  for (var i = 0u; i < 32u; i++) {
    message[i] = params.message[i >> 2u][i & 3u];
  }
  var rest = outer;
  for (var i = 0u; i < params.digit_count; i++) {
    let digit = params.digits[i];
    message[digit.x] |= charsets[digit.z + rest % digit.w] << digit.y;
    rest /= digit.w;
  }
}

fn note_suspect(outer: u32) {
  let at = 1u + atomicAdd(&suspects[0], 1u);
  if (at < arrayLength(&suspects)) {
    atomicStore(&suspects[at], outer);
  }
}

// The invocation's place in a grid made by gridOf (core/gpu/kernel.ts).
fn flat_index(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * WORKGROUP + id.x;
}
