/**
 * Rotary position embedding (Su et al., 2021) in the "halves" layout, with Llama 3.2's frequency
 * smoothing. Source: macrocosm-os/iota @ 56aee24, `model/llama3/modules.py`.
 *
 * @module
 */

/** Cosine and sine of every angle, both (T, HD/2). */
export interface RopeTable {
  cos: Float32Array;
  sin: Float32Array;
}

/** What the frequencies depend on. Lengths are in tokens. */
export interface RopeConfig {
  /** 500000 in every published model. */
  ropeBase: number;
  /** 8192; the base is multiplied by contextLength / origContextLength. */
  contextLength: number;
  /** 131072 */
  origContextLength: number;
  /** 32: what the lowest frequencies are divided by. */
  factor: number;
  /** 1 */
  lowFreqFactor: number;
  /** 4 */
  highFreqFactor: number;
  /** 8192: the length that the smoothing's wavelengths are measured against. */
  originalContextLength: number;
}

/** What every published model uses: the base is rescaled to 31250. */
export const PUBLISHED_ROPE: RopeConfig = {
  ropeBase: 500000,
  contextLength: 8192,
  origContextLength: 131072,
  factor: 32,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalContextLength: 8192,
};

/**
 * `angle[t, i] = t * f[i]`, `f[i] = base^(-2i/HD)`, then smoothed (see {@link smoothed}).
 *
 * Every step is rounded to f32, as in the published code: at t = 800 one unit in the last place moves
 * an angle by 3e-5, so a table made in double would differ visibly. PyTorch's own f32 pow may be that
 * one unit off.
 *
 * @returns cos and sin, (T, HD/2) f32. The published tables are (T, HD), the same half twice.
 * @throws RangeError if HD is odd
 */
export function ropeTable(T: number, HD: number, config: RopeConfig): RopeTable {
  if (HD % 2 !== 0) throw new RangeError(`head dim ${HD} is odd: rotation needs pairs`);
  const half = HD / 2;
  const base = config.ropeBase * (config.contextLength / config.origContextLength);
  const cos = new Float32Array(T * half);
  const sin = new Float32Array(T * half);
  for (let i = 0; i < half; i++) {
    const power = Math.fround(Math.pow(base, Math.fround(2 * i / HD)));
    const frequency = smoothed(Math.fround(1 / power), config);
    for (let t = 0; t < T; t++) {
      const angle = Math.fround(t * frequency);
      cos[t * half + i] = Math.cos(angle);
      sin[t * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/**
 * Llama 3.2: with wavelength `w = 2π / f` and `L = originalContextLength`, long waves
 * (`w > L / lowFreqFactor`) become `f / factor`, short ones (`w < L / highFreqFactor`) stay, and
 * between the two `(1 - s) f / factor + s f`, `s = (L/w - low) / (high - low)`.
 */
function smoothed(frequency: number, config: RopeConfig): number {
  const f32 = Math.fround;
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalContextLength: L } = config;
  const wavelength = f32(f32(1 / frequency) * f32(2 * Math.PI));
  const slowed = f32(frequency / factor);
  if (wavelength > L / low) return slowed;
  if (wavelength < L / high) return frequency;
  const s = f32(f32(f32(f32(1 / wavelength) * L) - low) / (high - low));
  return f32(f32(f32(1 - s) * slowed) + f32(s * frequency));
}

/**
 * Rotates x in place: for i < HD/2,
 * `(x[i], x[i+HD/2]) = (x[i] cos - x[i+HD/2] sin, x[i+HD/2] cos + x[i] sin)` at the row's t.
 *
 * @param x (B, T, heads, HD), in place
 * @param cos (T, HD/2), or longer in T
 * @param sin (T, HD/2), or longer in T
 */
export function ropeForward(
  x: Float32Array,
  cos: Float32Array,
  sin: Float32Array,
  B: number,
  T: number,
  heads: number,
  HD: number,
): void {
  rotate(x, cos, sin, B, T, heads, HD, 1);
}

/**
 * The gradient of a rotation is the inverse rotation, so `dx` is turned back in place.
 *
 * @param dx (B, T, heads, HD), the gradient of the rotated x on entry, of x on return
 * @param cos (T, HD/2), or longer in T
 * @param sin (T, HD/2), or longer in T
 */
export function ropeBackward(
  dx: Float32Array,
  cos: Float32Array,
  sin: Float32Array,
  B: number,
  T: number,
  heads: number,
  HD: number,
): void {
  rotate(dx, cos, sin, B, T, heads, HD, -1);
}

function rotate(
  x: Float32Array,
  cos: Float32Array,
  sin: Float32Array,
  B: number,
  T: number,
  heads: number,
  HD: number,
  direction: 1 | -1,
): void {
  const half = HD / 2;
  for (let row = 0; row < B * T * heads; row++) {
    const t = Math.floor(row / heads) % T;
    for (let i = 0; i < half; i++) {
      const c = cos[t * half + i];
      const s = sin[t * half + i] * direction;
      const first = x[row * HD + i];
      const second = x[row * HD + half + i];
      x[row * HD + i] = first * c - second * s;
      x[row * HD + half + i] = second * c + first * s;
    }
  }
}
