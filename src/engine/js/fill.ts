import type { Views } from './views.js'

/** x[i] = value, for `count` floats at `x`. */
export function fill(memory: Views, x: number, count: number, value: number): void {
  memory.f32.fill(value, x >>> 2, (x >>> 2) + count)
}

/** y[i] = x[i], for `count` floats; `x` and `y` do not overlap. */
export function copy(memory: Views, x: number, y: number, count: number): void {
  memory.f32.copyWithin(y >>> 2, x >>> 2, (x >>> 2) + count)
}
