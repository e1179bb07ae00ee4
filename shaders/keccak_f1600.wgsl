// Keccak-f[1600] (Keccak reference 3.0; FIPS 202, section 3.2), which SHA-3 and the older Keccak-256
// share. `Lane` comes from keccak_u64.wgsl or keccak_u32.wgsl. Put before a shader that hashes. Must
// equal `keccakPermute` of core/hash.
//
// As functions of values: compilers inline them, fold lanes known to be zero, and never compute what
// the result does not need.

// The five lanes with one y.
struct Row {
  x0: Lane,
  x1: Lane,
  x2: Lane,
  x3: Lane,
  x4: Lane,
}

// The state A[x, y].
struct Lanes {
  y0: Row,
  y1: Row,
  y2: Row,
  y3: Row,
  y4: Row,
}

// Low and high half of the constants of step iota.
const ROUND_CONSTANTS = array<vec2u, 24>(
  vec2u(0x00000001u, 0x00000000u), vec2u(0x00008082u, 0x00000000u), vec2u(0x0000808au, 0x80000000u),
  vec2u(0x80008000u, 0x80000000u), vec2u(0x0000808bu, 0x00000000u), vec2u(0x80000001u, 0x00000000u),
  vec2u(0x80008081u, 0x80000000u), vec2u(0x00008009u, 0x80000000u), vec2u(0x0000008au, 0x00000000u),
  vec2u(0x00000088u, 0x00000000u), vec2u(0x80008009u, 0x00000000u), vec2u(0x8000000au, 0x00000000u),
  vec2u(0x8000808bu, 0x00000000u), vec2u(0x0000008bu, 0x80000000u), vec2u(0x00008089u, 0x80000000u),
  vec2u(0x00008003u, 0x80000000u), vec2u(0x00008002u, 0x80000000u), vec2u(0x00000080u, 0x80000000u),
  vec2u(0x0000800au, 0x00000000u), vec2u(0x8000000au, 0x80000000u), vec2u(0x80008081u, 0x80000000u),
  vec2u(0x00008080u, 0x80000000u), vec2u(0x80000001u, 0x00000000u), vec2u(0x80008008u, 0x80000000u),
);

// What step theta adds to each column.
fn theta(s: Lanes) -> Row {
  let c0 = s.y0.x0 ^ s.y1.x0 ^ s.y2.x0 ^ s.y3.x0 ^ s.y4.x0;
  let c1 = s.y0.x1 ^ s.y1.x1 ^ s.y2.x1 ^ s.y3.x1 ^ s.y4.x1;
  let c2 = s.y0.x2 ^ s.y1.x2 ^ s.y2.x2 ^ s.y3.x2 ^ s.y4.x2;
  let c3 = s.y0.x3 ^ s.y1.x3 ^ s.y2.x3 ^ s.y3.x3 ^ s.y4.x3;
  let c4 = s.y0.x4 ^ s.y1.x4 ^ s.y2.x4 ^ s.y3.x4 ^ s.y4.x4;
  return Row(
    c4 ^ rotate_left(c1, 1u),
    c0 ^ rotate_left(c2, 1u),
    c1 ^ rotate_left(c3, 1u),
    c2 ^ rotate_left(c4, 1u),
    c3 ^ rotate_left(c0, 1u),
  );
}

fn chi(b: Row) -> Row {
  return Row(
    b.x0 ^ (~b.x1 & b.x2),
    b.x1 ^ (~b.x2 & b.x3),
    b.x2 ^ (~b.x3 & b.x4),
    b.x3 ^ (~b.x4 & b.x0),
    b.x4 ^ (~b.x0 & b.x1),
  );
}

// A round without its step iota: rho's rotations and pi's order are those of the rows.
fn mix_lanes(s: Lanes) -> Lanes {
  let d = theta(s);
  let row0 = chi(Row(
    s.y0.x0 ^ d.x0,
    rotate_left(s.y1.x1 ^ d.x1, 44u),
    rotate_left(s.y2.x2 ^ d.x2, 43u),
    rotate_left(s.y3.x3 ^ d.x3, 21u),
    rotate_left(s.y4.x4 ^ d.x4, 14u),
  ));
  let row1 = chi(Row(
    rotate_left(s.y0.x3 ^ d.x3, 28u),
    rotate_left(s.y1.x4 ^ d.x4, 20u),
    rotate_left(s.y2.x0 ^ d.x0, 3u),
    rotate_left(s.y3.x1 ^ d.x1, 45u),
    rotate_left(s.y4.x2 ^ d.x2, 61u),
  ));
  let row2 = chi(Row(
    rotate_left(s.y0.x1 ^ d.x1, 1u),
    rotate_left(s.y1.x2 ^ d.x2, 6u),
    rotate_left(s.y2.x3 ^ d.x3, 25u),
    rotate_left(s.y3.x4 ^ d.x4, 8u),
    rotate_left(s.y4.x0 ^ d.x0, 18u),
  ));
  let row3 = chi(Row(
    rotate_left(s.y0.x4 ^ d.x4, 27u),
    rotate_left(s.y1.x0 ^ d.x0, 36u),
    rotate_left(s.y2.x1 ^ d.x1, 10u),
    rotate_left(s.y3.x2 ^ d.x2, 15u),
    rotate_left(s.y4.x3 ^ d.x3, 56u),
  ));
  let row4 = chi(Row(
    rotate_left(s.y0.x2 ^ d.x2, 62u),
    rotate_left(s.y1.x3 ^ d.x3, 55u),
    rotate_left(s.y2.x4 ^ d.x4, 39u),
    rotate_left(s.y3.x0 ^ d.x0, 41u),
    rotate_left(s.y4.x1 ^ d.x1, 2u),
  ));
  return Lanes(row0, row1, row2, row3, row4);
}

// A round with its constant.
fn keccak_round(s: Lanes, halves: vec2u) -> Lanes {
  var mixed = mix_lanes(s);
  mixed.y0.x0 ^= lane(halves.x, halves.y);
  return mixed;
}

// The state of Keccak-256 that takes in the only block of a message of 32 bytes: the message, the bit
// that ends it, and the last bit of the 136 bytes of a block.
fn absorb_32_bytes(m0: Lane, m1: Lane, m2: Lane, m3: Lane) -> Lanes {
  let zero = lane(0u, 0u);
  let none = Row(zero, zero, zero, zero, zero);
  return Lanes(
    Row(m0, m1, m2, m3, lane(1u, 0u)),
    none,
    none,
    Row(zero, lane(0u, 0x80000000u), zero, zero, zero),
    none,
  );
}
