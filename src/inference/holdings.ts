import type { Engine } from '../engine/engine.js'
import type { WeightLoan } from '../nn/weight-memory.js'
import type { Buffer } from '../program/tensor.js'
import type { Prepared } from './prepared.js'

/**
 * A predictor's share of an engine's memory. It knows nothing of the predictor, so that it can be closed in its place when
 * nobody can reach that any more.
 */
export class Holdings {
  private readonly addresses = new Map<Buffer, number>()
  private readonly programs: Prepared[] = []

  constructor(
    readonly engine: Engine,
    readonly weights: WeightLoan,
  ) {}

  /** Memory for a buffer of this predictor, zeroed. */
  place(buffer: Buffer): number {
    const { engine } = this
    const address = engine.allocate(buffer.bytes)
    engine.views.u8.fill(0, address, address + buffer.bytes)
    this.addresses.set(buffer, address)
    return address
  }

  /** Address of a placed buffer or of a parameter's. */
  addressOf(buffer: Buffer): number {
    return this.addresses.get(buffer) ?? this.weights.addressOf(buffer)!
  }

  keep(program: Prepared): Prepared {
    this.programs.push(program)
    return program
  }

  close(): void {
    for (const program of this.programs) program.release()
    for (const address of this.addresses.values()) this.engine.release(address)
    this.weights.close()
  }
}
