// hashes[r] = SHA-256 of row r as little-endian bytes (FIPS 180-4).
//
// rows: (rows, cols), words, which a hash reads with the first byte highest. hashes: (rows, 8). One
// thread hashes a row, which may have up to 2^27 words. Must equal `sha256` of @noble/hashes.
// sha256_compress.wgsl is put before.

override WORKGROUP: u32 = 32;

struct Params {
  rows: u32,
  cols: u32,
}

@group(0) @binding(0) var<storage, read> rows: array<u32>;
@group(0) @binding(1) var<storage, read_write> hashes: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn swap_bytes(word: u32) -> u32 {
  let odd = word & 0xff00ff00u;
  let even = word & 0x00ff00ffu;
  return rotate_right(odd, 24u) ^ rotate_right(even, 8u);
}

// Word i of the padded message of the row that starts at `base`.
fn message_word(base: u32, i: u32, last: u32) -> u32 {
  if (i < params.cols) {
    return swap_bytes(rows[base + i]);
  }
  if (i == params.cols) {
    return 0x80000000u;
  }
  return select(0u, 32u * params.cols, i == last);
}

fn block_words(base: u32, i: u32, last: u32) -> Words {
  return Words(
    message_word(base, i + 0u, last), message_word(base, i + 1u, last),
    message_word(base, i + 2u, last), message_word(base, i + 3u, last),
    message_word(base, i + 4u, last), message_word(base, i + 5u, last),
    message_word(base, i + 6u, last), message_word(base, i + 7u, last),
    message_word(base, i + 8u, last), message_word(base, i + 9u, last),
    message_word(base, i + 10u, last), message_word(base, i + 11u, last),
    message_word(base, i + 12u, last), message_word(base, i + 13u, last),
    message_word(base, i + 14u, last), message_word(base, i + 15u, last),
  );
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= params.rows) {
    return;
  }
  // One word ends the message, two hold its length.
  let blocks = (params.cols + 3u + 15u) / 16u;
  let base = row * params.cols;
  var hash = initial_hash();
  for (var block = 0u; block < blocks; block++) {
    hash = compress(hash, block_words(base, 16u * block, 16u * blocks - 1u));
  }
  let at = 8u * row;
  hashes[at] = hash.a;
  hashes[at + 1u] = hash.b;
  hashes[at + 2u] = hash.c;
  hashes[at + 3u] = hash.d;
  hashes[at + 4u] = hash.e;
  hashes[at + 5u] = hash.f;
  hashes[at + 6u] = hash.g;
  hashes[at + 7u] = hash.h;
}
