import * as instruction from '../../program/instructions.js'
import { createTensor, type Tensor } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { oneOf, truth, wholeNumber } from '../../schema/values.js'
import { type ActivationSpec, activation, activationCode, emitActivated, rectifies } from '../activations.js'
import { emitBiasGradient } from '../gradients.js'
import { checkWindow, imageShape, sidesOf, type WindowSize, windowSize, windowsWithin } from '../images.js'
import { type Initializer, initialiser, type Parameter } from '../initialisers.js'
import type { EmitContext, Layer, LayerOptions, Place } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import { type PenaltyOptions, penaltyFields, penaltyOf } from '../penalty.js'

export interface Conv2dOptions extends PenaltyOptions, LayerOptions {
  /** Pixels from one window to the next, down and across; 1 by default. */
  readonly strides?: number
  /**
   * `valid`, the default: only windows that lie wholly in the image, floor((n - k) / stride) + 1 a side. `same`: the image
   * is padded with zeros to ceil(n / stride) windows a side, the odd row or column below and to the right.
   */
  readonly padding?: 'valid' | 'same'
  /** `none` by default. */
  readonly activation?: ActivationSpec
  /** True by default. */
  readonly useBias?: boolean
  /** How the filters start: `heUniform` before an activation that rectifies, else `glorotUniform`. */
  readonly kernelInitializer?: Initializer
  /** How the biases start: zeros. */
  readonly biasInitializer?: Initializer
}

export interface Conv2dSpec extends Conv2dOptions {
  readonly type: 'conv2d'
  readonly filters: number
  readonly kernelSize: WindowSize
}

const layer = layerDescription<Conv2dSpec>(
  'conv2d',
  {
    filters: wholeNumber(1),
    kernelSize: windowSize,
    strides: optional(wholeNumber(1)),
    padding: optional(oneOf('valid', 'same')),
    activation: optional(activation),
    useBias: optional(truth),
    kernelInitializer: optional(initialiser),
    biasInitializer: optional(initialiser),
    ...penaltyFields,
  },
  buildConv2d,
)

/**
 * A convolution of images [height, width, channels], or [height, width] with one channel, with `filters` filters of `size`
 * pixels: [outHeight, outWidth, filters]. Its kernel is [kernelHeight, kernelWidth, channels, filters] and not flipped.
 */
export function conv2d(filters: number, size: WindowSize, options: Conv2dOptions = {}): Conv2dSpec {
  return layer.create({ filters, kernelSize: size }, options)
}

/** Zeros before the first of `extent` pixels, the extent with all zeros, and the windows in it. */
function padded(extent: number, size: number, stride: number, padding: Conv2dSpec['padding']) {
  if (padding !== 'same') return { before: 0, total: extent, out: windowsWithin(extent, size, stride) }
  const out = Math.ceil(extent / stride)
  const zeros = Math.max((out - 1) * stride + size - extent, 0)
  return { before: Math.floor(zeros / 2), total: extent + zeros, out }
}

export function buildConv2d(given: Conv2dSpec, place: Place): Layer {
  return convolution(layer.read(place.name, given), place)
}

/** The layer of a description that has been read; `isOneDimensional` leaves the height out of its kernel's shape. */
export function convolution(spec: Conv2dSpec, { name, input }: Place, isOneDimensional = false): Layer {
  const { height, width, channels } = imageShape(name, input)
  const { filters, strides: stride = 1, padding } = spec
  const [kernelHeight, kernelWidth] = sidesOf(spec.kernelSize)
  if (padding !== 'same') checkWindow(name, [kernelHeight, kernelWidth], input)
  const rows = padded(height, kernelHeight, stride, padding)
  const columns = padded(width, kernelWidth, stride, padding)
  const code = activationCode(spec.activation)
  const taps = kernelHeight * kernelWidth
  const fan = { in: taps * channels, out: taps * filters }
  const kernel: Parameter = {
    name: `${name}/kernel`,
    tensor: createTensor('parameter', `${name}/kernel`, [
      ...(isOneDimensional ? [] : [kernelHeight]),
      ...[kernelWidth, channels, filters],
    ]),
    initialiser: spec.kernelInitializer ?? (rectifies(spec.activation) ? 'heUniform' : 'glorotUniform'),
    fan,
    penalty: penaltyOf(spec),
  }
  const bias: Parameter = {
    name: `${name}/bias`,
    tensor: createTensor('parameter', `${name}/bias`, [filters]),
    initialiser: spec.biasInitializer ?? 'zeros',
    fan,
  }
  const hasBias = spec.useBias ?? true
  const isPadded = rows.total !== height || columns.total !== width
  const filterShape = { channels, kernelHeight, kernelWidth, filters, stride }

  function pad({ program, batch }: EmitContext, x: Tensor): Tensor {
    if (!isPadded) return x
    const y = createTensor('transient', `${name}.padded`, [batch, rows.total, columns.total, channels])
    program.emit(instruction.pad2d, {
      ...{ x, y, batch, height, width, channels, top: rows.before, left: columns.before },
      ...{ paddedHeight: rows.total, paddedWidth: columns.total },
    })
    return y
  }

  return {
    name,
    input,
    output: [rows.out, columns.out, filters],
    parameters: hasBias ? [kernel, bias] : [kernel],

    forward(context, x) {
      const { program, batch } = context
      const y = createTensor('transient', `${name}.y`, [batch, rows.out, columns.out, filters])
      program.from(name)
      const images = pad(context, x)
      const size = { batch, height: rows.total, width: columns.total, ...filterShape }
      const emitSlope = emitActivated(context, name, code, y, (output, finish) =>
        program.emit(instruction.conv2d, {
          ...{ x: images, w: kernel.tensor, bias: hasBias ? bias.tensor : null, y: output },
          ...{ ...size, ...finish },
        }),
      )
      return {
        output: y,
        backward(dy, needsInput) {
          program.from(name)
          emitSlope(dy)
          const dw = context.gradientOf(kernel)
          if (dw) program.emit(instruction.conv2dFilters, { x: images, dy, dw, ...size })
          if (hasBias) emitBiasGradient(context, bias, dy, batch * rows.out * columns.out)
          if (!needsInput) return null
          const dx = createTensor('transient', `${name}.dx`, x.shape)
          program.emit(instruction.conv2dInput, {
            ...{ dy, w: kernel.tensor, dx, batch, height, width, ...filterShape },
            ...{ top: rows.before, left: columns.before, outHeight: rows.out, outWidth: columns.out },
          })
          return dx
        },
      }
    },
  }
}
