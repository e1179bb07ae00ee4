// out[i] = a digest of 16 chains of words that were added, xored and rotated TURNS · turns times.
//
// Nothing but integer arithmetic, all of it in registers: the rate is the adapter's integer bound.
// out: (invocations) u32. `Word` and `WORD_BITS` are put before: u32, or u64 where the adapter has
// it. Of a turn's 44 operations a lane 16 add, 16 xor and 12 rotate, as BLAKE2b's G does without its
// message and with its rotation by half a word as the swap it is. Must equal `integerBoundWord`.

override WORKGROUP: u32 = 64;

struct Params {
  turns: u32,
}

@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;

// Sixteen chains, four to a vector.
struct Chains {
  a: vec4<Word>,
  b: vec4<Word>,
  c: vec4<Word>,
  d: vec4<Word>,
}

fn rotate_left(x: vec4<Word>, bits: u32) -> vec4<Word> {
  return (x << vec4u(bits)) | (x >> vec4u(WORD_BITS - bits));
}

fn turn(v: Chains) -> Chains {
  let a = v.a + v.b;
  let b = v.b + v.c;
  let c = v.c + v.d;
  let d = v.d + v.a;
  return Chains(
    d ^ a,
    rotate_left(a ^ c, 7u),
    rotate_left(b ^ d, 12u),
    rotate_left(c ^ b, 8u),
  );
}

fn four_turns(v: Chains) -> Chains {
  return turn(turn(turn(turn(v))));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let seed = vec4<Word>(Word(id.x)) + vec4<Word>(Word(1u), Word(2u), Word(3u), Word(4u));
  var v = Chains(seed, seed * Word(3u), seed * Word(5u), seed * Word(7u));
  for (var i = 0u; i < params.turns; i++) {
    v = four_turns(four_turns(four_turns(four_turns(v))));
  }
  let x = v.a ^ v.b ^ v.c ^ v.d;
  out[id.x] = u32((x.x ^ x.y ^ x.z ^ x.w) & Word(0xffffffffu));
}
