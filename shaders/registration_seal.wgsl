// Tries nonces as work for a registration:
//
//   seal = keccak256(sha256(u64_le(nonce) || bound_hash))
//
// An invocation takes one nonce. Of the seal as a number, in the byte order in which the chain reads
// it, the highest 32 bits must not be above params.limit; the host then looks at all of it. Before
// this come sha256_compress.wgsl, and keccak_f1600.wgsl with its lanes. Must equal `sealOf` of
// core/hash (@noble/hashes).

override WORKGROUP: u32 = 64;
// Whether the seal's last byte is its highest one. It is in the state's fourth lane then, else in the
// first: nothing else of the last round is computed.
override LITTLE_ENDIAN: bool = true;
// Whether the rounds are written out, or run in a loop with an eighth of the code.
override UNROLLED: bool = true;

struct Params {
  first_low: u32, // low half of the first nonce; the low half of the last one must not be less
  high: u32, // high half of all of them
  count: u32,
  limit: u32,
  bound_hash: array<vec4u, 2>, // as SHA-256 reads it: the first byte of a word is its highest
  // ROUND_CONSTANTS, two words of four. Drivers copy an array of constants that is indexed in a loop
  // for every invocation; a uniform they leave where it is.
  round_constants: array<vec4u, 24>,
}

// How far before the end the first nonce is that comes near; 0 if none does.
@group(0) @binding(0) var<storage, read_write> found: array<atomic<u32>>;
@group(0) @binding(1) var<uniform> params: Params;

fn swap_bytes(x: u32) -> u32 {
  return (rotate_right(x, 8u) & 0xff00ff00u) | (rotate_right(x, 24u) & 0x00ff00ffu);
}

// SHA-256 of a nonce and the bound hash: 40 bytes and their padding are one block.
fn inner_hash(nonce_low: u32) -> State {
  let a = params.bound_hash[0];
  let b = params.bound_hash[1];
  return compress(initial_hash(), Words(
    swap_bytes(nonce_low), swap_bytes(params.high),
    a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w,
    0x80000000u, 0u, 0u, 0u, 0u, 320u,
  ));
}

// Two words of SHA-256 as a lane of Keccak, which reads bytes the other way round.
fn lane_of(first: u32, second: u32) -> Lane {
  return lane(swap_bytes(first), swap_bytes(second));
}

// Rounds 1 to 22 of 0 to 23: in the first one most lanes are zero, in the last one most are not
// needed.
fn middle_rounds(s1: Lanes) -> Lanes {
  if (UNROLLED) {
    let s2 = keccak_round(s1, ROUND_CONSTANTS[1]);
    let s3 = keccak_round(s2, ROUND_CONSTANTS[2]);
    let s4 = keccak_round(s3, ROUND_CONSTANTS[3]);
    let s5 = keccak_round(s4, ROUND_CONSTANTS[4]);
    let s6 = keccak_round(s5, ROUND_CONSTANTS[5]);
    let s7 = keccak_round(s6, ROUND_CONSTANTS[6]);
    let s8 = keccak_round(s7, ROUND_CONSTANTS[7]);
    let s9 = keccak_round(s8, ROUND_CONSTANTS[8]);
    let s10 = keccak_round(s9, ROUND_CONSTANTS[9]);
    let s11 = keccak_round(s10, ROUND_CONSTANTS[10]);
    let s12 = keccak_round(s11, ROUND_CONSTANTS[11]);
    let s13 = keccak_round(s12, ROUND_CONSTANTS[12]);
    let s14 = keccak_round(s13, ROUND_CONSTANTS[13]);
    let s15 = keccak_round(s14, ROUND_CONSTANTS[14]);
    let s16 = keccak_round(s15, ROUND_CONSTANTS[15]);
    let s17 = keccak_round(s16, ROUND_CONSTANTS[16]);
    let s18 = keccak_round(s17, ROUND_CONSTANTS[17]);
    let s19 = keccak_round(s18, ROUND_CONSTANTS[18]);
    let s20 = keccak_round(s19, ROUND_CONSTANTS[19]);
    let s21 = keccak_round(s20, ROUND_CONSTANTS[20]);
    let s22 = keccak_round(s21, ROUND_CONSTANTS[21]);
    let s23 = keccak_round(s22, ROUND_CONSTANTS[22]);
    return s23;
  }
  var s = s1;
  for (var round = 1u; round < 23u; round++) {
    s = keccak_round(s, params.round_constants[round].xy);
  }
  return s;
}

// The highest 32 bits of a nonce's seal.
fn seal_word(nonce_low: u32) -> u32 {
  let h = inner_hash(nonce_low);
  let s0 = absorb_32_bytes(
    lane_of(h.a, h.b), lane_of(h.c, h.d), lane_of(h.e, h.f), lane_of(h.g, h.h),
  );
  let s23 = middle_rounds(keccak_round(s0, ROUND_CONSTANTS[0]));
  let s24 = keccak_round(s23, ROUND_CONSTANTS[23]);
  if (LITTLE_ENDIAN) {
    return high_half(s24.y0.x3);
  }
  return swap_bytes(low_half(s24.y0.x0));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  // The grid is made by gridOf (core/gpu/kernel.ts).
  let index = id.y * groups.x * WORKGROUP + id.x;
  if (index >= params.count) {
    return;
  }
  if (seal_word(params.first_low + index) <= params.limit) {
    atomicMax(&found[0], params.count - index);
  }
}
