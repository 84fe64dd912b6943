import type { Engine } from '../engine/engine.js'
import { createInitialEngine } from '../engine/js/initial-engine.js'
import { LinkedProgram } from '../engine/linked-program.js'
import { ModelError } from '../errors.js'
import { ProgramBuilder } from '../program/builder.js'
import { type Plan, planSequence, planTransients } from '../program/plan.js'
import { Purpose, streamOf } from '../program/streams.js'
import { type Buffer, sizeOf } from '../program/tensor.js'
import { emitInitialiser, type Parameter } from './initialisers.js'
import { Turns } from './turns.js'

/** A block of an engine's memory that holds the weights, and how many use it. */
interface Place {
  readonly engine: Engine
  readonly base: number
  users: number
}

/**
 * The values of a model's parameters, in one block, wherever they are: in an engine's memory while somebody has them on
 * loan there, else in plain memory of the model's own, so that what no trainer or evaluator uses takes none of an
 * engine's. They are drawn the first time that they are needed.
 */
export class WeightMemory {
  /** Who may use the weights. */
  readonly turns = new Turns()
  private readonly plan: Plan
  private place: Place | null = null
  /** The values while they are in no engine; null too before they are drawn. */
  private home: Float32Array | null = null
  private writes = 0

  constructor(
    private readonly parameters: readonly Parameter[],
    private readonly seed: number,
  ) {
    this.plan = planSequence(parameters.map(({ tensor }) => tensor.buffer))
  }

  /**
   * Lends the weights to `engine`: they are copied there, or drawn there the first time. Who has them on loan elsewhere
   * gets an error from then on.
   * @throws TrainingError when they are in use elsewhere; EngineError when there is no memory. Nothing is changed then.
   */
  lend(engine: Engine): WeightLoan {
    if (this.place?.engine === engine) {
      this.place.users++
      return new WeightLoan(this, this.place)
    }
    if (this.place) this.turns.refuseChange('Moving the model to another engine')
    const place = this.allocateIn(engine)
    try {
      const values = this.values()
      if (values) engine.views.f32.set(values, place.base >>> 2)
      else this.draw(place)
    } catch (error) {
      engine.release(place.base)
      throw error
    }
    this.leave()
    this.home = null
    this.place = place
    return new WeightLoan(this, place)
  }

  /** Takes a loan back. After the last one the weights come home. */
  takeBack(place: Place): void {
    if (place !== this.place || --place.users > 0) return
    this.home = this.values()
    this.leave()
  }

  read({ tensor }: Parameter): Float32Array {
    const start = this.plan.offsets.get(tensor.buffer)! >>> 2
    return this.current().slice(start, start + sizeOf(tensor.shape))
  }

  write({ tensor }: Parameter, values: ArrayLike<number>): void {
    this.writes++
    this.current().set(values, this.plan.offsets.get(tensor.buffer)! >>> 2)
  }

  /** Replaces all values by a copy of the block. */
  restore(block: Float32Array): void {
    this.writes++
    this.current().set(block)
  }

  /** See `WeightLoan.version`. */
  get version(): number | null {
    const turns = this.turns.count
    return turns === null ? null : turns + this.writes
  }

  /** Whether the weights are at `place`, or have been moved on. */
  isAt(place: Place): boolean {
    return this.place === place
  }

  /** Where a parameter's buffer lies in the block, in bytes, or undefined when the buffer is none of them. */
  offsetOf(buffer: Buffer): number | undefined {
    return this.plan.offsets.get(buffer)
  }

  /** The block as it lies in the engine, or at home: to be used at once, since memory that grows moves. */
  current(): Float32Array {
    if (!this.place && !this.home) this.home = this.drawn()
    return this.home ?? this.viewOf(this.place!)
  }

  /** A copy of the block, or null before it is drawn. */
  private values(): Float32Array<ArrayBuffer> | null {
    const source = this.home ?? (this.place && this.viewOf(this.place))
    return source && new Float32Array(source)
  }

  private viewOf({ engine, base }: Place): Float32Array {
    return engine.views.f32.subarray(base / 4, (base + this.plan.bytes) / 4)
  }

  private allocateIn(engine: Engine): Place {
    const { bytes } = this.plan
    const base = engine.allocate(bytes)
    // The gaps between parameters are part of every copy of the block.
    engine.views.u8.fill(0, base, base + bytes)
    return { engine, base, users: 1 }
  }

  /** Gives the place in an engine back, whose values are elsewhere by now. */
  private leave(): void {
    if (this.place) this.place.engine.release(this.place.base)
    this.place = null
  }

  /** The first values, drawn without any engine of the user's. */
  private drawn(): Float32Array {
    const engine = createInitialEngine()
    const place = this.allocateIn(engine)
    this.draw(place)
    return new Float32Array(this.viewOf(place))
  }

  /** Gives every parameter its first value: each from its own stream, so that none depends on the others. */
  private draw({ engine, base }: Place): void {
    const program = new ProgramBuilder('initialise')
    for (const [index, parameter] of this.parameters.entries()) {
      emitInitialiser(program, parameter, this.seed, streamOf(Purpose.Initialise, index))
    }
    const transients = planTransients(program)
    const arena = engine.allocate(transients.bytes)
    try {
      const linked = new LinkedProgram(engine, program, (buffer) => {
        const offset = this.plan.offsets.get(buffer)
        return offset === undefined ? arena + transients.offsets.get(buffer)! : base + offset
      })
      try {
        linked.run()
      } finally {
        linked.release()
      }
    } finally {
      engine.release(arena)
    }
  }
}

/** A model's weights on loan in one engine's memory, until `close`. */
export class WeightLoan {
  private closed = false

  constructor(
    private readonly memory: WeightMemory,
    private readonly place: Place,
  ) {}

  get turns(): Turns {
    return this.memory.turns
  }

  /**
   * A number that is another whenever the values may have changed since; null in a turn, when they may change at any time.
   * Whatever changes them has a turn, or does so at once by way of the memory.
   * @throws ModelError when the weights were moved on
   */
  get version(): number | null {
    this.check()
    return this.memory.version
  }

  /** Address of a parameter's buffer, or undefined when the buffer is none of them. */
  addressOf(buffer: Buffer): number | undefined {
    this.check()
    const offset = this.memory.offsetOf(buffer)
    return offset === undefined ? undefined : this.place.base + offset
  }

  /** A copy of all values, to go back to by `restore`. */
  snapshot(): Float32Array {
    this.check()
    return new Float32Array(this.memory.current())
  }

  restore(snapshot: Float32Array): void {
    this.check()
    this.memory.restore(snapshot)
  }

  /** Gives the weights back; a second time does nothing. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.memory.takeBack(this.place)
  }

  private check(): void {
    if (!this.closed && this.memory.isAt(this.place)) return
    throw new ModelError(
      'The model was moved to another engine; create a trainer or predictor there, and drop this one.',
    )
  }
}
