// Decides one AdamW step on the device, so that the host need not look at the gradient first.
//
// Sums the partial squares of gradient_norm.wgsl, and either counts the step and works out its
// factors, or, if the norm is NaN or infinite, leaves the step out. squares: (count) f32; settings:
// see Settings; control: see Control. One thread. Clip and bias
// correction must equal `clipScale` and `adamwStep` of core/reference.

struct Settings {
  learning_rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  weight_decay: f32,
  clip_norm: f32, // the norm to clip to
  one_minus_beta1: f32, // taken in double by the host: 1 - 0.999 in f32 is off by 1e-5
  one_minus_beta2: f32,
  log_beta1: f32, // log() of a number near 1 is off by as much on some GPUs
  log_beta2: f32,
}

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> squares: array<f32>;
@group(0) @binding(1) var<storage, read> settings: Settings;
@group(0) @binding(2) var<storage, read_write> control: Control;
@group(0) @binding(3) var<uniform> params: Params;

// 1 - beta^step without cancellation, through the series of 1 - exp(x) where x is small.
fn bias_correction(log_beta: f32, step: u32) -> f32 {
  let x = f32(step) * log_beta;
  if (x < -0.25) {
    return 1.0 - exp(x);
  }
  return -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0)))));
}

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  for (var i = 0u; i < params.count; i++) {
    sum += squares[i];
  }
  // By its bits, since a compiler may assume that NaN and infinity do not occur.
  let finite = (bitcast<u32>(sum) & 0x7f800000u) != 0x7f800000u;
  let norm = sqrt(sum);
  control.norm = norm;
  control.applied = select(0u, 1u, finite);
  if (!finite) {
    return;
  }
  control.step += 1u;
  control.gradient_scale = min(1.0, settings.clip_norm / (norm + 1e-6));
  control.decay = 1.0 - settings.learning_rate * settings.weight_decay;
  control.step_size = settings.learning_rate / bias_correction(settings.log_beta1, control.step);
  control.root_correction = sqrt(bias_correction(settings.log_beta2, control.step));
  control.beta1 = settings.beta1;
  control.beta2 = settings.beta2;
  control.epsilon = settings.epsilon;
  control.one_minus_beta1 = settings.one_minus_beta1;
  control.one_minus_beta2 = settings.one_minus_beta2;
}
