import { ModelError } from '../../errors.js'
import * as instruction from '../../program/instructions.js'
import { createTensor, type Tensor } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { wholeNumber } from '../../schema/values.js'
import {
  checkWindow,
  type ImageShape,
  imageShape,
  sidesOf,
  type WindowSize,
  windowSize,
  windowsWithin,
} from '../images.js'
import type { EmitContext, Forward, Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface Pool2dOptions extends LayerOptions {
  /** Pixels from one window to the next, down and across; by default the side of a square window. */
  readonly strides?: number
}

export interface MaxPool2dSpec extends Pool2dOptions {
  readonly type: 'maxPooling2d'
  readonly poolSize: WindowSize
}

export interface AveragePool2dSpec extends Pool2dOptions {
  readonly type: 'averagePooling2d'
  readonly poolSize: WindowSize
}

export interface GlobalAveragePool2dSpec extends LayerOptions {
  readonly type: 'globalAveragePooling2d'
}

const pooling = { poolSize: windowSize, strides: optional(wholeNumber(1)) }
const described = {
  maxPooling2d: layerDescription<MaxPool2dSpec>('maxPooling2d', pooling, buildMaxPool2d),
  averagePooling2d: layerDescription<AveragePool2dSpec>('averagePooling2d', pooling, buildAveragePool2d),
  globalAveragePooling2d: layerDescription<GlobalAveragePool2dSpec>(
    'globalAveragePooling2d',
    {},
    buildGlobalAveragePool2d,
  ),
}

/**
 * The largest value of each window and channel: [height, width, channels] becomes [outHeight, outWidth, channels]. Windows
 * that do not lie wholly in the image are dropped. The gradient goes to the first of equal maxima in row-major order.
 */
export function maxPooling2d(size: WindowSize, options: Pool2dOptions = {}): MaxPool2dSpec {
  return described.maxPooling2d.create({ poolSize: size }, options)
}

/** The mean of each window and channel, with the same shapes as `maxPooling2d`. */
export function averagePooling2d(size: WindowSize, options: Pool2dOptions = {}): AveragePool2dSpec {
  return described.averagePooling2d.create({ poolSize: size }, options)
}

/** The mean of each channel over the whole image: [height, width, channels] becomes [channels]. */
export function globalAveragePooling2d(options: LayerOptions = {}): GlobalAveragePool2dSpec {
  return described.globalAveragePooling2d.create({}, options)
}

type Windows = ImageShape & {
  readonly windowHeight: number
  readonly windowWidth: number
  readonly stride: number
}

/** Checks a pooling layer's fields and measures its windows and its output. */
function poolingOf(spec: MaxPool2dSpec | AveragePool2dSpec, { name, input }: Place) {
  if (spec.type === 'maxPooling2d') described.maxPooling2d.read(name, spec)
  else described.averagePooling2d.read(name, spec)
  const [windowHeight, windowWidth] = sidesOf(spec.poolSize)
  if (spec.strides === undefined && windowHeight !== windowWidth) {
    throw new ModelError(`${name}: windows of ${windowHeight} x ${windowWidth} need a stride, found none.`)
  }
  const stride = spec.strides ?? windowHeight
  checkWindow(name, [windowHeight, windowWidth], input)
  const image = imageShape(name, input)
  const windows: Windows = { ...image, windowHeight, windowWidth, stride }
  const output = [
    windowsWithin(image.height, windowHeight, stride),
    windowsWithin(image.width, windowWidth, stride),
    image.channels,
  ]
  return { windows, output }
}

export function buildMaxPool2d(spec: MaxPool2dSpec, place: Place): Layer {
  const { name, input } = place
  const { windows, output } = poolingOf(spec, place)
  return {
    ...{ name, input, output, parameters: [] },
    forward({ program, batch, training }, x) {
      const y = createTensor('transient', `${name}.y`, [batch, ...output])
      const largest = training ? createTensor('transient', `${name}.largest`, y.shape, 'i32') : null
      program.from(name).emit(instruction.maxPool2d, { x, y, largest, batch, ...windows })
      return {
        output: y,
        backward(dy, needsInput) {
          if (!needsInput) return null
          const dx = createTensor('transient', `${name}.dx`, x.shape)
          program.from(name).emit(instruction.maxPool2dBackward, { dy, largest, dx, batch, ...windows })
          return dx
        },
      }
    },
  }
}

function averageForward(name: string, windows: Windows, output: readonly number[]) {
  return ({ program, batch }: EmitContext, x: Tensor): Forward => {
    const y = createTensor('transient', `${name}.y`, [batch, ...output])
    program.from(name).emit(instruction.averagePool2d, { x, y, batch, ...windows })
    return {
      output: y,
      backward(dy, needsInput) {
        if (!needsInput) return null
        const dx = createTensor('transient', `${name}.dx`, x.shape)
        program.from(name).emit(instruction.averagePool2dBackward, { dy, dx, batch, ...windows })
        return dx
      },
    }
  }
}

export function buildAveragePool2d(spec: AveragePool2dSpec, place: Place): Layer {
  const { name, input } = place
  const { windows, output } = poolingOf(spec, place)
  return { ...{ name, input, output, parameters: [] }, forward: averageForward(name, windows, output) }
}

export function buildGlobalAveragePool2d(spec: GlobalAveragePool2dSpec, { name, input }: Place): Layer {
  described.globalAveragePooling2d.read(name, spec)
  const image = imageShape(name, input)
  const windows = { ...image, windowHeight: image.height, windowWidth: image.width, stride: 1 }
  const output = [image.channels]
  return { ...{ name, input, output, parameters: [] }, forward: averageForward(name, windows, output) }
}
