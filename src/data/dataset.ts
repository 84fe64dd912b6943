import { Fault, isPlainObject, leaf, object, optional, type Schema } from '../schema/schema.js'
import { arrayOf, isSize, oneOf, shape, text, truth, wholeNumber } from '../schema/values.js'

/**
 * Labelled samples. Parts of a data set (subset, take, holdout, kfold, shuffled) are views: they share `inputs` and
 * `targets` with their source and differ in `indices` alone. An engine keeps no copy: every use reads the arrays batch by
 * batch, as they are then, and checks what it reads.
 */
export interface Dataset {
  /** Shown beside results. */
  readonly name: string
  /** Number of samples. */
  readonly count: number
  /** Shape of one sample, such as [28, 28]. */
  readonly sampleShape: readonly number[]
  /** Elements of one sample. */
  readonly sampleSize: number
  /** Targets that are class ids are 0 .. classes - 1; 0 where targets are numbers. */
  readonly classes: number
  /**
   * [rows of the source, sampleSize]. Bytes stand for 0..1 and are divided by 255 when a batch is gathered; float32 are taken
   * as they are; int32 are ids, for models that begin with an embedding.
   */
  readonly inputs: Uint8Array | Float32Array | Int32Array
  /** [rows of the source, ...targetShape]: class ids, or float32 numbers. */
  readonly targets: Uint8Array | Int32Array | Float32Array
  /** Shape of one sample's target: [] or left out for one class id or number, [steps] or [steps, n] for one a step. */
  readonly targetShape?: readonly number[]
  /** An id that stands for no class, which the loss is told to pass over; such as -1. */
  readonly ignoredId?: number
  /** [rows of the source], or [rows of the source, steps] of targets for each step: what each counts in a loss. */
  readonly sampleWeights?: Float32Array
  /** [rows of the source]: steps of each sample's sequence that are no padding. */
  readonly lengths?: Int32Array
  /** Where sequences that are shorter than the longest have their padding; `post`, at their end, where left out. */
  readonly padding?: 'pre' | 'post'
  /** [count]: sample i is row indices[i] of the source. Without it the samples are the rows of the source, in order. */
  readonly indices?: Uint32Array
  /** True for generated samples, which must never be passed off as a collected data set. */
  readonly synthetic: boolean
}

/** Per element of a sample: a standardised value is (x - mean) * scale. */
export interface Standardisation {
  /** [sampleSize] */
  readonly mean: Float32Array
  /** [sampleSize], 1 / (standard deviation + 1e-5) */
  readonly scale: Float32Array
}

const inputs = arrayOf<Dataset['inputs']>(Uint8Array, Float32Array, Int32Array)
const targets = arrayOf<Dataset['targets']>(Uint8Array, Int32Array, Float32Array)

/** Class ids are int32. */
export const MOST_CLASSES = 2 ** 31

/** A field that holds an id, of no class perhaps. */
export const anId: Schema<number> = wholeNumber(-(2 ** 31), MOST_CLASSES - 1)

/** A field that holds the shape of one sample's target. */
export const aTargetShape: Schema<readonly number[]> = leaf(
  'a list of whole numbers from 1 up, such as [3], or []',
  (value) => Array.isArray(value) && value.every(isSize),
)

const datasetFields = object<Dataset>({
  ...{ name: text, count: wholeNumber(1), sampleShape: shape, sampleSize: wholeNumber(1) },
  ...{ classes: wholeNumber(0, MOST_CLASSES), inputs, targets, targetShape: optional(aTargetShape) },
  ...{ ignoredId: optional(anId), sampleWeights: optional(arrayOf(Float32Array)) },
  ...{ lengths: optional(arrayOf(Int32Array)), padding: optional(oneOf('pre', 'post')) },
  ...{ indices: optional(arrayOf(Uint32Array)), synthetic: truth },
})

const DATASET = 'a data set, such as dataset(...) gives'

/** An argument that is a data set, whose sizes agree with each other. It is the caller's own object, no copy. */
export const aDataset: Schema<Dataset> = {
  expected: DATASET,
  read(value, path) {
    if (!isPlainObject(value)) throw new Fault(path, DATASET, value)
    if (!Object.hasOwn(value, 'inputs')) {
      const parts = ['train', 'validation', 'test'].filter((part) => Object.hasOwn(value, part))
      throw new Fault(path, parts.length > 0 ? `a data set: its part ${parts.join(' or ')}` : DATASET, value)
    }
    const set = datasetFields.read(value, path)
    const { sampleShape, sampleSize, inputs, targets, indices, sampleWeights, lengths } = set
    const rows = inputs.length / sampleSize
    const [steps = 1] = set.targetShape ?? []
    const expected = {
      sampleSize: sampleShape.reduce((product, size) => product * size, 1),
      'inputs.length': rowsIn(set) * sampleSize,
      'targets.length': rows * targetSize(set),
      count: indices?.length ?? rows,
      'sampleWeights.length': sampleWeights?.length === rows * steps ? rows * steps : rows,
      'lengths.length': rows,
    }
    const found = {
      ...{ sampleSize, 'inputs.length': inputs.length, 'targets.length': targets.length, count: set.count },
      'sampleWeights.length': sampleWeights?.length ?? rows,
      'lengths.length': lengths?.length ?? rows,
    }
    for (const [name, wanted] of Object.entries(expected)) {
      const value = found[name as keyof typeof found]
      if (value !== wanted) throw new Fault(`${path}.${name}`, String(wanted), value)
    }
    return value as unknown as Dataset
  },
}

const finiteValues: Schema<Float32Array> = leaf(
  'a Float32Array of finite values',
  (value) => value instanceof Float32Array && value.every(Number.isFinite),
)

/** A field that holds a standardisation. */
export const aStandardisation: Schema<Standardisation> = object<Standardisation>({
  mean: finiteValues,
  scale: finiteValues,
})

/** The row of sample i in `inputs` and `targets`. */
export function rowOf(set: Dataset, i: number): number {
  return set.indices === undefined ? i : set.indices[i]!
}

/** Numbers in the target of one sample. */
export function targetSize({ targetShape = [] }: Pick<Dataset, 'targetShape'>): number {
  return targetShape.reduce((product, size) => product * size, 1)
}

/** Rows of the source. */
export function rowsIn(set: Pick<Dataset, 'targets' | 'targetShape'>): number {
  return set.targets.length / targetSize(set)
}

/** Whether targets are class ids, not numbers. */
export function hasIds({ targets }: Pick<Dataset, 'targets'>): boolean {
  return !(targets instanceof Float32Array)
}
