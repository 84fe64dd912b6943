import { GemmFlag } from '../../../assembly/codes.js'
import { ModelError } from '../../errors.js'
import * as instruction from '../../program/instructions.js'
import { createTensor } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { truth, wholeNumber } from '../../schema/values.js'
import { type ActivationSpec, activation, activationCode, emitActivated, rectifies } from '../activations.js'
import { emitBiasGradient, going } from '../gradients.js'
import { type Initializer, initialiser, type Parameter } from '../initialisers.js'
import { type Layer, type LayerOptions, type Place, showShape } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import { type PenaltyOptions, penaltyFields, penaltyOf } from '../penalty.js'

export interface DenseOptions extends PenaltyOptions, LayerOptions {
  /** `none` by default. */
  readonly activation?: ActivationSpec
  /** True by default. */
  readonly useBias?: boolean
  /** How the weights start: `heUniform` before a ReLU or its kin (leaky ReLU, ELU, SiLU, GELU), else `glorotUniform`. */
  readonly kernelInitializer?: Initializer
  /** How the biases start: zeros. */
  readonly biasInitializer?: Initializer
}

export interface DenseSpec extends DenseOptions {
  readonly type: 'dense'
  readonly units: number
}

const layer = layerDescription<DenseSpec>(
  'dense',
  {
    units: wholeNumber(1),
    activation: optional(activation),
    useBias: optional(truth),
    kernelInitializer: optional(initialiser),
    biasInitializer: optional(initialiser),
    ...penaltyFields,
  },
  buildDense,
)

/** A fully connected layer of `units` outputs: y = activation(x W + b), x [batch, in], W [in, units], b [units]. */
export function dense(units: number, options: DenseOptions = {}): DenseSpec {
  return layer.create({ units }, options)
}

export function buildDense(given: DenseSpec, { name, input }: Place): Layer {
  const spec = layer.read(name, given)
  if (input.length !== 1) {
    throw new ModelError(
      `${name}: a dense layer takes vectors, shape [n], but its input has shape ${showShape(input)}; put flatten() before it.`,
    )
  }
  const inputs = input[0]!
  const { units } = spec
  const code = activationCode(spec.activation)
  const fan = { in: inputs, out: units }
  const kernel: Parameter = {
    name: `${name}/kernel`,
    tensor: createTensor('parameter', `${name}/kernel`, [inputs, units]),
    initialiser: spec.kernelInitializer ?? (rectifies(spec.activation) ? 'heUniform' : 'glorotUniform'),
    fan,
    penalty: penaltyOf(spec),
  }
  const bias: Parameter = {
    name: `${name}/bias`,
    tensor: createTensor('parameter', `${name}/bias`, [units]),
    initialiser: spec.biasInitializer ?? 'zeros',
    fan,
  }
  const hasBias = spec.useBias ?? true

  return {
    name,
    input,
    output: [units],
    parameters: hasBias ? [kernel, bias] : [kernel],

    forward(context, x) {
      const { program, batch } = context
      const y = createTensor('transient', `${name}.y`, [batch, units])
      program.from(name)
      const emitSlope = emitActivated(context, name, code, y, (c, finish) =>
        program.emit(instruction.gemm, {
          ...{ a: x, lda: inputs, b: kernel.tensor, ldb: units, c, ldc: units },
          ...{ m: batch, n: units, k: inputs, flags: GemmFlag.SkipZeros },
          ...{ bias: hasBias ? bias.tensor : null, ...finish },
        }),
      )
      return {
        output: y,
        // With z = x W + b and dz = dy f'(z):  dW = x^T dz,  db = sum of dz over the batch,  dx = dz W^T
        backward(dz, needsInput) {
          program.from(name)
          emitSlope(dz)
          const plain = { bias: null, activation: 0, slope: 0 }
          const dkernel = context.gradientSumOf(kernel)
          if (dkernel) {
            const flags = GemmFlag.TransposeA | GemmFlag.SkipZeros | going(dkernel)
            program.emit(instruction.gemm, {
              ...{ a: x, lda: inputs, b: dz, ldb: units, c: dkernel.tensor, ldc: units },
              ...{ m: inputs, n: units, k: batch, flags, ...plain },
            })
          }
          if (hasBias) emitBiasGradient(context, bias, dz, batch)
          if (!needsInput) return null
          const dx = createTensor('transient', `${name}.dx`, [batch, inputs])
          program.emit(instruction.gemm, {
            ...{ a: dz, lda: units, b: kernel.tensor, ldb: units, c: dx, ldc: inputs },
            ...{ m: batch, n: inputs, k: units, flags: GemmFlag.TransposeB | GemmFlag.SkipZeros, ...plain },
          })
          return dx
        },
      }
    },
  }
}
