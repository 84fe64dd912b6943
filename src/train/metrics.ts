import { ModelError } from '../errors.js'
import { read } from '../schema/schema.js'
import { arrayOf, wholeNumber } from '../schema/values.js'

/** How a model did on a data set. */
export interface Evaluation {
  /** Samples; where each step has a target of its own, the steps that count. */
  readonly samples: number
  /** Mean over them. */
  readonly loss: number
  /** Part of them whose class was predicted, 0..1; NaN where targets are no class ids. */
  readonly accuracy: number
  /** Null where targets are no class ids, and for more than 1,024 classes. */
  readonly confusion: ConfusionMatrix | null
  /** Those that were asked for, by name. */
  readonly metrics?: Readonly<Record<string, number>>
}

/** A model's answers. */
export interface Prediction {
  /** [samples, ...outputShape], what the last layer gives, row-major */
  readonly outputs: Float32Array
  /** Shape of the outputs of one sample. */
  readonly outputShape: readonly number[]
  /**
   * [samples, classes], or [samples, steps, classes] where the model's output has steps, row-major. Reading them throws a
   * ModelError where the loss is over numbers.
   */
  readonly probabilities: Float32Array
  /** [samples], or [samples, steps]: the most probable class of each; as `probabilities`. */
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
