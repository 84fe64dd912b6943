import type { EmitContext } from '../nn/layer.js'
import type { Loss } from '../nn/loss.js'
import type { Model } from '../nn/model.js'
import { type Program, ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { Purpose, streamOf } from '../program/streams.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { type Augmentation, emitAugment } from './augment.js'
import type { Feed } from './feed.js'
import { Gradients } from './gradients.js'
import type { BatchSource, Run, StepState } from './state.js'
import { type ClipSpec, Updates } from './updates.js'

/** Emits what brings the samples of a batch in, and returns them [batch, ...sample]. */
function emitSamples(
  program: ProgramBuilder,
  { images, standardisation }: BatchSource,
  indices: Tensor,
  batch: number,
  augmentation: Augmentation | null,
): Tensor {
  const sample = images.shape.slice(1)
  if (images.type === 'i32') {
    const ids = createTensor('transient', 'x', [batch, ...sample], 'i32')
    const size = sizeOf(sample)
    program.from('batch').emit(instruction.gatherIds, {
      ...{ source: withRows(images, batch), indices: withRows(indices, batch), y: ids },
      ...{ count: batch, rows: batch, size, rowStep: size, idStep: 1 },
    })
    return ids
  }
  const x = createTensor('transient', 'x', [batch, ...sample])
  // Distortion comes before standardisation, so that it moves zeros into the picture.
  const { mean = null, scale = null } = (augmentation ? null : standardisation) ?? {}
  program.from('batch').emit(images.type === 'u8' ? instruction.gatherBytes : instruction.gather, {
    ...{ source: withRows(images, batch), indices: withRows(indices, batch), mean, scale, y: x },
    ...{ rows: batch, size: sizeOf(sample), count: batch },
  })
  return augmentation ? emitAugment(program, x, augmentation, standardisation) : x
}

/** The first rows of a buffer that is as long as the largest batch. */
const withRows = (source: Tensor, rows: number): Tensor => ({
  ...source,
  shape: [rows, ...source.shape.slice(1)],
})

/** Which part of a batch a program works through: all of it, where it is the first and the last. */
export interface Part {
  /** Samples of the whole batch. */
  readonly of: number
  readonly isFirst: boolean
  readonly isLast: boolean
}

/**
 * The program of one training step on `batch` samples: gather them, forward, loss, backward, and after the last part of a
 * batch the update, by the mean gradient of all of its samples.
 */
export function trainingProgram(
  model: Model,
  feed: Feed,
  source: BatchSource,
  state: StepState,
  batch: number,
  clip: ClipSpec | undefined,
  augmentation: Augmentation | null,
  part: Part = { of: batch, isFirst: true, isLast: true },
): Program {
  const program = new ProgramBuilder(`training step, batch ${batch}`)
  const x = emitSamples(program, source, state.indices, batch, augmentation)
  const emitLoss = feed.emitTargets(program, source, batch)
  const updates = new Updates(program, state, clip)
  const gradients = new Gradients(program, state.sums, part.isFirst)
  const context: EmitContext = {
    ...{ program, batch, training: true, step: state.step, seed: model.seed },
    valid: validSteps(source, batch),
    carried: (name, shape) => state.carried('training', name, shape),
    trains: (parameter) => state.slots.has(parameter),
    gradientOf: (parameter) => (state.slots.has(parameter) ? gradients.apart(parameter) : null),
    gradientSumOf: (parameter) => (state.slots.has(parameter) ? gradients.sum(parameter) : null),
    nodeDone(name, parameters) {
      gradients.addUp(name)
      for (const [parameter, gradient] of part.isLast ? gradients.take(parameters) : []) {
        updates.add({ parameter, gradient, origin: name })
      }
    },
  }
  const { outputs, backward } = model.forward(context, [x], [feed.layout])
  const gradient = emitLoss(context, outputs[0]!, state.training)
  if (batch < part.of) {
    const count = sizeOf(gradient!.shape)
    program.emit(instruction.scale, { x: gradient, y: gradient, count, factor: batch / part.of })
  }
  backward([gradient], false)
  if (part.isLast) updates.finish()
  return program
}

/** The program that draws the order of an epoch's `count` samples. */
export function shuffleProgram(order: Tensor, count: number, seed: number, { epoch }: StepState): Program {
  const program = new ProgramBuilder(`order of ${count} samples`).from('shuffle')
  const x = { ...order, shape: [count] }
  program.emit(instruction.permutation, { x, count, seed, stream: streamOf(Purpose.Shuffle), step: epoch })
  return program
}

/**
 * The program that measures one batch: gather, forward, loss and counts; its outputs, and which of
 * their steps are valid, are kept where `kept` is given.
 */
export function evaluationProgram(
  model: Model,
  feed: Feed,
  source: BatchSource,
  state: StepState,
  batch: number,
  kept: { readonly outputs: Tensor; readonly valid: Tensor } | null,
): Program {
  const program = new ProgramBuilder(`evaluation, batch ${batch}`)
  const x = emitSamples(program, source, state.indices, batch, null)
  const emitLoss = feed.emitTargets(program, source, batch)
  const context = inferenceContext(program, model, state, source, 'evaluation', batch)
  const { outputs } = model.forward(context, [x], [feed.layout])
  if (kept) {
    const { tensor, valid } = outputs[0]!
    emitCopy(program, tensor, kept.outputs)
    if (valid) emitCopy(program, valid, kept.valid)
    else {
      const count = tensor.shape[0]! * (tensor.shape[1] ?? 1)
      program.emit(instruction.fill, { x: { ...kept.valid, shape: [count] }, count, value: 1 })
    }
  }
  emitLoss(context, outputs[0]!, state.evaluation)
  return program
}

/**
 * The program that turns a batch of samples into outputs, and into what the loss makes of them: the classes' probabilities.
 */
export function predictionProgram(
  model: Model,
  loss: Loss | null,
  source: BatchSource,
  state: StepState,
  kept: { readonly outputs: Tensor; readonly probabilities: Tensor },
  batch: number,
): Program {
  const program = new ProgramBuilder(`prediction, batch ${batch}`)
  const context = inferenceContext(program, model, state, source, 'prediction', batch)
  const x = emitSamples(program, source, state.indices, batch, null)
  const { outputs } = model.forward(context, [x], [loss?.layout])
  const { tensor } = outputs[0]!
  emitCopy(program, tensor, kept.outputs)
  if (loss) emitCopy(program, loss.probabilities(context, tensor), kept.probabilities)
  return program
}

function emitCopy(program: ProgramBuilder, x: Tensor, kept: Tensor): void {
  const y = { ...kept, shape: x.shape }
  program.emit(instruction.copy, { x, y, count: sizeOf(x.shape) })
}

/** Which steps of a batch's samples are no padding, where that is known from the data. */
function validSteps({ valid, images }: BatchSource, batch: number): Tensor | null {
  return valid && { ...valid, shape: [images.shape[1]!, batch] }
}

function inferenceContext(
  program: ProgramBuilder,
  model: Model,
  state: StepState,
  source: BatchSource,
  run: Run,
  batch: number,
): EmitContext {
  return {
    ...{ program, batch, training: false, step: state.step, seed: model.seed },
    valid: validSteps(source, batch),
    carried: (name, shape) => state.carried(run, name, shape),
    ...{ trains: () => false, gradientOf: () => null, gradientSumOf: () => null, nodeDone() {} },
  }
}
