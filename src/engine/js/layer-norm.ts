import type { Views } from './views.js'

const f = Math.fround

/** Four partial sums of a row: column j goes to number j mod 4. */
const partial = new Float32Array(4)
const sumPartial = () => f(f(partial[0]! + partial[1]!) + f(partial[2]! + partial[3]!))

/** y = ((x - mean) inverse) scale + shift, row by row; mean and inverse may be 0, left out. See assembly/layer-norm.ts. */
export function layerNorm(
  { f32 }: Views,
  x: number,
  scale: number,
  shift: number,
  y: number,
  mean: number,
  inverse: number,
  rows: number,
  columns: number,
  epsilon: number,
): void {
  for (let r = 0; r < rows; r++) {
    const from = (x >>> 2) + r * columns
    const to = (y >>> 2) + r * columns
    partial.fill(0)
    for (let c = 0; c < columns; c++) partial[c & 3]! += f32[from + c]!
    const average = f(sumPartial() / f(columns))
    partial.fill(0)
    for (let c = 0; c < columns; c++) {
      const d = f(f32[from + c]! - average)
      partial[c & 3]! += f(d * d)
    }
    const spread = f(1 / f(Math.sqrt(f(f(sumPartial() / f(columns)) + epsilon))))
    if (mean !== 0) f32[(mean >>> 2) + r] = average
    if (inverse !== 0) f32[(inverse >>> 2) + r] = spread
    for (let c = 0; c < columns; c++) {
      const h = f(f(f32[from + c]! - average) * spread)
      f32[to + c] = f(h * f32[(scale >>> 2) + c]!) + f32[(shift >>> 2) + c]!
    }
  }
}

/** dscale = sum over rows of dy h, dshift = sum over rows of dy, where h = (x - mean) inverse. */
export function layerNormGradients(
  { f32 }: Views,
  x: number,
  dy: number,
  mean: number,
  inverse: number,
  dscale: number,
  dshift: number,
  rows: number,
  columns: number,
): void {
  for (let c = 0; c < columns; c++) {
    let sum = 0
    let along = 0
    for (let r = 0; r < rows; r++) {
      const at = r * columns + c
      const gradient = f32[(dy >>> 2) + at]!
      const h = f(f(f32[(x >>> 2) + at]! - f32[(mean >>> 2) + r]!) * f32[(inverse >>> 2) + r]!)
      along = f(along + f(gradient * h))
      sum = f(sum + gradient)
    }
    f32[(dscale >>> 2) + c] = along
    f32[(dshift >>> 2) + c] = sum
  }
}

/** dx = inverse ((g - mean of g) - h (mean of g h)), where g = dy scale; dx may be the same memory as dy. */
export function layerNormInput(
  { f32 }: Views,
  x: number,
  dy: number,
  mean: number,
  inverse: number,
  scale: number,
  dx: number,
  rows: number,
  columns: number,
): void {
  const along = new Float32Array(4)
  for (let r = 0; r < rows; r++) {
    const average = f32[(mean >>> 2) + r]!
    const spread = f32[(inverse >>> 2) + r]!
    const start = r * columns
    const hAt = (c: number) => f(f(f32[(x >>> 2) + start + c]! - average) * spread)
    const gAt = (c: number) => f(f32[(dy >>> 2) + start + c]! * f32[(scale >>> 2) + c]!)
    partial.fill(0)
    along.fill(0)
    for (let c = 0; c < columns; c++) {
      partial[c & 3]! += gAt(c)
      along[c & 3]! += f(gAt(c) * hAt(c))
    }
    const common = f(sumPartial() / f(columns))
    const slope = f(f(f(along[0]! + along[1]!) + f(along[2]! + along[3]!)) / f(columns))
    for (let c = 0; c < columns; c++) {
      f32[(dx >>> 2) + start + c] = spread * f(f(gAt(c) - common) - f(hAt(c) * slope))
    }
  }
}
