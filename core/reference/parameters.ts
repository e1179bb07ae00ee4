/**
 * Parameter values and their gradients by wire name.
 *
 * @module
 */

/** Values or gradients by wire name. */
export type Parameters = Map<string, Float32Array>;

/**
 * The value of a parameter.
 *
 * @throws RangeError if there is none of that name
 */
export function parameter(params: Parameters, name: string): Float32Array {
  const value = params.get(name);
  if (value === undefined) throw new RangeError(`parameter ${name} is missing`);
  return value;
}

/**
 * The gradient of a parameter, to add to. It comes into being, as zeros, when first asked for: so a
 * parameter that takes no part in a backward has none.
 *
 * @throws RangeError if there is no parameter of that name
 */
export function gradient(grads: Parameters, params: Parameters, name: string): Float32Array {
  const grad = grads.get(name) ?? new Float32Array(parameter(params, name).length);
  grads.set(name, grad);
  return grad;
}
