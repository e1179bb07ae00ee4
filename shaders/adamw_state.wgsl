// What adamw_control.wgsl decides and adamw.wgsl follows; the host reads the first three words.
// This file is put before both; it has no entry point.

struct Control {
  step: u32, // steps taken so far
  applied: u32, // 1 if this step is taken
  norm: f32, // of the gradient, before clipping
  gradient_scale: f32,
  decay: f32, // 1 - learning rate · weight decay
  step_size: f32, // learning rate / bias correction 1
  root_correction: f32, // sqrt(bias correction 2)
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  one_minus_beta1: f32,
  one_minus_beta2: f32,
}
