// One AdamW step (Loshchilov and Hutter, 2019, as torch.optim.AdamW) and the gradient set to zero.
//
// param, m, v, gradient: `items` groups of four, f32 or bf16; with MASTER an f32 copy of the
// parameters is what is updated, and param its rounded image. control: adamw_control.wgsl; a step
// that is left out still clears the gradient. One thread updates four parameters. Must equal
// `adamwStep` of core/reference.

override PARAM_BF16: bool = false;
override MOMENT_BF16: bool = false;
override GRADIENT_BF16: bool = false;
override MASTER: bool = false;
override WORKGROUP: u32 = 64;

struct Params {
  items: u32, // groups of four elements
}

@group(0) @binding(0) var<storage, read> control: Control;
@group(0) @binding(1) var<storage, read_write> param: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> m: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> v: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> gradient: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> master: array<vec4f>;
@group(0) @binding(6) var<uniform> params: Params;

fn store_param(i: u32, value: vec4f) {
  if (PARAM_BF16) {
    param[i] = narrow(value);
  } else {
    let words = bitcast<vec4u>(value);
    param[2u * i] = words.xy;
    param[2u * i + 1u] = words.zw;
  }
}

fn store_moments(i: u32, m_value: vec4f, v_value: vec4f) {
  if (MOMENT_BF16) {
    m[i] = narrow(m_value);
    v[i] = narrow(v_value);
  } else {
    let m_words = bitcast<vec4u>(m_value);
    m[2u * i] = m_words.xy;
    m[2u * i + 1u] = m_words.zw;
    let v_words = bitcast<vec4u>(v_value);
    v[2u * i] = v_words.xy;
    v[2u * i + 1u] = v_words.zw;
  }
}

fn clear_gradient(i: u32) {
  if (GRADIENT_BF16) {
    gradient[i] = vec2u(0u);
  } else {
    gradient[2u * i] = vec2u(0u);
    gradient[2u * i + 1u] = vec2u(0u);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, WORKGROUP);
  if (i >= params.items) {
    return;
  }
  if (control.applied == 0u) {
    clear_gradient(i);
    return;
  }
  var g: vec4f;
  if (GRADIENT_BF16) { g = widen(gradient[i]); }
  else { g = bitcast<vec4f>(vec4u(gradient[2u * i], gradient[2u * i + 1u])); }
  g *= control.gradient_scale;
  var m_old: vec4f;
  var v_old: vec4f;
  if (MOMENT_BF16) {
    m_old = widen(m[i]);
    v_old = widen(v[i]);
  } else {
    m_old = bitcast<vec4f>(vec4u(m[2u * i], m[2u * i + 1u]));
    v_old = bitcast<vec4f>(vec4u(v[2u * i], v[2u * i + 1u]));
  }
  let m_new = control.beta1 * m_old + control.one_minus_beta1 * g;
  let v_new = control.beta2 * v_old + control.one_minus_beta2 * g * g;
  let change = control.step_size * m_new / (sqrt(v_new) / control.root_correction + control.epsilon);
  var old: vec4f;
  if (MASTER) { old = master[i]; }
  else if (PARAM_BF16) { old = widen(param[i]); }
  else { old = bitcast<vec4f>(vec4u(param[2u * i], param[2u * i + 1u])); }
  let updated = old * control.decay - change;
  if (MASTER) {
    master[i] = updated;
  }
  store_param(i, updated);
  store_moments(i, m_new, v_new);
  clear_gradient(i);
}
