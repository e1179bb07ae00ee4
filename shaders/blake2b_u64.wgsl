// 64-bit words where the adapter has them (`wgpu-shader-int64`). Put before `blake2b.wgsl`.

alias Word = u64;

fn word(low: u32, high: u32) -> Word {
  return u64(low) | (u64(high) << 32u);
}

fn low_half(x: Word) -> u32 {
  return u32(x & 0xfffffffflu);
}

fn add(x: Word, y: Word) -> Word {
  return x + y;
}

fn rotate_right(x: Word, bits: u32) -> Word {
  return (x >> bits) | (x << (64u - bits));
}
