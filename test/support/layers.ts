import type { Engine } from '../../src/engine/engine.js'
import { LinkedProgram } from '../../src/engine/linked-program.js'
import type { EmitContext } from '../../src/nn/layer.js'
import type { LayerSpec } from '../../src/nn/layers/spec.js'
import { sequential } from '../../src/nn/sequential.js'
import { ProgramBuilder } from '../../src/program/builder.js'
import { type Buffer, createTensor, sizeOf, type Tensor } from '../../src/program/tensor.js'

export interface LayerRun {
  readonly y: Float32Array
  readonly dx: Float32Array
  /** Gradients by parameter name, in the order of the model's parameters. */
  readonly gradients: ReadonlyMap<string, Float32Array>
  /** The states of stateful layers after the run, by name. */
  readonly carried: ReadonlyMap<string, Float32Array>
}

/**
 * Runs layers forward and backward on an engine, every buffer in memory of its own, so that all results can be read.
 * `weights` are the parameters' values in order; `dy` is the gradient of the output; `carried` the states that stateful
 * layers start from, in order; `valid` [steps, batch] says which steps are not padding.
 */
export function runLayers(
  engine: Engine,
  specs: readonly LayerSpec[],
  input: readonly number[],
  run: {
    x: Float32Array
    weights: Float32Array[]
    dy: Float32Array
    batch: number
    carried?: Float32Array[]
    valid?: Float32Array
  },
): LayerRun {
  const { x, weights, dy, batch } = run
  const model = sequential(specs, { input })
  model.setWeights(new Map(model.parameters.map(({ name }, i) => [name, weights[i]!])))
  const memory = model.weightsIn(engine)
  const program = new ProgramBuilder('test')
  const gradients = new Map<string, Tensor>()
  const carried = new Map<string, Tensor>()
  const valid = run.valid ? createTensor('state', 'valid', [run.valid.length / batch, batch]) : null
  const context: EmitContext = {
    valid,
    ...{ program, batch, training: true, step: createTensor('state', 'step', [1], 'i32'), seed: model.seed },
    carried(name, shape) {
      if (!carried.has(name)) carried.set(name, createTensor('state', name, shape))
      return carried.get(name)!
    },
    trains: (parameter) => model.trains(parameter),
    gradientOf({ name, tensor }) {
      const gradient = createTensor('state', `${name}.gradient`, tensor.shape)
      gradients.set(name, gradient)
      return gradient
    },
    gradientSumOf: (parameter) => ({ tensor: context.gradientOf(parameter)!, isStarted: false }),
    nodeDone() {},
  }
  const [xTensor, dyTensor] = [
    createTensor('state', 'x', [batch, ...input]),
    createTensor('state', 'dy', [batch, ...model.output]),
  ]
  const { outputs, backward } = model.forward(context, [xTensor])
  const dx = backward([dyTensor], true)[0]!

  const places = new Map<Buffer, number>()
  const addressOf = (buffer: Buffer) => {
    const known = memory.addressOf(buffer) ?? places.get(buffer)
    if (known !== undefined) return known
    const address = engine.allocate(buffer.bytes)
    engine.views.u8.fill(0xff, address, address + buffer.bytes)
    places.set(buffer, address)
    return address
  }
  const at = (tensor: Tensor) => (addressOf(tensor.buffer) + tensor.offset) >>> 2
  const read = (tensor: Tensor) => engine.views.f32.slice(at(tensor), at(tensor) + sizeOf(tensor.shape))
  const linked = new LinkedProgram(engine, program, addressOf)
  engine.views.f32.set(x, at(xTensor))
  if (valid) engine.views.f32.set(run.valid!, at(valid))
  engine.views.f32.set(dy, at(dyTensor))
  for (const [i, tensor] of [...carried.values()].entries()) {
    engine.views.f32.set(run.carried![i]!, at(tensor))
  }
  linked.run()
  const trained = model.parameters.filter(({ name }) => gradients.has(name))
  const result = {
    // The output gradient may be overwritten, but never the output.
    y: read(outputs[0]!.tensor),
    dx: read(dx),
    gradients: new Map(trained.map(({ name }) => [name, read(gradients.get(name)!)])),
    carried: new Map([...carried].map(([name, tensor]) => [name, read(tensor)])),
  }
  linked.release()
  for (const address of places.values()) engine.release(address)
  return result
}
