import { aDataset, type Dataset, rowOf } from '../data/dataset.js'
import { DataError, ModelError } from '../errors.js'
import { object, optional, read, type Schema } from '../schema/schema.js'
import { arrayOf, shape, wholeNumber } from '../schema/values.js'
import type { Prediction } from './metrics.js'

/** The samples whose confidence lies in one interval. */
export interface CalibrationBin {
  /** Confidences above `from`, up to and with `to`. */
  readonly from: number
  readonly to: number
  readonly count: number
  /** Part of the samples whose class was predicted; NaN without samples. */
  readonly accuracy: number
  /** Mean probability of the predicted class; NaN without samples. */
  readonly confidence: number
}

/** How far a model's probabilities can be trusted; the bins are a reliability diagram's. */
export interface Calibration {
  /** Expected calibration error: the mean of |accuracy - confidence| over the samples, by bin. */
  readonly error: number
  readonly bins: readonly CalibrationBin[]
}

export interface CalibrationOptions {
  /** 15 by default. */
  readonly bins?: number
}

/** What is needed of a prediction here. */
type ClassPrediction = Pick<Prediction, 'probabilities' | 'classes'>

/** More bins than any data set has samples to fill. */
const MOST_BINS = 2 ** 20

const calibrationOptions = object<CalibrationOptions>({ bins: optional(wholeNumber(1, MOST_BINS)) })

const aPrediction = object<ClassPrediction & Partial<Omit<Prediction, keyof ClassPrediction>>>({
  outputs: optional(arrayOf(Float32Array)),
  outputShape: optional(shape),
  probabilities: arrayOf(Float32Array),
  // Whole numbers of any width.
  classes: arrayOf<ArrayLike<number>>(Int32Array, Uint32Array, Uint8Array) as Schema<Int32Array>,
})

/**
 * Part of the samples whose class is among the `k` most probable, 0..1; of equal probabilities that of the lower class
 * counts as the higher. `data` is what the prediction was made for.
 * @throws ModelError when the prediction is not for these data, or k is no whole number from 1 to the number of classes
 */
export function topKAccuracy(prediction: ClassPrediction, data: Dataset, k: number): number {
  const classes = classesOf('topKAccuracy', prediction, data)
  read(ModelError, 'topKAccuracy', 'k', wholeNumber(1, classes), k)
  const { probabilities } = prediction
  let right = 0
  for (let i = 0; i < data.count; i++) {
    const label = data.targets[rowOf(data, i)]!
    const row = probabilities.subarray(i * classes, (i + 1) * classes)
    const own = row[label]!
    const ahead = row.reduce((n, p, c) => n + (p > own || (p === own && c < label) ? 1 : 0), 0)
    if (ahead < k) right++
  }
  return right / data.count
}

/**
 * Expected calibration error over bins of equal width (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural
 * networks", ICML 2017, equations 2 and 3): 15 of them, as there, unless told. `data` is what the prediction was made for.
 * @throws ModelError when the prediction is not for these data, or `bins` is no whole number from 1 up
 */
export function calibration(
  prediction: ClassPrediction,
  data: Dataset,
  options: CalibrationOptions = {},
): Calibration {
  const classes = classesOf('calibration', prediction, data)
  const { bins: number = 15 } = read(ModelError, 'calibration', 'options', calibrationOptions, options)
  const sums = Array.from({ length: number }, () => ({ count: 0, right: 0, confidence: 0 }))
  for (let i = 0; i < data.count; i++) {
    const predicted = prediction.classes[i]!
    const confidence = prediction.probabilities[i * classes + predicted]!
    // The interval that is closed above; a softmax over many classes may round to just above 1.
    const at = Math.min(Math.max(-Math.floor(-confidence * number) - 1, 0), number - 1)
    const sum = sums[at]!
    sum.count++
    sum.confidence += confidence
    if (predicted === data.targets[rowOf(data, i)]) sum.right++
  }
  const bins = sums.map(({ count, right, confidence }, at) => ({
    ...{ from: at / number, to: (at + 1) / number, count },
    ...{ accuracy: right / count, confidence: confidence / count },
  }))
  const gaps = sums.map(({ right, confidence }) => Math.abs(right - confidence))
  return { error: gaps.reduce((sum, gap) => sum + gap, 0) / data.count, bins }
}

/** The number of classes of a prediction that was made for `data`; errors name `where`. */
function classesOf(where: string, prediction: ClassPrediction, data: Dataset): number {
  const { probabilities, classes } = read(ModelError, where, 'prediction', aPrediction, prediction)
  read(DataError, where, 'data', aDataset, data)
  if (classes.length === data.count && probabilities.length === data.count * data.classes) return data.classes
  throw new ModelError(
    `${data.name}: expected a prediction of ${data.classes} probabilities for each of ${data.count} samples, found ${probabilities.length} for ${classes.length} samples.`,
  )
}
