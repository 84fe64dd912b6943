/**
 * What the kernels' twins find in place of two globals when scripts/build.mjs builds the double-precision interpreter:
 * rounding to float32 does nothing, and floats are kept in 64 bits.
 */

/** The functions of Math that a kernel may call. */
const DoubleMath = {
  fround: (x: number) => x,
  sqrt: Math.sqrt,
  imul: Math.imul,
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  trunc: Math.trunc,
}

const DoubleArray = Float64Array

export { DoubleArray as Float32Array, DoubleMath as Math }
