// out[i] = the sum of eight chains x = x · scale + shift, UNROLLED · turns times each.
//
// Nothing but f32 arithmetic, all of it in registers: the rate is the adapter's bound for products.
// out: (invocations) f32. Chain c of invocation i begins as i % 1024 + c. Must equal
// `floatBoundSum`.

override WORKGROUP: u32 = 64;

struct Params {
  turns: u32,
  scale: f32,
  shift: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

fn four_turns(x: vec4f, scale: vec4f, shift: vec4f) -> vec4f {
  return (((x * scale + shift) * scale + shift) * scale + shift) * scale + shift;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let scale = vec4f(params.scale);
  let shift = vec4f(params.shift);
  var x = vec4f(f32(id.x % 1024u)) + vec4f(0.0, 1.0, 2.0, 3.0);
  var y = x + vec4f(4.0);
  for (var i = 0u; i < params.turns; i++) {
    x = four_turns(x, scale, shift);
    y = four_turns(y, scale, shift);
    x = four_turns(x, scale, shift);
    y = four_turns(y, scale, shift);
    x = four_turns(x, scale, shift);
    y = four_turns(y, scale, shift);
    x = four_turns(x, scale, shift);
    y = four_turns(y, scale, shift);
  }
  out[id.x] = dot(x + y, vec4f(1.0));
}
