import { DataError } from '../errors.js'
import { leaf, type Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'

/** Lists of numbers, or of such lists; typed arrays may stand for lists of numbers. */
export type NestedNumbers = readonly number[] | readonly ArrayLike<number>[] | readonly NestedNumbers[]

/** Numbers in a row, or in nested lists. */
export type AnyArray = NumberArray | NestedNumbers

/** The typed arrays of numbers. */
export type NumberArray =
  | Uint8Array
  | Int32Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Uint32Array

/** Any of these; its contents are checked where they are read. */
export const anArray: Schema<AnyArray> = leaf(
  'a typed array, or nested lists of numbers',
  (value) =>
    Array.isArray(value) ||
    (ArrayBuffer.isView(value) && !(value instanceof DataView) && !/^Big/.test(typeOf(value))),
)

/** Numbers in the order of their samples, and the lengths of the axes: of a typed array only one. */
export interface FlatArray {
  readonly data: Uint8Array | Int32Array | Float32Array
  readonly shape: readonly number[]
}

/**
 * An array in one of the types that data sets have: itself where it has one of them, else a copy of whole numbers as int32,
 * of others as float32. Of `ids` only whole numbers are taken, of `numbers` all become float32.
 * @param name of the data set, for messages, and `what` the array is
 * @throws DataError that names the first element which is no number, or out of the type's range, and lists of another length
 */
export function arrayFrom(name: string, what: string, value: AnyArray, kind?: 'ids' | 'numbers'): FlatArray {
  if (!ArrayBuffer.isView(value)) return fromLists(name, what, value, kind === 'ids')
  const array = value as NumberArray
  const shape = [array.length]
  if (kind === 'numbers') {
    return { data: array instanceof Float32Array ? array : Float32Array.from(array), shape }
  }
  if (array instanceof Uint8Array || array instanceof Int32Array) return { data: array, shape }
  if (array instanceof Uint8ClampedArray) {
    return { data: new Uint8Array(array.buffer, array.byteOffset, array.length), shape }
  }
  if (array instanceof Float32Array && kind === undefined) return { data: array, shape }
  if (kind === undefined) return { data: Float32Array.from(array), shape }
  return { data: idsFrom(name, what, array, 1), shape }
}

function typeOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

function idsFrom(name: string, what: string, values: ArrayLike<number>, size: number): Int32Array {
  const data = new Int32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    data[i] = values[i]!
    if (data[i] === values[i]) continue
    const place = size === 1 ? '' : `, element ${i % size}`
    throw new DataError(
      `${name}: expected ${what} that are whole numbers of int32, found ${values[i]} at sample ${Math.floor(i / size)}${place}`,
    )
  }
  return data
}

function fromLists(name: string, what: string, lists: NestedNumbers, areIds: boolean): FlatArray {
  const shape = shapeOf(lists)
  const flat: number[] = []
  collect(lists, [])
  const size = shape.slice(1).reduce((product, length) => product * length, 1)
  return { data: areIds ? idsFrom(name, what, flat, size) : Float32Array.from(flat), shape }

  function collect(value: unknown, path: readonly number[]): void {
    const where = path.length === 0 ? '' : ` at [${path.join(', ')}]`
    if (path.length === shape.length) {
      if (typeof value === 'number' && Number.isFinite(Math.fround(value))) {
        flat.push(value)
        return
      }
      throw new DataError(
        `${name}: ${what} should be finite numbers (of float32), found ${show(value)}${where}.`,
      )
    }
    const wanted = shape[path.length]!
    if (!isList(value)) {
      throw new DataError(
        `${name}: ${what} should be a list of ${wanted}${where}, as the first is, found ${show(value)}.`,
      )
    }
    if (value.length !== wanted) {
      throw new DataError(
        `${name}: ${what} should be lists of equal lengths, ${wanted} as the first is, found ${value.length}${where}; ` +
          `padSequences makes sequences equally long.`,
      )
    }
    for (let i = 0; i < value.length; i++) collect(value[i], [...path, i])
  }
}

/** Lengths of the lists on the way to the first number. */
function shapeOf(lists: unknown): number[] {
  const shape: number[] = []
  for (let value = lists; isList(value) && shape.length < 8; value = value[0]) shape.push(value.length)
  return shape
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
}
