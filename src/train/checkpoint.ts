import { ModelError } from '../errors.js'
import type { Parameter } from '../nn/initialisers.js'
import { showShape } from '../nn/layer.js'
import { sizeOf, type Tensor } from '../program/tensor.js'
import type { EarlyStoppingProgress } from './early-stopping.js'
import { ConfusionMatrix } from './metrics.js'
import type { EpochResult } from './results.js'
import type { StepState } from './state.js'

/** An array of float32, row-major, in its shape. */
export interface StateArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** How far training has come, without the arrays: plain data that JSON keeps. */
export interface CheckpointProgress {
  /** Training steps so far, over the trainer's life. */
  readonly step: number
  readonly epoch: number
  /** One entry an epoch; confusion matrices as their counts. */
  readonly history: readonly EpochRecord[]
  /** Null unless it was taken while a fit with early stopping was under way. */
  readonly earlyStopping: EarlyStoppingProgress | null
}

/** An EpochResult as plain data. */
export type EpochRecord = Omit<EpochResult, 'validation'> & {
  readonly validation: {
    readonly samples: number
    readonly loss: number
    readonly accuracy: number
    readonly confusion: { readonly classes: number; readonly counts: readonly number[] }
  } | null
}

/**
 * Everything that a trainer of the same model, options and data needs to go on as if it had never stopped. Kept as plain
 * data and arrays by name, so that it can be cloned, posted to a worker, or written to a file: `progress` as JSON text,
 * `tensors` as safetensors.
 */
export interface Checkpoint {
  readonly progress: CheckpointProgress
  /**
   * The model's parameters by name; under `optimizer/` what the optimizer keeps for each, such as
   * `optimizer/dense_1/kernel.velocity`; under `best/` all of these as they were in the best epoch, with early stopping.
   */
  readonly tensors: ReadonlyMap<string, StateArray>
}

export const BEST = 'best/'
const OPTIMIZER = 'optimizer/'

/** The tensors that training changes, by the names that a checkpoint has them under. */
export function trainedTensors(parameters: readonly Parameter[], { slots }: StepState): Map<string, Tensor> {
  const kept = [...slots.values()].flat()
  return new Map([
    ...parameters.map(({ name, tensor }) => [name, tensor] as const),
    ...kept.map((tensor) => [`${OPTIMIZER}${tensor.buffer.name}`, tensor] as const),
  ])
}

/** An epoch's result as plain data. */
export function recordOf(result: EpochResult): EpochRecord {
  const { validation, ...rest } = result
  if (!validation) return { ...rest, validation: null }
  const { confusion, ...figures } = validation
  const { classes, counts } = confusion
  return { ...rest, validation: { ...figures, confusion: { classes, counts: [...counts] } } }
}

/** The reverse of `recordOf`. */
export function resultOf(record: EpochRecord): EpochResult {
  const { validation, ...rest } = record
  if (!validation) return { ...rest, validation: null }
  const { confusion, ...figures } = validation
  const matrix = new ConfusionMatrix(confusion.classes, Int32Array.from(confusion.counts))
  return { ...rest, validation: { ...figures, confusion: matrix } }
}

/**
 * Checks that a checkpoint has exactly the arrays that it should.
 * @throws ModelError that names the first array that is missing, left over, of another shape or not finite
 */
export function checkCheckpoint(
  { progress, tensors }: Checkpoint,
  expected: ReadonlyMap<string, Tensor>,
): void {
  const wanted = new Map(expected)
  if (progress.earlyStopping) {
    for (const [name, tensor] of expected) wanted.set(`${BEST}${name}`, tensor)
  }
  for (const field of ['step', 'epoch'] as const) {
    const value = progress[field]
    if (!Number.isInteger(value) || value < 0) {
      throw new ModelError(`restore: ${field} should be a whole number from 0 up, found ${value}.`)
    }
  }
  for (const [name, { shape }] of wanted) {
    const found = tensors.get(name)
    if (!found)
      throw new ModelError(`restore: the checkpoint has no array '${name}' of shape ${showShape(shape)}.`)
    if (showShape(found.shape) !== showShape(shape) || found.data.length !== sizeOf(shape)) {
      throw new ModelError(
        `restore: ${name} should have shape ${showShape(shape)}, found ${found.data.length} values of shape ${showShape(found.shape)}.`,
      )
    }
    const bad = found.data.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) {
      throw new ModelError(`restore: ${name}: value ${bad} is ${found.data[bad]}, expected a finite number.`)
    }
  }
  for (const name of tensors.keys()) {
    if (!wanted.has(name)) {
      throw new ModelError(
        `restore: the checkpoint has an array '${name}', for which this trainer has no place.`,
      )
    }
  }
}
