import type { Engine } from '../engine/engine.js'
import { LinkedProgram } from '../engine/linked-program.js'
import type { WeightLoan } from '../nn/weight-memory.js'
import type { Program } from '../program/builder.js'
import { planSequence, planTransients } from '../program/plan.js'
import type { Buffer, Tensor } from '../program/tensor.js'

/** Programs that are kept, one for each size of a batch and each use; the one that was not used for longest goes first. */
const MOST_PROGRAMS = 64

/**
 * A trainer's or evaluator's share of an engine's memory: the model's weights on loan, its own state, and one arena in
 * which all its programs keep their transient buffers. Programs are linked once and kept. It knows nothing of the trainer,
 * so that it can be closed in its place when nobody can reach that any more.
 */
export class Session {
  private readonly stateOffsets: ReadonlyMap<Buffer, number>
  private readonly stateBytes: number
  private readonly stateBase: number
  private arena: { base: number; bytes: number } | null = null
  /** By when they were used last. */
  private readonly linked = new Map<string, LinkedProgram>()
  private last: { readonly key: string; readonly program: LinkedProgram } | null = null
  private readonly reserved = new Map<Buffer, { address: number; bytes: number }>()
  /** What weights and state were at the start of the epoch at hand. */
  private before: { readonly weights: Float32Array; readonly state: Uint8Array } | null = null
  private closed = false

  constructor(
    readonly engine: Engine,
    readonly weights: WeightLoan,
    state: readonly Tensor[],
  ) {
    const plan = planSequence(state.map(({ buffer }) => buffer))
    this.stateOffsets = plan.offsets
    this.stateBytes = plan.bytes
    try {
      this.stateBase = engine.allocate(plan.bytes)
    } catch (error) {
      weights.close()
      throw error
    }
    engine.views.u8.fill(0, this.stateBase, this.stateBase + plan.bytes)
  }

  /** Address of a parameter's, a state's or a reserved tensor. */
  addressOf(buffer: Buffer): number {
    const offset = this.stateOffsets.get(buffer)
    if (offset !== undefined) return this.stateBase + offset
    return this.weights.addressOf(buffer) ?? this.reserved.get(buffer)!.address
  }

  /**
   * Makes at least `bytes` bytes available to an external buffer that the host writes, and says whether they are new; the
   * contents of the old ones are not kept.
   */
  reserve(buffer: Buffer, bytes: number): boolean {
    const known = this.reserved.get(buffer)
    if (known && known.bytes >= bytes) return false
    // Programs linked so far hold the old address, or none.
    this.dropPrograms()
    this.reserved.delete(buffer)
    if (known) this.engine.release(known.address)
    this.reserved.set(buffer, { address: this.engine.allocate(bytes), bytes })
    return true
  }

  /** The linked program called `key`, built by `build` the first time. */
  program(key: string, build: () => Program): LinkedProgram {
    if (key === this.last?.key) return this.last.program
    const known = this.linked.get(key)
    if (known) {
      this.linked.delete(key)
      return this.keep(key, known)
    }
    const program = build()
    const plan = planTransients(program)
    const base = this.arenaFor(plan.bytes)
    const linked = new LinkedProgram(this.engine, program, (buffer) => {
      const offset = plan.offsets.get(buffer)
      return offset === undefined ? this.addressOf(buffer) : base + offset
    })
    if (this.linked.size === MOST_PROGRAMS) this.dropOldest()
    return this.keep(key, linked)
  }

  /** Notes a program as the one that was used last. */
  private keep(key: string, program: LinkedProgram): LinkedProgram {
    this.linked.set(key, program)
    this.last = { key, program }
    return program
  }

  /**
   * Notes what weights and state are, to go back to by `rollBack`.
   * @throws TrainingError when the model is in the middle of another epoch
   */
  beginEpoch(): void {
    this.weights.turns.beginEpoch()
    try {
      const state = this.engine.views.u8.slice(this.stateBase, this.stateBase + this.stateBytes)
      this.before = { weights: this.weights.snapshot(), state }
    } catch (error) {
      this.weights.turns.endEpoch()
      throw error
    }
  }

  endEpoch(): void {
    if (this.before) this.weights.turns.endEpoch()
    this.before = null
  }

  /** Brings weights and state back to what they were at the start of the epoch at hand, and ends it. */
  rollBack(): void {
    const { before } = this
    if (!before) return
    this.endEpoch()
    this.weights.restore(before.weights)
    this.engine.views.u8.set(before.state, this.stateBase)
  }

  /** Gives all memory back, weights on loan included, as they were before an epoch that is still going on. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.rollBack()
    this.dropPrograms()
    if (this.arena) this.engine.release(this.arena.base)
    for (const { address } of this.reserved.values()) this.engine.release(address)
    this.engine.release(this.stateBase)
    this.weights.close()
  }

  private arenaFor(bytes: number): number {
    if (this.arena && this.arena.bytes >= bytes) return this.arena.base
    // Programs linked so far hold addresses in the smaller arena.
    this.dropPrograms()
    const { arena } = this
    this.arena = null
    if (arena) this.engine.release(arena.base)
    this.arena = { base: this.engine.allocate(bytes), bytes }
    return this.arena.base
  }

  private dropPrograms(): void {
    for (const program of this.linked.values()) program.release()
    this.linked.clear()
    this.last = null
  }

  private dropOldest(): void {
    const [[key, program]] = this.linked as unknown as [[string, LinkedProgram]]
    this.linked.delete(key)
    program.release()
  }
}
