import type { Engine } from '../../src/engine/engine.js'
import { LinkedProgram } from '../../src/engine/linked-program.js'
import type { EmitContext, Forward } from '../../src/nn/layer.js'
import type { LayerSpec } from '../../src/nn/layers/spec.js'
import { type Model, sequential } from '../../src/nn/model.js'
import type { WeightLoan } from '../../src/nn/weight-memory.js'
import { buildOptimizer, type OptimizerSpec } from '../../src/optim/index.js'
import { ProgramBuilder } from '../../src/program/builder.js'
import { type Buffer, createTensor, sizeOf, type Tensor } from '../../src/program/tensor.js'

/** The arrays of one batch, `x` among them, by name; a step's program finds each as a tensor. */
export type Batch = Readonly<Record<string, Float32Array | Int32Array>>

/** What a loss is emitted from. */
export interface LossParts {
  readonly program: ProgramBuilder
  /** The model's output, time first where its last layer gives that, and its mask. */
  readonly forward: Forward
  readonly context: EmitContext
  /** An array of the batch, in this shape. */
  data(name: string, shape: readonly number[]): Tensor
  /** Memory that starts with zeros and can be read after a step. */
  kept(name: string, shape: readonly number[], type?: Tensor['type']): Tensor
  /** Memory for what is between two instructions. */
  scratch(name: string, shape: readonly number[], type?: Tensor['type']): Tensor
}

/** A training in instructions: layers of the library, and a loss of its own. */
export interface Composition {
  readonly layers: readonly LayerSpec[]
  readonly input: readonly number[]
  readonly batch: number
  readonly seed?: number
  /** Whether the batch's `valid` [steps, batch] says which steps are not padding. */
  readonly isMasked?: boolean
  /** Without one no parameter changes, and their gradients can be read. */
  readonly optimizer?: OptimizerSpec
  /** Emits the loss and returns the gradient of the output. */
  loss(parts: LossParts): Tensor
}

/** A composition on one engine, every buffer in memory of its own, so that all can be read. */
export class Training {
  readonly model: Model
  private readonly places = new Map<Buffer, number>()
  private readonly tensors = new Map<string, Tensor>()
  private readonly program = new ProgramBuilder('composition')
  private readonly linked: LinkedProgram
  private readonly loan: WeightLoan
  private readonly scalars: Tensor
  private step = 0

  constructor(
    private readonly engine: Engine,
    private readonly composition: Composition,
    first: Batch,
  ) {
    const { layers, input, batch, seed = 1, loss } = composition
    this.model = sequential(layers, { input, seed })
    const { program, model } = this
    this.loan = model.weightsIn(engine)
    const step = this.kept('step', [1], 'i32')
    const steps = (first.valid?.length ?? 0) / batch
    const context: EmitContext = {
      ...{ program, batch, training: true, step, seed },
      valid: composition.isMasked ? this.kept('valid', [steps, batch]) : null,
      carried: (name, shape) => this.kept(name, shape),
      gradientOf: ({ name, tensor }) => this.kept(`${name}.gradient`, tensor.shape),
      layerDone() {},
    }
    const data = (name: string, shape: readonly number[]) =>
      this.kept(name, shape, first[name] instanceof Int32Array ? 'i32' : 'f32')
    const layout = model.layers.at(-1)?.layout
    const forward = model.forward(
      context,
      data('x', [batch, ...input]),
      typeof layout === 'object' ? layout.gives : layout === 'any' ? 'time' : 'batch',
    )
    const scratch = (name: string, shape: readonly number[], type?: Tensor['type']) =>
      createTensor('transient', name, shape, type)
    const kept: LossParts['kept'] = (name, shape, type) => this.kept(name, shape, type)
    this.tensors.set('output', forward.output)
    const gradient = loss({ program, forward, context, data, kept, scratch })
    const dx = forward.backward(gradient, model.layers[0]!.inputType !== 'i32')
    if (dx) this.tensors.set('dx', dx)
    const optimizer = composition.optimizer && buildOptimizer(composition.optimizer)
    this.scalars = this.kept('scalars', [optimizer?.scalars(1, 0).length ?? 1])
    for (const { name, tensor: parameter } of optimizer ? model.parameters : []) {
      const slots = optimizer!.slots.map((slot) => this.kept(`${name}.${slot}`, parameter.shape))
      const gradient = this.tensors.get(`${name}.gradient`)!
      optimizer!.emit(program, { parameter, gradient, slots, scalars: this.scalars })
    }
    this.linked = new LinkedProgram(
      engine,
      program,
      (buffer) => this.loan.addressOf(buffer) ?? this.placeOf(buffer),
    )
  }

  /** Runs one step on a batch. */
  run(batch: Batch): void {
    for (const [name, values] of Object.entries(batch)) this.write(this.tensors.get(name)!, values)
    this.step++
    const { optimizer: spec } = this.composition
    if (spec) {
      const optimizer = buildOptimizer(spec)
      this.write(this.scalars, Float32Array.from(optimizer.scalars(this.step, spec.rate as number)))
    }
    this.linked.run()
  }

  /** The floats of a tensor that was kept, by name; `output` is the model's, `dx` the input's gradient. */
  read(name: string): Float32Array {
    const tensor = this.tensors.get(name)!
    const at = (this.placeOf(tensor.buffer) + tensor.offset) >>> 2
    return this.engine.views.f32.slice(at, at + sizeOf(tensor.shape))
  }

  /** The same of float64. */
  readDoubles(name: string): Float64Array {
    const tensor = this.tensors.get(name)!
    const at = this.placeOf(tensor.buffer) >>> 3
    return this.engine.views.f64.slice(at, at + sizeOf(tensor.shape))
  }

  close(): void {
    this.linked.release()
    for (const address of this.places.values()) this.engine.release(address)
    this.loan.close()
  }

  private kept(name: string, shape: readonly number[], type: Tensor['type'] = 'f32'): Tensor {
    const known = this.tensors.get(name)
    if (known) return { ...known, shape }
    const tensor = createTensor('state', name, shape, type)
    this.tensors.set(name, tensor)
    return tensor
  }

  private placeOf(buffer: Buffer): number {
    const known = this.places.get(buffer)
    if (known !== undefined) return known
    const address = this.engine.allocate(buffer.bytes)
    this.engine.views.u8.fill(buffer.kind === 'state' ? 0 : 0xff, address, address + buffer.bytes)
    this.places.set(buffer, address)
    return address
  }

  private write({ buffer, type }: Tensor, values: Float32Array | Int32Array): void {
    const { views } = this.engine
    const to = type === 'i32' ? views.i32 : views.f32
    to.set(values, this.placeOf(buffer) >>> 2)
  }
}
