import type { Standardisation } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import { ModelError } from '../errors.js'
import { show } from '../schema/show.js'

/** One value of an input, its samples one after the other; a single number where that is all. */
export type Sample = Float32Array | Uint8Array | Int32Array | number

/** A stretch of an engine's memory as an array, made anew only when the memory has grown. */
export class Window<T extends 'f32' | 'i32'> {
  private current: Engine['views'][T]

  constructor(
    private readonly engine: Engine,
    private readonly type: T,
    private readonly address: number,
    readonly length: number,
  ) {
    this.current = this.make()
  }

  get view(): Engine['views'][T] {
    if (this.current.buffer !== this.engine.views[this.type].buffer) this.current = this.make()
    return this.current
  }

  private make(): Engine['views'][T] {
    const start = this.address >>> 2
    return this.engine.views[this.type].subarray(start, start + this.length) as Engine['views'][T]
  }
}

/** Where an input is put, checked. */
export interface Slot {
  /** @throws ModelError that names the input, what was expected and what was found */
  fill(where: string, values: unknown): void
}

/** Bytes as they stand for 0..1. */
const levels = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)

/** Numbers: float32 as they are, or bytes for 0..1; then standardised. */
export class NumberSlot implements Slot {
  constructor(
    private readonly name: string,
    private readonly window: Window<'f32'>,
    private readonly standardisation: Standardisation | undefined,
  ) {}

  fill(where: string, values: unknown): void {
    const { window } = this
    const { length, view } = window
    if (typeof values === 'number' && length === 1) view[0] = values
    else if (values instanceof Float32Array && values.length === length) view.set(values)
    else if (values instanceof Uint8Array && values.length === length) {
      for (let i = 0; i < length; i++) view[i] = levels[values[i]!]!
    } else throw new ModelError(this.misfit(where, values))
    if (!(values instanceof Uint8Array)) this.checkFinite(where, view)
    if (this.standardisation) standardise(view, this.standardisation)
  }

  private checkFinite(where: string, view: Float32Array): void {
    // 0 times what is finite is 0.
    let sum = 0
    for (let i = 0; i < view.length; i++) sum += view[i]! * 0
    if (sum === 0) return
    const bad = view.findIndex((value) => !Number.isFinite(value))
    throw new ModelError(`${where}: ${this.name} should be finite, found ${view[bad]} at element ${bad}.`)
  }

  private misfit(where: string, found: unknown): string {
    const one = this.window.length === 1 ? ', or one number' : ''
    return expectedOf(where, this.name, 'Float32Array or Uint8Array', this.window.length, one, found)
  }
}

/** In float32 as the kernels do it: a double that two float32 give is rounded to the same float32. */
function standardise(x: Float32Array, { mean, scale }: Standardisation): void {
  const size = mean.length
  for (let start = 0; start < x.length; start += size) {
    for (let i = 0; i < size; i++) x[start + i] = Math.fround(x[start + i]! - mean[i]!) * scale[i]!
  }
}

/** Ids of an embedding's vectors. */
export class IdSlot implements Slot {
  constructor(
    private readonly name: string,
    private readonly window: Window<'i32'>,
    /** How many ids there are. */
    private readonly count: number,
    /** Whether id 0 is padding, of which single steps have none. */
    private readonly isPadded: boolean,
  ) {}

  fill(where: string, values: unknown): void {
    const { length, view } = this.window
    if (typeof values === 'number' && length === 1) {
      this.check(where, values, 0)
      view[0] = values
      return
    }
    if (!(values instanceof Int32Array) || values.length !== length) {
      const one = length === 1 ? ', or one number' : ''
      throw new ModelError(expectedOf(where, this.name, 'Int32Array', length, one, values))
    }
    for (let i = 0; i < length; i++) this.check(where, values[i]!, i)
    view.set(values)
  }

  private check(where: string, id: number, place: number): void {
    if (this.isPadded && id === 0) {
      throw new ModelError(`${where}: ${this.name} should be no padding, found id 0; leave such a step out.`)
    }
    if (Number.isInteger(id) && id >= 0 && id < this.count) return
    throw new ModelError(
      `${where}: ${this.name} should be ids from 0 to ${this.count - 1}, found ${id} at element ${place}.`,
    )
  }
}

function expectedOf(
  ...[where, name, type, length, one, found]: [string, string, string, number, string, unknown]
): string {
  const shown = ArrayBuffer.isView(found)
    ? `a ${found.constructor.name} of ${(found as Float32Array).length}`
    : show(found)
  return `${where}: ${name} should be a ${type} of ${length} values${one}, found ${shown}.`
}
