// Tries candidates as messages of one BLAKE2b-512 block (RFC 7693; no key).
//
// result = low half of v[0] ^ v[8] after the last round, which is the digest's first word up to a
// constant. `Word` comes from blake2b_u64.wgsl or blake2b_u32.wgsl, the candidates from
// candidates.wgsl. Must equal `hashOf` of core/hash (@noble/hashes).
//
// Everything is written as functions of values: compilers inline them, so that a message word known
// to be zero costs nothing, and what the result does not need is never computed.

// 64-bit message words in use; those after them are zero.
override WORDS: u32 = 4;

// Four words that G mixes: a column of the 4 x 4 state, or a diagonal.
struct Column {
  a: Word,
  b: Word,
  c: Word,
  d: Word,
}

struct State {
  column0: Column,
  column1: Column,
  column2: Column,
  column3: Column,
}

// The mixing function G of section 3.1.
fn mix(v: Column, x: Word, y: Word) -> Column {
  let a1 = add(add(v.a, x), v.b);
  let d1 = rotate_right(v.d ^ a1, 32u);
  let c1 = add(v.c, d1);
  let b1 = rotate_right(v.b ^ c1, 24u);
  let a2 = add(add(a1, y), b1);
  let d2 = rotate_right(d1 ^ a2, 16u);
  let c2 = add(c1, d2);
  let b2 = rotate_right(b1 ^ c2, 63u);
  return Column(a2, b2, c2, d2);
}

fn mix_columns(
  v: State,
  x0: Word, y0: Word, x1: Word, y1: Word, x2: Word, y2: Word, x3: Word, y3: Word,
) -> State {
  return State(
    mix(v.column0, x0, y0),
    mix(v.column1, x1, y1),
    mix(v.column2, x2, y2),
    mix(v.column3, x3, y3),
  );
}

fn mix_diagonals(
  v: State,
  x0: Word, y0: Word, x1: Word, y1: Word, x2: Word, y2: Word, x3: Word, y3: Word,
) -> State {
  let v0 = mix(Column(v.column0.a, v.column1.b, v.column2.c, v.column3.d), x0, y0);
  let v1 = mix(Column(v.column1.a, v.column2.b, v.column3.c, v.column0.d), x1, y1);
  let v2 = mix(Column(v.column2.a, v.column3.b, v.column0.c, v.column1.d), x2, y2);
  let v3 = mix(Column(v.column3.a, v.column0.b, v.column1.c, v.column2.d), x3, y3);
  return State(
    Column(v0.a, v3.b, v2.c, v1.d),
    Column(v1.a, v0.b, v3.c, v2.d),
    Column(v2.a, v1.b, v0.c, v3.d),
    Column(v3.a, v2.b, v1.c, v0.d),
  );
}

// One round of section 3.2, with the message words in the order of its row of SIGMA.
fn mix_round(
  v: State,
  s0: Word, s1: Word, s2: Word, s3: Word, s4: Word, s5: Word, s6: Word, s7: Word,
  s8: Word, s9: Word, s10: Word, s11: Word, s12: Word, s13: Word, s14: Word, s15: Word,
) -> State {
  let columns = mix_columns(v, s0, s1, s2, s3, s4, s5, s6, s7);
  return mix_diagonals(columns, s8, s9, s10, s11, s12, s13, s14, s15);
}

// Word `i` of the message without its inner characters.
fn message_word(i: u32) -> Word {
  if (i >= WORDS) {
    return word(0u, 0u);
  }
  return word(message[2u * i], message[2u * i + 1u]);
}

// Word `i` of the message with the inner characters, if it is theirs.
fn vary(i: u32, base: Word, characters: u32) -> Word {
  if (INNER_WORD == 2u * i) {
    return base | word(characters, 0u);
  }
  if (INNER_WORD == 2u * i + 1u) {
    return base | word(0u, characters);
  }
  return base;
}

