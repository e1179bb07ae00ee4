// Tries candidates as SHA-256 messages of one or two blocks (FIPS 180-4).
//
// result = the digest's last word. candidates.wgsl and sha256_compress.wgsl are put before. Must equal
// `hashOf` of core/hash (@noble/hashes). What the result does not need, here the last three steps of
// the last block, compilers drop.

override BLOCKS: u32 = 1;
// Words of the message in use; those after them are zero, but for the last, which is the length.
override WORDS: u32 = 8;

// Word `i` of the message without the inner characters.
fn message_word(i: u32) -> u32 {
  if (i >= WORDS && i < 16u * BLOCKS - 1u) {
    return 0u;
  }
  return message[i];
}

// The words of a block without the inner characters.
fn block_words(first: u32) -> Words {
  return Words(
    message_word(first + 0u), message_word(first + 1u), message_word(first + 2u),
    message_word(first + 3u), message_word(first + 4u), message_word(first + 5u),
    message_word(first + 6u), message_word(first + 7u), message_word(first + 8u),
    message_word(first + 9u), message_word(first + 10u), message_word(first + 11u),
    message_word(first + 12u), message_word(first + 13u), message_word(first + 14u),
    message_word(first + 15u),
  );
}

// Word `i` of the message with the inner characters, if it is theirs.
fn vary(i: u32, base: u32, characters: u32) -> u32 {
  if (INNER_WORD == i) {
    return base | characters;
  }
  return base;
}

// The words of a block with the inner characters, if they are in it.
fn vary_words(first: u32, w: Words, characters: u32) -> Words {
  return Words(
    vary(first + 0u, w.w0, characters), vary(first + 1u, w.w1, characters),
    vary(first + 2u, w.w2, characters), vary(first + 3u, w.w3, characters),
    vary(first + 4u, w.w4, characters), vary(first + 5u, w.w5, characters),
    vary(first + 6u, w.w6, characters), vary(first + 7u, w.w7, characters),
    vary(first + 8u, w.w8, characters), vary(first + 9u, w.w9, characters),
    vary(first + 10u, w.w10, characters), vary(first + 11u, w.w11, characters),
    vary(first + 12u, w.w12, characters), vary(first + 13u, w.w13, characters),
    vary(first + 14u, w.w14, characters), vary(first + 15u, w.w15, characters),
  );
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups);
  if (index >= params.outer_count) {
    return;
  }
  decode(params.first_outer + index);
  let base0 = block_words(0u);
  let base1 = block_words(16u);
  let initial = initial_hash();
  let wanted = params.wanted;
  let inner_count = params.inner_count;
  var is_suspect = false;
  for (var i = 0u; i < inner_count; i++) {
    let characters = inner[i >> 2u][i & 3u];
    var hash = compress(initial, vary_words(0u, base0, characters));
    if (BLOCKS == 2u) {
      hash = compress(hash, vary_words(16u, base1, characters));
    }
    is_suspect |= hash.h == wanted;
  }
  if (is_suspect) {
    note_suspect(params.first_outer + index);
  }
}
