import { loadSome, storeSome } from './lanes'
import { sumOf } from './regularise'
import { shareBegin, shareEnd } from './threads'

/** Gradient clipping; a NaN stays NaN in both forms. */

/** x[i] = min(max(x[i], -limit), limit), `count` floats. */
export function clipValue(x: usize, count: i32, limit: f32): void {
  const highest = f32x4.splat(limit)
  const lowest = f32x4.neg(highest)
  const begin = shareBegin(count, 16)
  const size = shareEnd(count, 16) - begin
  x += (<usize>begin) << 2
  const end = x + ((<usize>(size & ~3)) << 2)
  // a < b ? b : a, written pmax(a, b), keeps a NaN in `a`; so does pmin.
  for (; x < end; x += 16) v128.store(x, f32x4.pmin(f32x4.pmax(v128.load(x), lowest), highest))
  const rest = size & 3
  if (rest > 0) storeSome(x, rest, f32x4.pmin(f32x4.pmax(loadSome(x, rest), lowest), highest))
}

/**
 * x[i] = x[i] * (limit / norm) where norm > limit, with norm = sqrt(sum of `squares` [blocks], float64, in their order)
 * over all gradients (Pascanu, Mikolov and Bengio 2013, algorithm 1). The factor is rounded to float32 once.
 */
export function clipNorm(x: usize, squares: usize, count: i32, blocks: i32, limit: f32): void {
  const norm = sqrt<f64>(sumOf(squares, blocks))
  if (!(norm > limit)) return
  const factor = <f32>(<f64>limit / norm)
  const factors = f32x4.splat(factor)
  const begin = shareBegin(count, 16)
  const size = shareEnd(count, 16) - begin
  x += (<usize>begin) << 2
  const end = x + ((<usize>(size & ~3)) << 2)
  for (; x < end; x += 16) v128.store(x, f32x4.mul(v128.load(x), factors))
  const rest = size & 3
  if (rest > 0) storeSome(x, rest, f32x4.mul(loadSome(x, rest), factors))
}
