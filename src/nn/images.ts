import { ModelError } from '../errors.js'
import { leaf, type Schema } from '../schema/schema.js'
import { isSize } from '../schema/values.js'
import { type Shape, showShape } from './layer.js'

/** The extent of one image; NHWC without the batch axis. */
export interface ImageShape {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Height and width of a window: one number for a square. */
export type WindowSize = number | readonly [height: number, width: number]

/** A field that holds a window's size. */
export const windowSize: Schema<WindowSize> = leaf(
  'a whole number from 1 up or a pair of them, [height, width]',
  (value) => isSize(value) || (Array.isArray(value) && value.length === 2 && value.every(isSize)),
)

export function sidesOf(size: WindowSize): readonly [height: number, width: number] {
  return typeof size === 'number' ? [size, size] : size
}

/**
 * Reads a layer's input as images: [height, width, channels], or [height, width] with one channel.
 * @throws ModelError when it has another number of axes.
 */
export function imageShape(name: string, input: Shape): ImageShape {
  const [height, width, channels = 1] = input
  if (height !== undefined && width !== undefined && input.length <= 3) return { height, width, channels }
  throw new ModelError(
    `${name}: takes images, shape [height, width, channels] or [height, width], but its input has shape ${showShape(input)}.`,
  )
}

/** How many windows of `size` pixels, `stride` apart, lie wholly within `extent` pixels. */
export function windowsWithin(extent: number, size: number, stride: number): number {
  return Math.floor((extent - size) / stride) + 1
}

/** @throws ModelError when not even one window fits into the image. */
export function checkWindow(name: string, size: readonly [number, number], input: Shape): void {
  if (size[0] <= input[0]! && size[1] <= input[1]!) return
  throw new ModelError(
    `${name}: a window of ${size[0]} x ${size[1]} does not fit into its input of shape ${showShape(input)}.`,
  )
}
