import { ModelError } from '../errors.js'
import { read } from '../schema/schema.js'
import { arrayOf, wholeNumber } from '../schema/values.js'

/** How a model did on a data set. */
export interface Evaluation {
  readonly samples: number
  /** Mean over the samples. */
  readonly loss: number
  /** Part of the samples whose class was predicted, 0..1. */
  readonly accuracy: number
  readonly confusion: ConfusionMatrix
}

/** A model's answers. */
export interface Prediction {
  /** [samples, classes], row-major */
  readonly probabilities: Float32Array
  /** [samples] the most probable class of each */
  readonly classes: Int32Array
}

/** One class of a confusion matrix. A figure over no samples is NaN. */
export interface ClassMetrics {
  /** Samples of this class. */
  readonly support: number
  /** Part of the samples predicted as this class that are of it. */
  readonly precision: number
  /** Part of the samples of this class that were predicted as it. */
  readonly recall: number
  /** Harmonic mean of precision and recall. */
  readonly f1: number
}

/** Means of the classes' figures, each class counting alike however many samples it has. */
export interface MacroMetrics {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** How often each label (row) was predicted as each class (column). */
export class ConfusionMatrix {
  /**
   * @param counts [classes, classes], row-major
   * @throws ModelError when they are not
   */
  constructor(
    readonly classes: number,
    readonly counts: Int32Array,
  ) {
    const where = 'ConfusionMatrix'
    read(ModelError, where, 'classes', wholeNumber(1), classes)
    read(ModelError, where, 'counts', arrayOf(Int32Array), counts)
    read(ModelError, where, 'counts.length', wholeNumber(classes * classes, classes * classes), counts.length)
  }

  /** @throws ModelError for what is no class */
  at(label: number, predicted: number): number {
    const aClass = wholeNumber(0, this.classes - 1)
    read(ModelError, 'ConfusionMatrix.at', 'label', aClass, label)
    read(ModelError, 'ConfusionMatrix.at', 'predicted', aClass, predicted)
    return this.count(label, predicted)
  }

  private count(label: number, predicted: number): number {
    return this.counts[label * this.classes + predicted]!
  }

  /** Precision, recall and F1 of every class. */
  perClass(): ClassMetrics[] {
    const all = Array.from({ length: this.classes }, (_, i) => i)
    return all.map((label) => {
      const right = this.count(label, label)
      const support = all.reduce((sum, predicted) => sum + this.count(label, predicted), 0)
      const claimed = all.reduce((sum, other) => sum + this.count(other, label), 0)
      return {
        support,
        precision: right / claimed,
        recall: right / support,
        f1: (2 * right) / (claimed + support),
      }
    })
  }
  /**
   * Macro averages (Sokolova and Lapalme 2009): the mean over the classes that the samples have. Such a class that was
   * never predicted has precision 0 here.
   */
  macro(): MacroMetrics {
    const classes = this.perClass().filter(({ support }) => support > 0)
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0) / values.length
    return {
      precision: mean(classes.map(({ precision }) => precision)),
      recall: mean(classes.map(({ recall }) => recall)),
      f1: mean(classes.map(({ f1 }) => f1)),
    }
  }
}
