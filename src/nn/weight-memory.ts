import type { Engine } from '../engine/engine.js'
import { LinkedProgram } from '../engine/linked-program.js'
import { ModelError } from '../errors.js'
import { ProgramBuilder } from '../program/builder.js'
import { planSequence, planTransients } from '../program/plan.js'
import { Purpose, streamOf } from '../program/streams.js'
import { type Buffer, sizeOf } from '../program/tensor.js'
import { emitInitialiser, type Parameter } from './initialisers.js'

/** A model's parameters in one engine's memory, in one block. */
export class WeightMemory {
  readonly bytes: number
  private readonly base: number
  private readonly offsets: ReadonlyMap<Buffer, number>
  private moved = false

  constructor(
    readonly engine: Engine,
    private readonly parameters: readonly Parameter[],
  ) {
    const plan = planSequence(parameters.map(({ tensor }) => tensor.buffer))
    this.offsets = plan.offsets
    this.bytes = plan.bytes
    this.base = engine.allocate(plan.bytes)
    // The gaps between parameters are part of every copy of the block.
    engine.views.u8.fill(0, this.base, this.base + plan.bytes)
  }

  /** Address of a parameter's buffer, or undefined when the buffer is none of them. */
  addressOf(buffer: Buffer): number | undefined {
    this.check()
    const offset = this.offsets.get(buffer)
    return offset === undefined ? undefined : this.base + offset
  }

  /** Gives every parameter its first value: each from its own stream, so that none depends on the others. */
  initialise(seed: number): void {
    const program = new ProgramBuilder('initialise')
    for (const [index, parameter] of this.parameters.entries()) {
      emitInitialiser(program, parameter, seed, streamOf(Purpose.Initialise, index))
    }
    const transients = planTransients(program)
    const arena = this.engine.allocate(transients.bytes)
    const linked = new LinkedProgram(
      this.engine,
      program,
      (buffer) => this.addressOf(buffer) ?? arena + transients.offsets.get(buffer)!,
    )
    linked.run()
    linked.release()
    this.engine.release(arena)
  }

  read({ tensor }: Parameter): Float32Array {
    const start = this.addressOf(tensor.buffer)! >>> 2
    return this.engine.views.f32.slice(start, start + sizeOf(tensor.shape))
  }

  write({ tensor }: Parameter, values: Float32Array): void {
    this.engine.views.f32.set(values, this.addressOf(tensor.buffer)! >>> 2)
  }

  /** A copy of the whole block, to go back to by `restore`. */
  snapshot(): Uint8Array {
    this.check()
    return this.engine.views.u8.slice(this.base, this.base + this.bytes)
  }

  restore(snapshot: Uint8Array): void {
    this.check()
    this.engine.views.u8.set(snapshot, this.base)
  }

  /** Copies the values into the same model's memory elsewhere; this one can no longer be used. */
  moveTo(next: WeightMemory): void {
    next.restore(this.snapshot())
    this.moved = true
    this.engine.release(this.base)
  }

  private check(): void {
    if (!this.moved) return
    throw new ModelError(
      'The model was moved to another engine; create a trainer or predictor there, and drop this one.',
    )
  }
}
