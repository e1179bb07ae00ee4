// Lanes of Keccak where the adapter has 64-bit words (`wgpu-shader-int64`). Put before
// `keccak_f1600.wgsl`.

alias Lane = u64;

fn lane(low: u32, high: u32) -> Lane {
  return u64(low) | (u64(high) << 32u);
}

fn low_half(x: Lane) -> u32 {
  return u32(x & 0xfffffffflu);
}

fn high_half(x: Lane) -> u32 {
  return u32(x >> 32u);
}

// By 1 to 63 bits.
fn rotate_left(x: Lane, bits: u32) -> Lane {
  return (x << bits) | (x >> (64u - bits));
}
