// Lanes of Keccak as pairs of 32-bit words, the low half first: plain WGSL has no more. Put before
// `keccak_f1600.wgsl`.

alias Lane = vec2u;

fn lane(low: u32, high: u32) -> Lane {
  return vec2u(low, high);
}

fn low_half(x: Lane) -> u32 {
  return x.x;
}

fn high_half(x: Lane) -> u32 {
  return x.y;
}

// By 1 to 63 bits, but not by 32, which Keccak does not do.
fn rotate_left(x: Lane, bits: u32) -> Lane {
  if (bits > 32u) {
    return rotate_halves(x.yx, bits - 32u);
  }
  return rotate_halves(x, bits);
}

// By 1 to 31 bits: each half takes in what the other one loses. Of both shifts one is written as a
// product, which compilers for GPUs turn back: SwiftShader shifts one vector lane after another.
fn rotate_halves(x: Lane, bits: u32) -> Lane {
  return (x * (1u << bits)) | (x.yx >> vec2u(32u - bits));
}
