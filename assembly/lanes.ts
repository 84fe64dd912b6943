/**
 * The last one to three floats of a span, moved to and from the lanes of a register, so that they pass through the same
 * operations as all others. No byte outside the span is touched.
 */

/** The `count` (1, 2 or 3) floats at `p` in the first lanes; the other lanes keep those of `rest`. */
// @ts-ignore: decorator
@inline
export function loadTail(p: usize, count: i32, rest: v128): v128 {
  if (count == 1) return v128.load_lane<f32>(p, rest, 0)
  const two = v128.load_lane<f64>(p, rest, 0)
  if (count == 2) return two
  return v128.load_lane<f32>(p, two, 2, 8)
}

/** Stores the first `count` (1, 2 or 3) lanes at `p`. */
// @ts-ignore: decorator
@inline
export function storeTail(p: usize, count: i32, x: v128): void {
  if (count == 1) {
    v128.store_lane<f32>(p, x, 0)
    return
  }
  v128.store_lane<f64>(p, x, 0)
  if (count == 3) v128.store_lane<f32>(p, x, 2, 8)
}

const ALL: u32 = 0xffffffff
const TAIL_MASKS = memory.data<u32>([ALL, 0, 0, 0, ALL, ALL, 0, 0, ALL, ALL, ALL, 0])

/** `x` with 0 in all but the first `count` (1, 2 or 3) lanes. */
// @ts-ignore: decorator
@inline
export function keepTail(count: i32, x: v128): v128 {
  return v128.and(x, v128.load(TAIL_MASKS + ((<usize>(count - 1)) << 4)))
}

/** The next four floats of a span of which `left` are left, or the last of them and zeros. */
// @ts-ignore: decorator
@inline
export function loadLanes(p: usize, left: i32): v128 {
  return left >= 4 ? v128.load(p) : loadTail(p, left, f32x4.splat(0))
}

/** Stores the lanes that belong to a span of which `left` floats are left. */
// @ts-ignore: decorator
@inline
export function storeLanes(p: usize, left: i32, x: v128): void {
  if (left >= 4) v128.store(p, x)
  else storeTail(p, left, x)
}

/**
 * a b + c, rounded after the product and after the sum; in the relaxed builds rounded once where the processor can do that
 * and the runtime uses it.
 */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, c)
  return f32x4.add(c, f32x4.mul(a, b))
}

/** The smallest float above 1, and the negative of its square rounded to a float. */
const ABOVE_ONE = memory.data<f32>([1.00000012, -1.00000024])

/** Whether `multiplyAdd` rounds once on this machine: a square and its rounding then differ. */
export function fusesMultiplyAdd(): bool {
  const x = v128.load32_splat(ABOVE_ONE)
  return f32x4.extract_lane(multiplyAdd(x, x, v128.load32_splat(ABOVE_ONE, 4)), 0) != 0
}

/** The end of a horizontal sum over four partial sums: (0 + 1) + (2 + 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  )
}

/** The `count` (1 to 4) floats at `p`, the other lanes 0; with a constant count of 4 a plain load. */
// @ts-ignore: decorator
@inline
export function loadSome(p: usize, count: i32): v128 {
  return count == 4 ? v128.load(p) : loadTail(p, count, f32x4.splat(0))
}

/** Stores the first `count` (1 to 4) lanes at `p`; with a constant count of 4 a plain store. */
// @ts-ignore: decorator
@inline
export function storeSome(p: usize, count: i32, x: v128): void {
  if (count == 4) v128.store(p, x)
  else storeTail(p, count, x)
}
