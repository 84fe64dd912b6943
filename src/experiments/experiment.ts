/** What an experiment is: data, which the runner, the reports and the command line share. */
import type { AugmentOptions, LayerSpec, LossName, LossSpec, OptimizerSpec } from '../index.js'

/** A published study of MNIST. */
export interface Study {
  readonly letter: 'A' | 'B' | 'C' | 'D' | 'E'
  readonly title: string
  readonly author: string
}

export interface Experiment {
  readonly id: string
  readonly study: Study
  /** Where in the study: a figure, a table, a section. */
  readonly source: string
  readonly title: string
  /** One sentence: what it shows. */
  readonly shows: string
  /** What the reader of its report has to know: where text and code of the study disagree, and what was chosen. */
  readonly notes: readonly string[]
  readonly configurations: readonly Configuration[]
  readonly published: readonly Published[]
  readonly figures: readonly Figure[]
}

/**
 * Why a configuration is run: it is the study's own, another reading of it, an exercise that the study sets or names, or
 * a recipe of ours on the same question that is to do better.
 */
export type Role = 'study' | 'reading' | 'variant' | 'beyond'

/** One training of the sweep, repeated for every seed. */
export interface Configuration {
  /** Unique in its experiment. */
  readonly id: string
  readonly label: string
  readonly role: Role
  readonly recipe: Recipe
  /** Samples a second in training, about, of one thread: for estimates of time alone. */
  readonly speed: number
}

/** All that a training depends on, but its seed: plain data. */
export interface Recipe {
  readonly layers: readonly LayerSpec[]
  /** `softmaxCrossEntropy` by default. */
  readonly loss?: LossName | LossSpec
  readonly optimizer: OptimizerSpec
  readonly batchSize: number | 'full'
  readonly augment?: AugmentOptions
  readonly epochs: number
  readonly data: DataRecipe
}

/** Which samples, and how their pixels are scaled. */
export interface DataRecipe {
  /** Only the first so many training samples. */
  readonly train?: number
  /** Only the first so many test samples. */
  readonly test?: number
  /**
   * Validation by the test samples, by as many of the first samples that are trained on (`trained`, which is none), or by the
   * last part of the training samples, held out in random or in file order.
   */
  readonly validation: 'test' | 'trained' | { readonly part: number; readonly shuffle: boolean }
  /**
   * Each pixel by its mean and standard deviation over all training samples, or over those trained on; 0..1 without it.
   */
  readonly standardise?: 'all' | 'trained'
}

export type Measure =
  | 'test accuracy'
  | 'test loss'
  | 'validation accuracy'
  | 'validation loss'
  | 'training accuracy'
  | 'training loss'
  | 'seconds an epoch'
  | 'own digits right'
  | 'own digits right, prepared'

/** A number that the study gives. */
export interface Published {
  readonly configuration: string
  readonly measure: Measure
  /** Of this epoch; of the last one where there is none. */
  readonly epoch?: number
  /** The median of so many epochs up to that one, where single epochs jump; 1 by default. */
  readonly over?: number
  readonly value: number
  /** Read off a figure, or rounded in the text. */
  readonly about?: boolean
}

type Points = readonly (readonly [x: number, y: number])[]

/** A measure over the epochs, or the training loss over the steps. */
export interface Curves {
  readonly type: 'curves'
  readonly id: string
  readonly title: string
  readonly measures: readonly Measure[]
  readonly by: 'epoch' | 'step'
  readonly configurations: readonly string[]
  /** By configuration, of the first measure. */
  readonly published?: Readonly<Record<string, Points>>
}

/** A measure of several configurations against what the sweep changes. */
export interface Sweep {
  readonly type: 'sweep'
  readonly id: string
  readonly title: string
  readonly measure: Measure
  readonly draw: 'bars' | 'lines'
  /** What is changed. */
  readonly over: string
  /** Its values: numbers for lines. */
  readonly at: readonly (number | string)[]
  readonly series: readonly {
    readonly name: string
    /** [at] null where there is none. */
    readonly configurations: readonly (string | null)[]
    readonly epoch?: number
    /** Draw the published values of the same configurations too. */
    readonly published?: boolean
  }[]
}

/** Pictures and counts of trained networks. */
export interface Portrait {
  readonly type: 'confusion' | 'samples' | 'feedBackward' | 'ownDigits'
  readonly id: string
  readonly title: string
  readonly configurations: readonly string[]
}

/** Weights of single units, grey: 0 in the middle. */
export interface WeightPictures {
  readonly type: 'weights'
  readonly id: string
  readonly title: string
  readonly configurations: readonly string[]
  /** A parameter [inputs, units]. */
  readonly parameter: string
  /** [height, width] of one unit's inputs. */
  readonly shape: readonly [number, number]
}

export type Figure = Curves | Sweep | Portrait | WeightPictures

/** The configuration of that name. */
export function configurationOf(experiment: Experiment, id: string): Configuration {
  const found = experiment.configurations.find((configuration) => configuration.id === id)
  if (!found) throw new Error(`${experiment.id}: there is no configuration '${id}'.`)
  return found
}
