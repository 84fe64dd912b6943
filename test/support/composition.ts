import type { Engine } from '../../src/engine/engine.js'
import { LinkedProgram } from '../../src/engine/linked-program.js'
import type { EmitContext, Layout } from '../../src/nn/layer.js'
import type { LayerSpec } from '../../src/nn/layers/spec.js'
import type { Model } from '../../src/nn/model.js'
import { sequential } from '../../src/nn/sequential.js'
import type { WeightLoan } from '../../src/nn/weight-memory.js'
import { buildOptimizer, type OptimizerSpec } from '../../src/optim/index.js'
import { ProgramBuilder } from '../../src/program/builder.js'
import * as instruction from '../../src/program/instructions.js'
import { type Buffer, createTensor, sizeOf, type Tensor } from '../../src/program/tensor.js'

/** The arrays of one batch, `x` among them, by name; a step's program finds each as a tensor. */
export type Batch = Readonly<Record<string, Float32Array | Int32Array>>

/** What a loss is emitted from. */
export interface LossParts {
  readonly program: ProgramBuilder
  /** The model's output, time first where its last layer gives that, and its mask. */
  readonly forward: { readonly output: Tensor; readonly valid?: Tensor }
  /** All outputs. */
  readonly outputs: readonly Tensor[]
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
  /** Layers in a row on `input`, the batch's array x; or a network whose inputs are arrays of the batch by name. */
  readonly layers?: readonly LayerSpec[]
  readonly input?: readonly number[]
  readonly seed?: number
  /** Whether the batch's `valid` [steps, batch] says which steps are not padding. */
  readonly isMasked?: boolean
  readonly network?: () => Model
  readonly batch: number
  /** Without one no parameter changes, and their gradients can be read. */
  readonly optimizer?: OptimizerSpec
  /** Emits the loss and returns the gradient of the output, or of all. */
  loss(parts: LossParts): Tensor | Tensor[]
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
    const { layers, input, batch, seed = 1, network, loss } = composition
    this.model = network ? network() : sequential(layers!, { input: input!, seed })
    const { program, model } = this
    this.loan = model.weightsIn(engine)
    const step = this.kept('step', [1], 'i32')
    const steps = (first.valid?.length ?? 0) / batch
    const context: EmitContext = {
      ...{ program, batch, training: true, step, seed },
      valid: composition.isMasked ? this.kept('valid', [steps, batch]) : null,
      carried: (name, shape) => this.kept(name, shape),
      trains: (parameter) => model.trains(parameter),
      gradientOf(parameter) {
        const sum = context.gradientSumOf(parameter)!
        if (!sum.isStarted) return sum.tensor
        const x = createTensor('transient', `${parameter.name}.gradient`, sum.tensor.shape)
        waiting.push({ x, y: sum.tensor, count: sizeOf(x.shape) })
        return x
      },
      gradientSumOf: ({ name, tensor }) => {
        const isStarted = this.tensors.has(`${name}.gradient`)
        return { tensor: this.kept(`${name}.gradient`, tensor.shape), isStarted }
      },
      nodeDone() {
        for (const terms of waiting.splice(0)) program.emit(instruction.add, terms)
      },
    }
    const waiting: { x: Tensor; y: Tensor; count: number }[] = []
    const data = (name: string, shape: readonly number[]) =>
      this.kept(name, shape, first[name] instanceof Int32Array ? 'i32' : 'f32')
    const layout = network ? 'batch' : this.layoutOf(model)
    const inputs = model.inputs.map(({ name, shape }) => data(network ? name : 'x', [batch, ...shape]))
    const { outputs: values, backward } = model.forward(context, inputs, [layout])
    const outputs = values.map(({ tensor }) => tensor)
    const { tensor: output, valid } = values[0]!
    const forward = { output, ...(valid && { valid }) }
    const scratch = (name: string, shape: readonly number[], type?: Tensor['type']) =>
      createTensor('transient', name, shape, type)
    const kept: LossParts['kept'] = (name, shape, type) => this.kept(name, shape, type)
    this.tensors.set('output', output)
    for (const [i, name] of [...model.outputs.keys()].entries()) this.tensors.set(name, outputs[i]!)
    const gradient = loss({ program, forward, outputs, context, data, kept, scratch })
    const needsInputs = model.inputs.every(({ type }) => type === 'float32')
    const found = backward(Array.isArray(gradient) ? gradient : [gradient], needsInputs)
    for (const [i, dx] of found.entries()) {
      if (dx) this.tensors.set(network ? `d${model.inputs[i]!.name}` : 'dx', dx)
    }
    const optimizer = composition.optimizer && buildOptimizer(composition.optimizer)
    this.scalars = this.kept('scalars', [optimizer?.scalars(1, 0).length ?? 1])
    for (const { name, tensor: parameter } of optimizer
      ? model.parameters.filter((p) => model.trains(p))
      : []) {
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
      this.write(this.scalars, Float32Array.from(optimizer.scalars(this.step, spec.learningRate as number)))
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

  /** How the last layer's output lies. */
  private layoutOf({ layers }: Model): Layout {
    const layout = layers.at(-1)?.layout
    return typeof layout === 'object' ? layout.gives : layout === 'any' ? 'time' : 'batch'
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
