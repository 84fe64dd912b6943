/** How a model did on a data set. */
export interface Evaluation {
  readonly samples: number
  /** Mean over the samples. */
  readonly loss: number
  /** Part of the samples whose class was predicted, 0..1. */
  readonly accuracy: number
  readonly confusion: ConfusionMatrix
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

/** How often each label (row) was predicted as each class (column). */
export class ConfusionMatrix {
  /** @param counts [classes, classes], row-major */
  constructor(
    readonly classes: number,
    readonly counts: Int32Array,
  ) {}

  at(label: number, predicted: number): number {
    return this.counts[label * this.classes + predicted]!
  }

  /** Precision, recall and F1 of every class. */
  perClass(): ClassMetrics[] {
    const all = Array.from({ length: this.classes }, (_, i) => i)
    return all.map((label) => {
      const right = this.at(label, label)
      const support = all.reduce((sum, predicted) => sum + this.at(label, predicted), 0)
      const claimed = all.reduce((sum, other) => sum + this.at(other, label), 0)
      return {
        support,
        precision: right / claimed,
        recall: right / support,
        f1: (2 * right) / (claimed + support),
      }
    })
  }
}
