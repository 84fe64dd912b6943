import { exp, log } from './math.js'
import { exponentials, rowMaximum } from './softmax.js'
import type { Views } from './views.js'

const f = Math.fround

/** y = log(softmax(x)) of rows; see assembly/log-softmax.ts. */
export function logSoftmax({ f32 }: Views, x: number, y: number, rows: number, classes: number): void {
  for (let r = 0; r < rows; r++) {
    const [from, to] = [(x >>> 2) + r * classes, (y >>> 2) + r * classes]
    const maximum = rowMaximum(f32, from, classes)
    const logs = log(exponentials(f32, from, 0, classes, maximum))
    for (let i = 0; i < classes; i++) f32[to + i] = f(f32[from + i]! - maximum) - logs
  }
}

/** dx = dy - e^y sum(dy), rows of a log-softmax's output y. */
export function logSoftmaxBackward(
  { f32 }: Views,
  y: number,
  dy: number,
  dx: number,
  rows: number,
  classes: number,
): void {
  const partial = new Float32Array(4)
  for (let r = 0; r < rows; r++) {
    const start = r * classes
    const [from, slopes, to] = [(y >>> 2) + start, (dy >>> 2) + start, (dx >>> 2) + start]
    partial.fill(0)
    for (let i = 0; i < classes; i++) partial[i & 3]! += f32[slopes + i]!
    const sum = f(f(partial[0]! + partial[1]!) + f(partial[2]! + partial[3]!))
    for (let i = 0; i < classes; i++) f32[to + i] = f32[slopes + i]! - f(exp(f32[from + i]!) * sum)
  }
}
