import type { Dataset } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import { LinkedProgram } from '../engine/linked-program.js'
import type { WeightMemory } from '../nn/weight-memory.js'
import type { Program } from '../program/builder.js'
import { planSequence, planTransients } from '../program/plan.js'
import { type Buffer, createTensor, type Tensor } from '../program/tensor.js'
import type { BatchSource } from './state.js'
import { releaseUpload, upload } from './uploads.js'

/**
 * A trainer's or predictor's share of an engine's memory: the model's parameters, its own state, one arena in which all
 * its programs keep their transient buffers, and the data sets that it uses. Programs are linked once and kept.
 */
export class Session {
  private readonly stateOffsets: ReadonlyMap<Buffer, number>
  private readonly stateBytes: number
  private readonly stateBase: number
  private arena: { base: number; bytes: number } | null = null
  private readonly linked = new Map<string, LinkedProgram>()
  private readonly reserved = new Map<Buffer, { address: number; bytes: number }>()
  private readonly uploaded = new Map<Buffer, number>()
  private readonly data: { readonly dataset: Dataset; readonly source: BatchSource }[] = []

  constructor(
    readonly engine: Engine,
    readonly weights: WeightMemory,
    state: readonly Tensor[],
    private readonly standardisation: BatchSource['standardisation'],
  ) {
    const plan = planSequence(state.map(({ buffer }) => buffer))
    this.stateOffsets = plan.offsets
    this.stateBytes = plan.bytes
    this.stateBase = engine.allocate(plan.bytes)
    engine.views.u8.fill(0, this.stateBase, this.stateBase + plan.bytes)
  }

  /** Address of a parameter's, a state's or a data set's tensor. */
  addressOf(buffer: Buffer): number {
    const offset = this.stateOffsets.get(buffer)
    if (offset !== undefined) return this.stateBase + offset
    const { weights, reserved, uploaded } = this
    return weights.addressOf(buffer) ?? reserved.get(buffer)?.address ?? uploaded.get(buffer)!
  }

  /** Makes at least `bytes` bytes available to an external buffer that the host writes; its contents are not kept. */
  reserve(buffer: Buffer, bytes: number): void {
    const known = this.reserved.get(buffer)
    if (known && known.bytes >= bytes) return
    // Programs linked so far hold the old address, or none.
    this.dropPrograms()
    if (known) this.engine.release(known.address)
    this.reserved.set(buffer, { address: this.engine.allocate(bytes), bytes })
  }

  /** Puts a data set into memory, unless it or another view of the same arrays is already there. */
  load(dataset: Dataset): BatchSource {
    const known = this.data.find(
      (other) => other.dataset.images === dataset.images && other.dataset.labels === dataset.labels,
    )
    if (known) return known.source
    const { images, labels, name, sampleShape } = dataset
    const rows = labels.length
    const source: BatchSource = {
      id: this.data.length,
      images: createTensor(
        'external',
        name,
        [rows, ...sampleShape],
        images instanceof Uint8Array ? 'u8' : 'f32',
      ),
      labels: createTensor('external', `${name} labels`, [rows], 'u8'),
      standardisation: this.standardisation,
    }
    this.uploaded.set(source.images.buffer, upload(this.engine, images))
    this.uploaded.set(source.labels.buffer, upload(this.engine, labels))
    this.data.push({ dataset, source })
    return source
  }

  /** The linked program called `key`, built by `build` the first time. */
  program(key: string, build: () => Program): LinkedProgram {
    const known = this.linked.get(key)
    if (known) return known
    const program = build()
    const plan = planTransients(program)
    const base = this.arenaFor(plan.bytes)
    const linked = new LinkedProgram(this.engine, program, (buffer) => {
      const offset = plan.offsets.get(buffer)
      return offset === undefined ? this.addressOf(buffer) : base + offset
    })
    this.linked.set(key, linked)
    return linked
  }

  /** A copy of parameters and state, to go back to by `restore`. */
  snapshot(): { weights: Uint8Array; state: Uint8Array } {
    const state = this.engine.views.u8.slice(this.stateBase, this.stateBase + this.stateBytes)
    return { weights: this.weights.snapshot(), state }
  }

  restore({ weights, state }: { weights: Uint8Array; state: Uint8Array }): void {
    this.weights.restore(weights)
    this.engine.views.u8.set(state, this.stateBase)
  }

  /** Gives back all memory but the model's parameters. */
  close(): void {
    this.dropPrograms()
    if (this.arena) this.engine.release(this.arena.base)
    this.arena = null
    for (const { address } of this.reserved.values()) this.engine.release(address)
    for (const { dataset } of this.data.splice(0)) {
      releaseUpload(this.engine, dataset.images)
      releaseUpload(this.engine, dataset.labels)
    }
    this.engine.release(this.stateBase)
  }

  private arenaFor(bytes: number): number {
    if (this.arena && this.arena.bytes >= bytes) return this.arena.base
    // Programs linked so far hold addresses in the smaller arena.
    this.dropPrograms()
    if (this.arena) this.engine.release(this.arena.base)
    this.arena = { base: this.engine.allocate(bytes), bytes }
    return this.arena.base
  }

  private dropPrograms(): void {
    for (const program of this.linked.values()) program.release()
    this.linked.clear()
  }
}
