import { firstEqual, labelAt } from './cross-entropy.js'
import { log } from './math.js'
import { rowMaximum } from './softmax.js'
import type { Views } from './views.js'

const f = Math.fround
const EPSILON = f(1e-7)
const HIGHEST = f(1 - EPSILON)

/** Loss, gradient (unless `dscores` is 0) and arg max of Keras's categorical cross-entropy; see the twin in assembly/. */
export function categoricalCrossEntropy(
  { f32, i32 }: Views,
  scores: number,
  labels: number,
  dscores: number,
  loss: number,
  predicted: number,
  rows: number,
  classes: number,
): void {
  for (let r = 0; r < rows; r++) {
    const x = (scores >>> 2) + r * classes
    const label = labelAt(i32, (labels >>> 2) + r, classes)
    i32[(predicted >>> 2) + r] = firstEqual(f32, x, classes, rowMaximum(f32, x, classes))
    const sum = rowSum(f32, x, classes)
    const score = f32[x + label]!
    const share = sum === 0 ? 0 : f(score / sum)
    const isClipped = share < EPSILON || share > HIGHEST || f(1 / score) === Infinity
    f32[(loss >>> 2) + r] = -log(Math.max(Math.min(share, HIGHEST), EPSILON))
    if (dscores === 0) continue
    const d = (dscores >>> 2) + r * classes
    f32.fill(isClipped ? 0 : f(f(1 / sum) / rows), d, d + classes)
    if (!isClipped) f32[d + label] = f(f(1 / sum) - f(1 / score)) / rows
  }
}

/** y[r, i] = x[r, i] / (the sum of x[r]), both [rows, classes]; 0 where the sum is. */
export function normaliseRows({ f32 }: Views, x: number, y: number, rows: number, classes: number): void {
  for (let r = 0; r < rows; r++) {
    const from = (x >>> 2) + r * classes
    const sum = rowSum(f32, from, classes)
    const divisor = sum === 0 ? 1 : sum
    for (let i = 0; i < classes; i++) f32[(y >>> 2) + r * classes + i] = f32[from + i]! / divisor
  }
}

/** The four partial sums; storing to it rounds to float32. */
const partial = new Float32Array(4)

function rowSum(f32: Float32Array, x: number, classes: number): number {
  partial.fill(0)
  for (let i = 0; i < classes; i++) partial[i & 3]! += f32[x + i]!
  return f(f(partial[0]! + partial[1]!) + f(partial[2]! + partial[3]!))
}