// The state of section 3.2: the hash value before the only block, the initial values, the message's
// length, and the mark of the last block.
fn initial_state() -> State {
  let h0 = word(0xf3bcc908u ^ 0x01010040u, 0x6a09e667u);
  return State(
    Column(h0, word(0xade682d1u, 0x510e527fu), word(0xf3bcc908u, 0x6a09e667u),
      word(0xade682d1u ^ params.message_bytes, 0x510e527fu)),
    Column(word(0x84caa73bu, 0xbb67ae85u), word(0x2b3e6c1fu, 0x9b05688cu),
      word(0x84caa73bu, 0xbb67ae85u), word(0x2b3e6c1fu, 0x9b05688cu)),
    Column(word(0xfe94f82bu, 0x3c6ef372u), word(0xfb41bd6bu, 0x1f83d9abu),
      word(0xfe94f82bu, 0x3c6ef372u), word(~0xfb41bd6bu, ~0x1f83d9abu)),
    Column(word(0x5f1d36f1u, 0xa54ff53au), word(0x137e2179u, 0x5be0cd19u),
      word(0x5f1d36f1u, 0xa54ff53au), word(0x137e2179u, 0x5be0cd19u)),
  );
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups);
  if (index >= params.outer_count) {
    return;
  }
  decode(params.first_outer + index);
  let base0 = message_word(0u);
  let base1 = message_word(1u);
  let base2 = message_word(2u);
  let base3 = message_word(3u);
  let base4 = message_word(4u);
  let base5 = message_word(5u);
  let base6 = message_word(6u);
  let base7 = message_word(7u);
  let base8 = message_word(8u);
  let base9 = message_word(9u);
  let base10 = message_word(10u);
  let base11 = message_word(11u);
  let m12 = message_word(12u);
  let m13 = message_word(13u);
  let m14 = message_word(14u);
  let m15 = message_word(15u);

  // Of the first round's columns at most one has inner characters: the others are done here.
  let start = initial_state();
  let shared_columns =
    mix_columns(start, base0, base1, base2, base3, base4, base5, base6, base7);
  let wanted = params.wanted;
  let inner_count = params.inner_count;
  var is_suspect = false;
  for (var i = 0u; i < inner_count; i++) {
    let characters = inner[i >> 2u][i & 3u];
    let m0 = vary(0u, base0, characters);
    let m1 = vary(1u, base1, characters);
    let m2 = vary(2u, base2, characters);
    let m3 = vary(3u, base3, characters);
    let m4 = vary(4u, base4, characters);
    let m5 = vary(5u, base5, characters);
    let m6 = vary(6u, base6, characters);
    let m7 = vary(7u, base7, characters);
    let m8 = vary(8u, base8, characters);
    let m9 = vary(9u, base9, characters);
    let m10 = vary(10u, base10, characters);
    let m11 = vary(11u, base11, characters);

    var v = shared_columns;
    if (INNER_WORD / 4u == 0u) {
      v.column0 = mix(start.column0, m0, m1);
    }
    if (INNER_WORD / 4u == 1u) {
      v.column1 = mix(start.column1, m2, m3);
    }
    if (INNER_WORD / 4u == 2u) {
      v.column2 = mix(start.column2, m4, m5);
    }
    if (INNER_WORD / 4u == 3u) {
      v.column3 = mix(start.column3, m6, m7);
    }
    v = mix_diagonals(v, m8, m9, m10, m11, m12, m13, m14, m15);
    v = mix_round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3);
    v = mix_round(v, m11, m8, m12, m0, m5, m2, m15, m13, m10, m14, m3, m6, m7, m1, m9, m4);
    v = mix_round(v, m7, m9, m3, m1, m13, m12, m11, m14, m2, m6, m5, m10, m4, m0, m15, m8);
    v = mix_round(v, m9, m0, m5, m7, m2, m4, m10, m15, m14, m1, m11, m12, m6, m8, m3, m13);
    v = mix_round(v, m2, m12, m6, m10, m0, m11, m8, m3, m4, m13, m7, m5, m15, m14, m1, m9);
    v = mix_round(v, m12, m5, m1, m15, m14, m13, m4, m10, m0, m7, m6, m3, m9, m2, m8, m11);
    v = mix_round(v, m13, m11, m7, m14, m12, m1, m3, m9, m5, m0, m15, m4, m8, m6, m2, m10);
    v = mix_round(v, m6, m15, m14, m9, m11, m3, m0, m8, m12, m2, m13, m7, m1, m4, m10, m5);
    v = mix_round(v, m10, m2, m8, m4, m7, m6, m1, m5, m15, m11, m9, m14, m3, m12, m13, m0);
    v = mix_round(v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15);
    v = mix_round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3);
    is_suspect |= low_half(v.column0.a ^ v.column0.c) == wanted;
  }
  if (is_suspect) {
    note_suspect(params.first_outer + index);
  }
}
