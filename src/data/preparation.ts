/**
 * How what a network is asked about becomes its inputs, and its outputs what was asked for: all that was learnt on the
 * training part, as plain data, so that a saved model can carry it.
 */
import { DataError } from '../errors.js'
import { Fault, leaf, list, object, read, type Schema, variants } from '../schema/schema.js'
import { arrayOf, finite, isSize, positive, text } from '../schema/values.js'
import type { Scale } from './scale.js'
import { aTableEncoding, encodedSize, type TableEncoding } from './table/encoding.js'

/** Rows of a table. */
export interface TablePreparation {
  readonly type: 'table'
  readonly encoding: TableEncoding
}

/** Pictures, brought to one size. */
export interface PicturesPreparation {
  readonly type: 'pictures'
  /** [height, width] */
  readonly size: readonly [height: number, width: number]
  /** 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3
  readonly classNames: readonly string[]
}

/** Arrays as they are. */
export interface ArraysPreparation {
  readonly type: 'arrays'
  /** Of each number of a target: what the network gives is (y - mean) / deviation. Empty for classes. */
  readonly targets: readonly Scale[]
}

export type Preparation = TablePreparation | PicturesPreparation | ArraysPreparation

const size = leaf<PicturesPreparation['size']>(
  'a list of height and width, such as [28, 28]',
  (value) => Array.isArray(value) && value.length === 2 && value.every(isSize),
)

const differentNames: Schema<readonly string[]> = {
  expected: 'a list of different names',
  read(value, path) {
    const names = list('names', text, 1).read(value, path)
    if (new Set(names).size < names.length) throw new Fault(path, this.expected, value)
    return names
  },
}

const channels = leaf<1 | 3>('1 or 3', (value) => value === 1 || value === 3)

/** A field that holds a preparation. */
export const aPreparation: Schema<Preparation> = variants<Preparation>('a preparation of inputs', {
  table: object<Omit<TablePreparation, 'type'>>({ encoding: aTableEncoding }),
  pictures: object<Omit<PicturesPreparation, 'type'>>({ size, channels, classNames: differentNames }),
  arrays: object<Omit<ArraysPreparation, 'type'>>({
    targets: list('scales', object<Scale>({ mean: finite, deviation: positive })),
  }),
})

/** Shape of a sample that was prepared so; null where any will do. */
export function preparedShape(preparation: Preparation): readonly number[] | null {
  switch (preparation.type) {
    case 'table':
      return [encodedSize(preparation.encoding)]
    case 'pictures':
      return preparation.channels === 1 ? preparation.size : [...preparation.size, 3]
    case 'arrays':
      return null
  }
}

/** Names of the classes, in the order of their ids; null where they have none, or what is predicted is numbers. */
export function classNamesOf(preparation: Preparation): readonly string[] | null {
  if (preparation.type === 'pictures') return preparation.classNames
  if (preparation.type === 'arrays') return null
  const [target] = preparation.encoding.targets
  return target?.type === 'category' ? target.categories : null
}

/** A number that is predicted: its column, where it has one, and its scale. */
export interface TargetNumber extends Scale {
  readonly column: string
}

/** The numbers that are predicted; none for classes. */
export function targetNumbersOf(preparation: Preparation): readonly TargetNumber[] {
  if (preparation.type === 'pictures') return []
  if (preparation.type === 'arrays') {
    return preparation.targets.map((scale, i) => ({ column: String(i), ...scale }))
  }
  return preparation.encoding.targets.flatMap((target) => (target.type === 'number' ? [target] : []))
}

/**
 * The numbers that a network's outputs [samples, numbers] stand for, in the units of the data that it was trained on.
 *
 * @throws DataError for a preparation of classes, and outputs that are no whole samples
 */
export function predictedNumbers(preparation: Preparation, outputs: Float32Array): Float64Array {
  const checked = read(DataError, 'predictedNumbers', 'preparation', aPreparation, preparation)
  read(DataError, 'predictedNumbers', 'outputs', arrayOf(Float32Array), outputs)
  const numbers = targetNumbersOf(checked)
  if (numbers.length === 0) {
    throw new DataError(
      'predictedNumbers: expected a preparation of numbers to be predicted, found one of classes.',
    )
  }
  if (outputs.length % numbers.length !== 0) {
    throw new DataError(
      `predictedNumbers: expected ${numbers.length} outputs for each sample, found ${outputs.length} of all.`,
    )
  }
  return Float64Array.from(outputs, (value, i) => {
    const { mean, deviation } = numbers[i % numbers.length]!
    return value * deviation + mean
  })
}
