// out[i] = inp[i]
//
// Nothing but memory: the rate is the adapter's bound for what only moves data. inp, out: (words)
// u32, bound as groups of four. A thread copies one group. Must leave `out` equal to `inp`.

override WORKGROUP: u32 = 64;

struct Params {
  groups: u32,
}

@group(0) @binding(0) var<storage, read> inp: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, WORKGROUP);
  if (i < params.groups) {
    out[i] = inp[i];
  }
}
