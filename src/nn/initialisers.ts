import type { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { createTensor, sizeOf, slice, type Tensor } from '../program/tensor.js'
import { either, leaf, object, type Schema, variants } from '../schema/schema.js'
import { atLeast, finite, quoted } from '../schema/values.js'
import type { Penalty } from './penalty.js'

/**
 * How a parameter starts. `fan_in` and `fan_out` are the parameter's own.
 * - `lecunUniform`: uniform in +-sqrt(1 / fan_in), study D's; `lecunNormal`: variance 1 / fan_in (LeCun et al. 1998)
 * - `glorotUniform`: uniform in +-sqrt(6 / (fan_in + fan_out)); `glorotNormal`: variance 2 / (fan_in + fan_out)
 *   (Glorot and Bengio 2010)
 * - `heUniform`: uniform in +-sqrt(6 / fan_in); `heNormal`: variance 2 / fan_in (He et al. 2015)
 * - `orthogonal`: orthonormal rows or columns, times `gain` (Saxe et al. 2014)
 */
export type Initializer =
  | InitialiserName
  | { readonly type: 'constant'; readonly value: number }
  | { readonly type: 'identity'; readonly gain: number }
  | { readonly type: 'uniform'; readonly limit: number }
  | { readonly type: 'normal'; readonly deviation: number }
  | { readonly type: 'orthogonal'; readonly gain: number }

/** Equal parts, one after the other, each filled with a value of its own: the biases of an LSTM's gates. */
export interface Blocks {
  readonly type: 'blocks'
  readonly values: readonly number[]
}

const names = [
  'zeros',
  'identity',
  'orthogonal',
  'lecunUniform',
  'lecunNormal',
  'glorotUniform',
  'glorotNormal',
  'heUniform',
  'heNormal',
] as const
type InitialiserName = (typeof names)[number]

/** The one number that each described initialiser takes, and what it may be. */
const numbers = {
  constant: { value: finite },
  identity: { gain: finite },
  uniform: { limit: atLeast(0) },
  normal: { deviation: atLeast(0) },
  orthogonal: { gain: finite },
} as const

const describedNames = Object.entries(numbers).map(
  ([name, field]) => `{"type": "${name}", "${Object.keys(field)[0]}": ...}`,
)

/** A field that holds an initialiser. */
export const initialiser: Schema<Initializer> = either(
  leaf<InitialiserName>(`one of ${quoted(names)}`, (value) => (names as readonly unknown[]).includes(value)),
  variants<Extract<Initializer, object>>(describedNames.join(', '), {
    constant: object(numbers.constant),
    identity: object(numbers.identity),
    uniform: object(numbers.uniform),
    normal: object(numbers.normal),
    orthogonal: object(numbers.orthogonal),
  }),
)

/** A tensor that belongs to the model's weights, with its start. */
export interface Parameter {
  /** Unique in its model, such as `dense_1/kernel`. */
  readonly name: string
  readonly tensor: Tensor
  readonly initialiser: Initializer | Blocks
  /** Inputs and outputs of one unit, which scale the random initialisers. */
  readonly fan: { readonly in: number; readonly out: number }
  readonly penalty?: Penalty | null
  /**
   * False where the layer's own instructions keep it up to date, as running statistics: it is saved, fingerprinted and
   * moved between engines like all others, but has no gradient and no optimizer. True by default.
   */
  readonly trained?: boolean
}

/**
 * The parameter `part` of the layer called `layer`, such as `dense_1/kernel`.
 * @param shape its last axis is that of the outputs, those before it are inputs
 */
export function createParameter(
  layer: string,
  part: string,
  shape: readonly number[],
  initialiser: Initializer = 'glorotUniform',
): Parameter {
  const name = `${layer}/${part}`
  const out = shape.at(-1)!
  const fan = { in: sizeOf(shape) / out, out }
  return { name, tensor: createTensor('parameter', name, shape), initialiser, fan }
}

type Described = Extract<Initializer, object> | Blocks

/** The initialiser in numbers, its scale worked out from the fans. */
function describe(
  initialiser: Initializer | Blocks,
  { in: fanIn, out: fanOut }: Parameter['fan'],
): Described {
  if (typeof initialiser !== 'string') return initialiser
  switch (initialiser) {
    case 'zeros':
      return { type: 'constant', value: 0 }
    case 'identity':
    case 'orthogonal':
      return { type: initialiser, gain: 1 }
    case 'lecunUniform':
      return { type: 'uniform', limit: Math.sqrt(1 / fanIn) }
    case 'lecunNormal':
      return { type: 'normal', deviation: Math.sqrt(1 / fanIn) }
    case 'glorotUniform':
      return { type: 'uniform', limit: Math.sqrt(6 / (fanIn + fanOut)) }
    case 'glorotNormal':
      return { type: 'normal', deviation: Math.sqrt(2 / (fanIn + fanOut)) }
    case 'heUniform':
      return { type: 'uniform', limit: Math.sqrt(6 / fanIn) }
    case 'heNormal':
      return { type: 'normal', deviation: Math.sqrt(2 / fanIn) }
  }
}

/** Emits what gives a parameter its first value, drawn from the stream `stream` of `seed`. */
export function emitInitialiser(
  program: ProgramBuilder,
  { name, tensor: x, initialiser, fan }: Parameter,
  seed: number,
  stream: number,
): void {
  program.from(name)
  const count = sizeOf(x.shape)
  const columns = x.shape.at(-1)!
  const rows = count / columns
  const start = describe(initialiser, fan)
  switch (start.type) {
    case 'constant':
      program.emit(instruction.fill, { x, count, value: start.value })
      break
    case 'blocks': {
      const size = count / start.values.length
      for (const [i, value] of start.values.entries()) {
        program.emit(instruction.fill, { x: slice(x, i * size, [size]), count: size, value })
      }
      break
    }
    case 'identity':
      program.emit(instruction.identity, { x, rows, columns, value: start.gain })
      break
    case 'uniform':
      program.emit(instruction.uniform, { x, count, low: -start.limit, high: start.limit, seed, stream })
      break
    case 'normal':
      program.emit(instruction.normal, { x, count, mean: 0, deviation: start.deviation, seed, stream })
      break
    case 'orthogonal': {
      const work = createTensor('transient', 'orthogonal.work', [rows, columns])
      program.emit(instruction.orthogonal, { x, rows, columns, gain: start.gain, seed, stream, work })
      break
    }
  }
}
