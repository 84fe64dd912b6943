/** Random floats with many zeros of either sign, denormals and large numbers, all finite. */
export function roughFloats(count: number, integers: (low: number, high: number) => number): Float32Array {
  const special = [0, 0, -0, 1e-42, -1e-42, 1e18, -1e18]
  return Float32Array.from({ length: count }, () =>
    integers(0, 3) === 0
      ? special[integers(0, special.length - 1)]!
      : integers(-(2 ** 23), 2 ** 23) / 2 ** 20,
  )
}

/** Room for `count` floats, followed by a few that no kernel may touch. */
export function guarded(count: number): Float32Array {
  return new Float32Array(count + 9).fill(123)
}
