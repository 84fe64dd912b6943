import type { Parameter } from '../nn/initialisers.js'
import type { Shape } from '../nn/layer.js'
import type { Model } from '../nn/model.js'
import { createTensor, type Tensor } from '../program/tensor.js'
import type { Rules } from './rules.js'

/** Memory that the host and a step's program share, and what the optimizer keeps from step to step. */
export interface StepState {
  /** Number of the training step, uint32. */
  readonly step: Tensor
  /** Number of the epoch, uint32. */
  readonly epoch: Tensor
  /** The step's numbers that the host writes for the optimizer and its groups, their learning rates among them. */
  readonly scalars: Tensor
  /** How each parameter is trained that is; also where the state is of no trainer, since penalties of others do not count. */
  readonly rules: Rules
  /** External: int32, rows of the source that make up the batch. */
  readonly indices: Tensor
  readonly training: Tally
  readonly evaluation: Tally
  readonly slots: ReadonlyMap<Parameter, readonly Tensor[]>
  /** Gradients of the parts of a batch so far, where a step works it through in parts. */
  readonly sums: ReadonlyMap<Parameter, Tensor>
  /** Memory that stateful layers carry from batch to batch of one kind of run. */
  readonly carried: (run: Run, name: string, shape: Shape) => Tensor
}

/** What training and evaluation count, each on its own, so that a model can be measured in the middle of an epoch. */
export interface Tally {
  /**
   * float64: sum of losses, number right, what the sum is to be divided by, and the last batch's mean loss; of losses with
   * weights also the number of rows counted.
   */
  readonly totals: Tensor
  /** int32 [label, predicted]: how often each came together; null for too many classes. */
  readonly confusion: Tensor | null
}

/** What a program is for: each kind of run has states of its own. */
export type Run = 'training' | 'evaluation' | 'prediction'

/** What standardises a sample, element by element. */
export interface Standard {
  readonly mean: Tensor
  readonly scale: Tensor
}

/** Where batches come from, and their standardisation. */
export interface BatchSource {
  /** External: [rows, ...sample], uint8, float32 or int32. */
  readonly images: Tensor
  /** External: uint8 [rows]. */
  readonly labels: Tensor
  readonly standardisation: Standard | null
  /** External: float32 [steps, batch], which steps are no padding; null where the data do not say. */
  readonly valid: Tensor | null
  /** Names the programs of such batches. */
  readonly key: string
}

/** A confusion matrix of more classes is of use to nobody, and large. */
const MOST_CONFUSED = 1024

/** Lays out the state of training `model`, each batch in so many parts. */
export function createStepState(
  model: Model,
  rules: Rules,
  parts: number,
  carried: StepState['carried'],
): StepState {
  // One output tells two classes apart.
  const classes = Math.max(2, model.output.at(-1)!)
  const slotsOf = ({ name, tensor }: Parameter) =>
    rules.slots.map((slot) => createTensor('state', `${name}.${slot}`, tensor.shape))
  const sumOf = ({ name, tensor }: Parameter) => createTensor('state', `${name}.gradient`, tensor.shape)
  const trained = [...rules.of.keys()]
  const tally = (): Tally => ({
    totals: createTensor('state', 'totals', [5], 'f64'),
    confusion:
      classes <= MOST_CONFUSED ? createTensor('state', 'confusion', [classes, classes], 'i32') : null,
  })
  return {
    step: createTensor('state', 'step', [1], 'i32'),
    epoch: createTensor('state', 'epoch', [1], 'i32'),
    scalars: createTensor('state', 'scalars', [rules.count]),
    indices: createTensor('external', 'indices', [0], 'i32'),
    training: tally(),
    evaluation: tally(),
    slots: new Map(trained.map((parameter) => [parameter, slotsOf(parameter)])),
    sums: new Map(parts > 1 ? trained.map((parameter) => [parameter, sumOf(parameter)]) : []),
    rules,
    carried,
  }
}

/** Every tensor of a state that is kept from step to step. */
export function keptTensors({
  step,
  epoch,
  scalars,
  training,
  evaluation,
  slots,
  sums,
}: StepState): Tensor[] {
  const tallies = [training, evaluation].flatMap(({ totals, confusion }) =>
    confusion ? [totals, confusion] : [totals],
  )
  return [step, epoch, scalars, ...tallies, ...[...slots.values()].flat(), ...sums.values()]
}
