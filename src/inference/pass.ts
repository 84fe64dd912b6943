import type { Standardisation } from '../data/dataset.js'
import { ModelError } from '../errors.js'
import type { EmitContext, Shape } from '../nn/layer.js'
import type { Model } from '../nn/model.js'
import { ProgramBuilder } from '../program/builder.js'
import * as instruction from '../program/instructions.js'
import { type Buffer, createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import { isPlainObject } from '../schema/schema.js'
import { show } from '../schema/show.js'
import type { Holdings } from './holdings.js'
import { Prepared } from './prepared.js'
import { IdSlot, NumberSlot, type Slot, Window } from './slots.js'

const MOST_IDS = 2 ** 31

/** What a pass is to be. */
export interface PassPlan {
  readonly name: string
  readonly model: Model
  readonly batch: number
  readonly standardisation: Standardisation | undefined
  /** Inputs whose id 0 is padding, and refused. */
  readonly padded: ReadonlySet<string>
  /** Memory that keeps its contents from run to run. */
  carried(name: string, shape: Shape): Tensor
  /** Emits the forward pass and returns the outputs by name. */
  emit(context: EmitContext, inputs: readonly Tensor[]): ReadonlyMap<string, Tensor>
}

/** A forward pass with its memory: values go in, and results come out into arrays that are made once. */
export class Pass {
  /** By the outputs' names. */
  readonly results: ReadonlyMap<string, Float32Array>
  readonly first: Float32Array
  private readonly names: readonly string[]
  private readonly slots: readonly Slot[]
  private readonly fetched: readonly { readonly from: Window<'f32'>; readonly to: Float32Array }[]
  private readonly prepared: Prepared

  constructor(holdings: Holdings, original: Model, plan: PassPlan) {
    const { model, batch } = plan
    const { engine } = holdings
    const program = new ProgramBuilder(plan.name)
    const context: EmitContext = {
      ...{ program, batch, training: false, seed: model.seed },
      // Only random masks of training count steps.
      step: createTensor('external', 'step', [1], 'i32'),
      carried: (name, shape) => plan.carried(name, shape),
      ...{ trains: () => false, gradientOf: () => null, gradientSumOf: () => null, nodeDone() {} },
    }
    const inputs = model.inputs.map(({ name, shape, type }) =>
      createTensor('external', name, [batch, ...shape], type === 'int32' ? 'i32' : 'f32'),
    )
    const found = [...plan.emit(context, inputs)].map(([name, x]) => {
      const y = createTensor('external', name, x.shape)
      program.from('output').emit(instruction.copy, { x, y, count: sizeOf(x.shape) })
      return { name, y }
    })
    this.names = model.inputs.map(({ name }) => name)
    this.slots = inputs.map((tensor, i) => {
      const [address, size] = [holdings.place(tensor.buffer), sizeOf(tensor.shape)]
      const { name, type } = model.inputs[i]!
      if (type === 'float32') {
        return new NumberSlot(name, new Window(engine, 'f32', address, size), plan.standardisation)
      }
      const window = new Window(engine, 'i32', address, size)
      return new IdSlot(name, window, vectorsOf(model, name), plan.padded.has(name))
    })
    this.fetched = found.map(({ y }) => {
      const from = new Window(engine, 'f32', holdings.place(y.buffer), sizeOf(y.shape))
      return { from, to: new Float32Array(from.length) }
    })
    this.results = new Map(found.map(({ name }, i) => [name, this.fetched[i]!.to]))
    this.first = this.fetched[0]!.to
    const parameters = new Map(original.parameters.map(({ name, tensor }) => [name, tensor.buffer]))
    const originalOf = (buffer: Buffer) =>
      buffer.kind === 'parameter' ? parameters.get(buffer.name)! : buffer
    this.prepared = holdings.keep(
      new Prepared(engine, program, (buffer) => holdings.addressOf(originalOf(buffer))),
    )
  }

  /**
   * Fills the inputs: the only one's values themselves, several by name.
   * @throws ModelError that names the input that is not right
   */
  fill(where: string, values: unknown): void {
    const { names, slots } = this
    if (slots.length === 1) slots[0]!.fill(where, values)
    else {
      if (!isPlainObject(values)) {
        throw new ModelError(
          `${where}: x should be an object with the inputs ${names.join(', ')}, found ${show(values)}.`,
        )
      }
      const given: Readonly<Record<string, unknown>> = values
      for (const name in given) {
        if (names.includes(name)) continue
        throw new ModelError(`${where}: the model has no input ${show(name)}; it has ${names.join(', ')}.`)
      }
      for (let i = 0; i < slots.length; i++) slots[i]!.fill(where, given[names[i]!])
    }
  }

  /** Runs it on the inputs that were filled last. */
  run(version: number | null): void {
    this.prepared.run(version)
    for (let i = 0; i < this.fetched.length; i++) {
      const { from, to } = this.fetched[i]!
      to.set(from.view)
    }
  }
}

/** How many ids the layers that take an input know; where that is for them to say, as many as there are. */
function vectorsOf({ config, layers }: Model, input: string): number {
  const takers = 'nodes' in config ? config.nodes.filter(({ from }) => from.includes(input)) : []
  const names = new Set(takers.map(({ name, layer }) => (typeof layer === 'string' ? layer : name)))
  const counts = layers
    .filter(({ name, inputType }) => inputType === 'i32' && (!('nodes' in config) || names.has(name)))
    .map(({ parameters }) => parameters[0]?.tensor.shape[0] ?? MOST_IDS)
  return Math.min(...counts, MOST_IDS)
}
