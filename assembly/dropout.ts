import { loadTail, storeTail } from './lanes'
import { elementWords } from './philox'
import { scratch } from './scratch'
import { shareBegin, shareEnd } from './threads'

/**
 * Inverted dropout (Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014):
 * y[e] = scale x[e] where the random word of element e at the step *step is at least `threshold` (uint32), else 0. So
 * threshold 0 keeps all. The backward pass is the same kernel on the gradient: it draws the same mask again. x and y may
 * be the same memory.
 */
export function dropout(
  x: usize,
  y: usize,
  count: i32,
  threshold: i32,
  scale: f32,
  seed: i32,
  stream: i32,
  step: usize,
): void {
  const end = shareEnd(count, 16)
  const words = scratch()
  const thresholds = i32x4.splat(threshold)
  const scales = f32x4.splat(scale)
  for (let group = shareBegin(count, 16); group < end; group += 16) {
    elementWords(group >>> 4, load<i32>(step), 0, seed, stream, words)
    const groupEnd = min(group + 16, end)
    for (let e = group; e < groupEnd; e += 4) {
      const kept = i32x4.ge_u(v128.load(words + ((<usize>(e - group)) << 2)), thresholds)
      const p = x + ((<usize>e) << 2)
      const q = y + ((<usize>e) << 2)
      const rest = groupEnd - e
      if (rest >= 4) v128.store(q, v128.and(f32x4.mul(v128.load(p), scales), kept))
      else storeTail(q, rest, v128.and(f32x4.mul(loadTail(p, rest, scales), scales), kept))
    }
  }
}
