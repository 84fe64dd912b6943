import { exp } from './math.js'
import type { Views } from './views.js'

const f = Math.fround

/** y = softmax(x), both [rows, classes]; they may be the same memory. */
export function softmax(memory: Views, x: number, y: number, rows: number, classes: number): void {
  const { f32 } = memory
  for (let r = 0; r < rows; r++) {
    const xRow = (x >>> 2) + r * classes
    const yRow = (y >>> 2) + r * classes
    const sum = exponentials(f32, xRow, yRow, classes, rowMaximum(f32, xRow, classes))
    divideRow(f32, yRow, classes, sum, 1)
  }
}

/** dx[r, i] = y[r, i] (dy[r, i] - sum over j of y[r, j] dy[r, j]); dx may be the same memory as y or dy. */
export function softmaxBackward(
  memory: Views,
  y: number,
  dy: number,
  dx: number,
  rows: number,
  classes: number,
): void {
  const { f32 } = memory
  for (let r = 0; r < rows; r++) {
    const yRow = (y >>> 2) + r * classes
    const dyRow = (dy >>> 2) + r * classes
    const dxRow = (dx >>> 2) + r * classes
    partial.fill(0)
    for (let i = 0; i < classes; i++) partial[i & 3]! += f(f32[yRow + i]! * f32[dyRow + i]!)
    const sum = sumPartial()
    for (let i = 0; i < classes; i++) f32[dxRow + i] = f32[yRow + i]! * f(f32[dyRow + i]! - sum)
  }
}

/** The largest number of the row at index `x`; NaN are passed over, and without any number it is -infinity. */
export function rowMaximum(f32: Float32Array, x: number, classes: number): number {
  let largest = -Infinity
  for (let i = 0; i < classes; i++) if (f32[x + i]! > largest) largest = f32[x + i]!
  return largest
}

/** Stores e^(x[i] - maximum) at index `y` unless that is 0, and returns the sum. */
export function exponentials(
  f32: Float32Array,
  x: number,
  y: number,
  classes: number,
  maximum: number,
): number {
  partial.fill(0)
  for (let i = 0; i < classes; i++) {
    const e = exp(f(f32[x + i]! - maximum))
    partial[i & 3]! += e
    if (y !== 0) f32[y + i] = e
  }
  return sumPartial()
}

/** y[i] = y[i] / sum / divisor; a divisor of 1 changes nothing. */
export function divideRow(f32: Float32Array, y: number, classes: number, sum: number, divisor: number): void {
  for (let i = 0; i < classes; i++) f32[y + i] = f(f32[y + i]! / sum) / divisor
}

/** The four partial sums; storing to it rounds to float32. */
const partial = new Float32Array(4)

function sumPartial(): number {
  return f(f(partial[0]! + partial[1]!) + f(partial[2]! + partial[3]!))
}
