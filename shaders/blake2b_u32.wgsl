// 64-bit words as pairs of 32-bit ones, the low half first: plain WGSL has no more. Put before
// `blake2b.wgsl`.

alias Word = vec2u;

fn word(low: u32, high: u32) -> Word {
  return vec2u(low, high);
}

fn low_half(x: Word) -> u32 {
  return x.x;
}

fn add(x: Word, y: Word) -> Word {
  let low = x.x + y.x;
  return vec2u(low, x.y + y.y + u32(low < x.x));
}

fn rotate_right(x: Word, bits: u32) -> Word {
  if (bits == 32u) {
    return x.yx;
  }
  if (bits > 32u) {
    return rotate_halves(x.yx, bits - 32u);
  }
  return rotate_halves(x, bits);
}

// By 1 to 31 bits: each half takes in what the other one loses.
fn rotate_halves(x: Word, bits: u32) -> Word {
  return vec2u((x.x >> bits) | (x.y << (32u - bits)), (x.y >> bits) | (x.x << (32u - bits)));
}
