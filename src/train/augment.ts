import { ModelError } from '../errors.js'
import { type Shape, showShape } from '../nn/layer.js'
import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { Purpose, streamOf } from '../program/streams.js'
import { createTensor, type Tensor } from '../program/tensor.js'
import { object, optional, type Schema } from '../schema/schema.js'
import { between, wholeNumber, within } from '../schema/values.js'
import type { BatchSource } from './state.js'

/**
 * Random distortion of training images, drawn anew for every image of every step; what is left out does nothing. Draws
 * are counted by the step and the image's place in its batch, so they are the same on every engine.
 */
export interface AugmentOptions {
  /** Moves by a whole number of pixels of -shift .. shift, in both directions; up to 127. */
  readonly shift?: number
  /** Turns by -rotate .. rotate degrees; up to 180. */
  readonly rotate?: number
  /** Makes larger by a factor of 1 - scale .. 1 + scale. */
  readonly scale?: number
  /** Bends as in Simard, Steinkraus and Platt 2003, where alpha = 34 and sigma = 4 were best for handwritten digits. */
  readonly elastic?: ElasticOptions
}

export interface ElasticOptions {
  /** Strength: a random field of -1 .. 1 pixels is smoothed and multiplied by it. */
  readonly alpha: number
  /** Standard deviation of the Gaussian that smoothes the field, in pixels; 0.1 to 16. */
  readonly sigma: number
}

/** What the trainer augments its batches with. */
export interface Augmentation {
  readonly options: AugmentOptions
  readonly seed: number
  /** Counts training steps, uint32. */
  readonly step: Tensor
}

/** An image that is no larger fits the memory that a kernel has to itself. */
const LARGEST_SIDE = 128
const MOST_CHANNELS = 4

/** The Gaussian is cut off at this many standard deviations. */
const CUT_OFF = 3

/** A field that holds them. */
export const augmentOptions: Schema<AugmentOptions> = object<AugmentOptions>({
  shift: optional(wholeNumber(0, 127)),
  rotate: optional(within(0, 180)),
  scale: optional(between(0, 1)),
  elastic: optional(object<ElasticOptions>({ alpha: within(0, 1e6), sigma: within(0.1, 16) })),
})

/** @throws ModelError where the model's input is no image [height, width] or [height, width, channels]. */
export function checkAugmented(input: Shape): void {
  const [height = 0, width = 0, channels = 1] = input
  const image = input.length === 2 || input.length === 3
  if (!image || Math.max(height, width) > LARGEST_SIDE || channels > MOST_CHANNELS) {
    throw new ModelError(
      `augment: the model's input should be an image [height, width] or [height, width, channels] of up to ${LARGEST_SIDE} by ${LARGEST_SIDE} pixels and ${MOST_CHANNELS} channels, found ${showShape(input)}.`,
    )
  }
}

/** Emits the distortion of a batch x [batch, ...image] and returns the distorted batch, standardised if that is wanted. */
export function emitAugment(
  program: ProgramBuilder,
  x: Tensor,
  { options, seed, step }: Augmentation,
  standardisation: BatchSource['standardisation'],
): Tensor {
  const [rows, height, width, channels = 1] = x.shape as [number, number, number, number?]
  const { shift = 0, rotate = 0, scale: zoom = 0, elastic = { alpha: 0, sigma: 1 } } = options
  const { alpha, sigma } = elastic
  const y = createTensor('transient', 'augmented', x.shape)
  program.from('augment').emit(instruction.augment, {
    ...{ x, y, mean: standardisation?.mean ?? null, scale: standardisation?.scale ?? null },
    ...{ rows, height, width, channels, shift, rotate: rotate / 360, zoom },
    // Rounded up.
    ...{ radius: alpha === 0 ? 0 : -Math.floor(-CUT_OFF * sigma), sigma, alpha },
    ...{ seed, stream: streamOf(Purpose.Augment), step },
  })
  return y
}
