// The compression function of SHA-256 (FIPS 180-4, section 6.2.2). Put before a shader that hashes.
// Must equal `sha256Compress` of core/hash.
//
// Everything is written as functions of values: compilers inline them, and compute once what is the
// same for all invocations, and not at all what the result does not need.

// The working variables of section 6.2.2, or a hash value.
struct State {
  a: u32,
  b: u32,
  c: u32,
  d: u32,
  e: u32,
  f: u32,
  g: u32,
  h: u32,
}

// The initial hash value of section 5.3.3.
fn initial_hash() -> State {
  return State(
    0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
    0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u,
  );
}

// Sixteen words of the message schedule.
struct Words {
  w0: u32, w1: u32, w2: u32, w3: u32,
  w4: u32, w5: u32, w6: u32, w7: u32,
  w8: u32, w9: u32, w10: u32, w11: u32,
  w12: u32, w13: u32, w14: u32, w15: u32,
}

fn rotate_right(x: u32, bits: u32) -> u32 {
  return (x >> bits) | (x << (32u - bits));
}

// The functions of section 4.1.2.
fn big_sigma0(x: u32) -> u32 {
  return rotate_right(x, 2u) ^ rotate_right(x, 13u) ^ rotate_right(x, 22u);
}

fn big_sigma1(x: u32) -> u32 {
  return rotate_right(x, 6u) ^ rotate_right(x, 11u) ^ rotate_right(x, 25u);
}

fn small_sigma0(x: u32) -> u32 {
  return rotate_right(x, 7u) ^ rotate_right(x, 18u) ^ (x >> 3u);
}

fn small_sigma1(x: u32) -> u32 {
  return rotate_right(x, 17u) ^ rotate_right(x, 19u) ^ (x >> 10u);
}

fn choose(x: u32, y: u32, z: u32) -> u32 {
  return z ^ (x & (y ^ z));
}

fn majority(x: u32, y: u32, z: u32) -> u32 {
  return (x & y) | (z & (x | y));
}

// Step 3 of section 6.2.2 with the sum of its constant and its word.
fn step(v: State, k_and_w: u32) -> State {
  let t1 = v.h + big_sigma1(v.e) + choose(v.e, v.f, v.g) + k_and_w;
  let t2 = big_sigma0(v.a) + majority(v.a, v.b, v.c);
  return State(t1 + t2, v.a, v.b, v.c, v.d + t1, v.e, v.f, v.g);
}

fn sixteen_steps(
  v: State, w: Words,
  k0: u32, k1: u32, k2: u32, k3: u32, k4: u32, k5: u32, k6: u32, k7: u32,
  k8: u32, k9: u32, k10: u32, k11: u32, k12: u32, k13: u32, k14: u32, k15: u32,
) -> State {
  let v0 = step(v, k0 + w.w0);
  let v1 = step(v0, k1 + w.w1);
  let v2 = step(v1, k2 + w.w2);
  let v3 = step(v2, k3 + w.w3);
  let v4 = step(v3, k4 + w.w4);
  let v5 = step(v4, k5 + w.w5);
  let v6 = step(v5, k6 + w.w6);
  let v7 = step(v6, k7 + w.w7);
  let v8 = step(v7, k8 + w.w8);
  let v9 = step(v8, k9 + w.w9);
  let v10 = step(v9, k10 + w.w10);
  let v11 = step(v10, k11 + w.w11);
  let v12 = step(v11, k12 + w.w12);
  let v13 = step(v12, k13 + w.w13);
  let v14 = step(v13, k14 + w.w14);
  let v15 = step(v14, k15 + w.w15);
  return v15;
}

// Word t of the schedule from words t - 16, t - 15, t - 7 and t - 2.
fn schedule(w16: u32, w15: u32, w7: u32, w2: u32) -> u32 {
  return small_sigma1(w2) + w7 + small_sigma0(w15) + w16;
}

fn next_words(w: Words) -> Words {
  let w16 = schedule(w.w0, w.w1, w.w9, w.w14);
  let w17 = schedule(w.w1, w.w2, w.w10, w.w15);
  let w18 = schedule(w.w2, w.w3, w.w11, w16);
  let w19 = schedule(w.w3, w.w4, w.w12, w17);
  let w20 = schedule(w.w4, w.w5, w.w13, w18);
  let w21 = schedule(w.w5, w.w6, w.w14, w19);
  let w22 = schedule(w.w6, w.w7, w.w15, w20);
  let w23 = schedule(w.w7, w.w8, w16, w21);
  let w24 = schedule(w.w8, w.w9, w17, w22);
  let w25 = schedule(w.w9, w.w10, w18, w23);
  let w26 = schedule(w.w10, w.w11, w19, w24);
  let w27 = schedule(w.w11, w.w12, w20, w25);
  let w28 = schedule(w.w12, w.w13, w21, w26);
  let w29 = schedule(w.w13, w.w14, w22, w27);
  let w30 = schedule(w.w14, w.w15, w23, w28);
  let w31 = schedule(w.w15, w16, w24, w29);
  return Words(
    w16, w17, w18, w19, w20, w21, w22, w23,
    w24, w25, w26, w27, w28, w29, w30, w31,
  );
}

// The hash value after a block.
fn compress(hash: State, w0: Words) -> State {
  let w1 = next_words(w0);
  let w2 = next_words(w1);
  let w3 = next_words(w2);
  let v0 = sixteen_steps(hash, w0,
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
    0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u);
  let v1 = sixteen_steps(v0, w1,
    0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
    0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u);
  let v2 = sixteen_steps(v1, w2,
    0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
    0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u);
  let v = sixteen_steps(v2, w3,
    0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u);
  return State(
    hash.a + v.a, hash.b + v.b, hash.c + v.c, hash.d + v.d,
    hash.e + v.e, hash.f + v.f, hash.g + v.g, hash.h + v.h,
  );
}
