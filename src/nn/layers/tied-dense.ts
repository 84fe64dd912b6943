import { GemmFlag } from '../../../assembly/codes.js'
import { ModelError } from '../../errors.js'
import * as instruction from '../../program/instructions.js'
import { createTensor } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { text, truth } from '../../schema/values.js'
import { type ActivationSpec, activation, activationCode, emitActivated } from '../activations.js'
import { emitBiasGradient, going } from '../gradients.js'
import type { Parameter } from '../initialisers.js'
import { type Layer, type LayerOptions, type Place, showShape } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface TiedDenseOptions extends LayerOptions {
  /** `none` by default. */
  readonly activation?: ActivationSpec
  /** True by default. */
  readonly useBias?: boolean
}

export interface TiedDenseSpec extends TiedDenseOptions {
  readonly type: 'tiedDense'
  readonly to: string
}

const layer = layerDescription<TiedDenseSpec>(
  'tiedDense',
  {
    to: text,
    activation: optional(activation),
    useBias: optional(truth),
  },
  buildTiedDense,
)

/**
 * A fully connected layer whose weights are those of the layer called `to`, an `embedding` or a `dense` before it, the other
 * way round: y = activation(x W^T + b) with W [rows, n], x [batch, n] and b [rows]. With an embedding's table it gives a
 * score for each id (Press and Wolf 2017). The gradient of W has the parts of both layers.
 */
export function tiedDense(to: string, options: TiedDenseOptions = {}): TiedDenseSpec {
  return layer.create({ to }, options)
}

export function buildTiedDense(given: TiedDenseSpec, { name, input, before }: Place): Layer {
  const spec = layer.read(name, given)
  const matrix = before(spec.to)?.parameters.find(
    ({ name }) => name.endsWith('/embeddings') || name.endsWith('/kernel'),
  )
  if (matrix?.tensor.shape.length !== 2) {
    throw new ModelError(
      `${name}: to should be the name of an embedding or a dense layer before it in the model, found "${spec.to}".`,
    )
  }
  const [rows, size] = matrix.tensor.shape as [number, number]
  if (showShape(input) !== showShape([size])) {
    throw new ModelError(
      `${name}: the weights ${matrix.name} have shape ${showShape([rows, size])}, so its input should have shape ${showShape([size])}, found ${showShape(input)}.`,
    )
  }
  const code = activationCode(spec.activation)
  const bias: Parameter = {
    ...{ name: `${name}/bias`, tensor: createTensor('parameter', `${name}/bias`, [rows]) },
    ...{ initialiser: 'zeros', fan: { in: size, out: rows } },
  }
  const hasBias = spec.useBias ?? true
  return {
    ...{ name, input, output: [rows], parameters: hasBias ? [bias] : [], borrowed: [matrix] },

    forward(context, x) {
      const { program, batch } = context
      const y = createTensor('transient', `${name}.y`, [batch, rows])
      program.from(name)
      const emitSlope = emitActivated(context, name, code, y, (c, finish) =>
        program.emit(instruction.gemm, {
          ...{ a: x, lda: size, b: matrix.tensor, ldb: size, c, ldc: rows, m: batch, n: rows, k: size },
          ...{
            flags: GemmFlag.TransposeB | GemmFlag.SkipZeros,
            bias: hasBias ? bias.tensor : null,
            ...finish,
          },
        }),
      )
      return {
        output: y,
        // With z = x W^T + b and dz = dy f'(z):  dW = dz^T x,  db = sum of dz over the batch,  dx = dz W
        backward(dz, needsInput) {
          program.from(name)
          emitSlope(dz)
          const plain = { bias: null, activation: 0, slope: 0 }
          const sum = context.gradientSumOf(matrix)
          if (sum) {
            const flags = GemmFlag.TransposeA | GemmFlag.SkipZeros | going(sum)
            program.emit(instruction.gemm, {
              ...{ a: dz, lda: rows, b: x, ldb: size, c: sum.tensor, ldc: size, m: rows, n: size, k: batch },
              ...{ flags, ...plain },
            })
          }
          if (hasBias) emitBiasGradient(context, bias, dz, batch)
          if (!needsInput) return null
          const dx = createTensor('transient', `${name}.dx`, [batch, size])
          program.emit(instruction.gemm, {
            ...{
              a: dz,
              lda: rows,
              b: matrix.tensor,
              ldb: size,
              c: dx,
              ldc: size,
              m: batch,
              n: size,
              k: rows,
            },
            ...{ flags: GemmFlag.SkipZeros, ...plain },
          })
          return dx
        },
      }
    },
  }
}
