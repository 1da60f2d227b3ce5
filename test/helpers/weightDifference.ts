// How far two sets of weights or gradients lie apart, for tests that hold one way of computing them to another.

/** Euclidean length of the difference over that of the wanted values. */
export function relativeDifference(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let difference = 0, norm = 0
  for (let i = 0; i < wanted.length; i += 1) {
    difference += (actual[i]! - wanted[i]!) ** 2
    norm += wanted[i]! ** 2
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-12)
}

/**
 * The key third of `in_proj_bias` shifts every score of a query alike, so its gradient is zero but for rounding, and Adam
 * turns the sign of that rounding into a full step. It changes no output and is left out of the comparison.
 */
export function withoutKeyBias(name: string, data: ArrayLike<number>): number[] {
  const values = Array.from(data)
  const third = values.length / 3
  return name.endsWith('in_proj_bias') ? [...values.slice(0, third), ...values.slice(2 * third)] : values
}
