import { NO_ID } from '../../../assembly/codes.js'
import { ModelError } from '../../errors.js'
import * as instruction from '../../program/instructions.js'
import { createTensor, sizeOf } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { truth, wholeNumber } from '../../schema/values.js'
import { type Initializer, initialiser, type Parameter } from '../initialisers.js'
import { type Layer, type LayerOptions, type Place, showShape } from '../layer.js'
import { layerDescription } from '../layer-fields.js'
import { type PenaltyOptions, penaltyFields, penaltyOf } from '../penalty.js'

export interface EmbeddingOptions extends PenaltyOptions, LayerOptions {
  /** How the vectors start: uniform in -0.05 .. 0.05, as Keras has it. */
  readonly embeddingsInitializer?: Initializer
  /** Whether id 0 is padding, which layers and losses that follow pass over; false by default. */
  readonly maskZero?: boolean
  /** An id whose vector stays as it starts, or as weights are set: it gets no gradient. */
  readonly paddingId?: number
}

export interface EmbeddingSpec extends EmbeddingOptions {
  readonly type: 'embedding'
  readonly inputDim: number
  readonly outputDim: number
}

const layer = layerDescription<EmbeddingSpec>(
  'embedding',
  {
    inputDim: wholeNumber(1),
    outputDim: wholeNumber(1),
    embeddingsInitializer: optional(initialiser),
    maskZero: optional(truth),
    paddingId: optional(wholeNumber(0)),
    ...penaltyFields,
  },
  buildEmbedding,
)

/**
 * Vectors of `outputDim` numbers for ids 0 .. inputDim - 1, such as tokens of a vocabulary: sequences of ids [steps] become
 * [steps, outputDim]. It is the first layer of a model whose input is ids.
 */
export function embedding(
  inputDim: number,
  outputDim: number,
  options: EmbeddingOptions = {},
): EmbeddingSpec {
  return layer.create({ inputDim, outputDim }, options)
}

export function buildEmbedding(given: EmbeddingSpec, { name, input }: Place): Layer {
  const spec = layer.read(name, given)
  if (input.length !== 1) {
    throw new ModelError(
      `${name}: an embedding takes sequences of ids, shape [steps], but its input has shape ${showShape(input)}.`,
    )
  }
  const [steps] = input as [number]
  const { inputDim: rows, outputDim: size, paddingId: padding = NO_ID } = spec
  if (padding >= rows) {
    throw new ModelError(`${name}: paddingId should be below inputDim, ${rows}, found ${padding}.`)
  }
  const table: Parameter = {
    name: `${name}/embeddings`,
    tensor: createTensor('parameter', `${name}/embeddings`, [rows, size]),
    initialiser: spec.embeddingsInitializer ?? { type: 'uniform', limit: 0.05 },
    fan: { in: rows, out: size },
    penalty: penaltyOf(spec),
  }
  return {
    ...{ name, input, output: [steps, size], parameters: [table], inputType: 'i32' },
    layout: { takes: 'time', gives: 'time' },
    forward(context, ids) {
      const { program, batch } = context
      const count = steps * batch
      const y = createTensor('transient', `${name}.y`, [steps, batch, size])
      program.from(name).emit(instruction.embedding, { ids, table: table.tensor, y, count, rows, size })
      const valid = spec.maskZero ? createTensor('transient', `${name}.valid`, [steps, batch]) : null
      if (valid) program.emit(instruction.idMask, { ids, mask: valid, count, id: 0 })
      return {
        ...{ output: y, ...(valid && { valid }) },
        backward(dy) {
          const sum = context.gradientSumOf(table)
          if (!sum) return null
          const { tensor: dtable, isStarted } = sum
          program.from(name)
          if (!isStarted) {
            program.emit(instruction.fill, { x: dtable, count: sizeOf(dtable.shape), value: 0 })
          }
          program.emit(instruction.embeddingBackward, { ids, dy, dtable, count, rows, size, padding })
          return null
        },
      }
    },
  }
}
