import type { AddressOf, Engine } from '../engine/engine.js'
import { LinkedProgram } from '../engine/linked-program.js'
import type { Program } from '../program/builder.js'
import { programCost } from '../program/cost.js'
import { planSequence, planTransients } from '../program/plan.js'
import { splitConstants } from './constants.js'

/**
 * Up to so many floating-point operations a program runs on one thread of several: about what a core does while a thread
 * that sleeps is woken.
 */
const ALONE = 1e7

/** A program for inference in memory of its own, linked: to be run any number of times, with nothing allocated. */
export class Prepared {
  private readonly base: number
  /** Null where nothing is constant. */
  private readonly constant: LinkedProgram | null
  private readonly varying: LinkedProgram
  /** The weights that what is constant was computed from. */
  private version: number | null = null

  /**
   * @param addressOf where the buffers lie that are not the program's own
   * @throws EngineError when there is no memory
   */
  constructor(
    private readonly engine: Engine,
    program: Program,
    addressOf: AddressOf,
  ) {
    const { constant, varying, kept } = splitConstants(program)
    const own = planSequence(kept)
    const parts = [constant, varying].map((part) => ({ part, plan: planTransients(part) }))
    const base = engine.allocate(own.bytes + Math.max(...parts.map(({ plan }) => plan.bytes)))
    const [first, second] = parts.map(({ part, plan }) => {
      if (part.instructions.length === 0) return null
      const address: AddressOf = (buffer) => {
        const offset = own.offsets.get(buffer)
        if (offset !== undefined) return base + offset
        const transient = plan.offsets.get(buffer)
        return transient === undefined ? addressOf(buffer) : base + own.bytes + transient
      }
      return new LinkedProgram(engine, part, address, programCost(part).flops <= ALONE)
    }) as [LinkedProgram | null, LinkedProgram]
    this.base = base
    this.constant = first
    this.varying = second
  }

  /** @param version of the weights, or null where they may change at any time: see `WeightLoan` */
  run(version: number | null): void {
    if (version === null || version !== this.version) {
      this.constant?.run()
      this.version = version
    }
    this.varying.run()
  }

  release(): void {
    this.constant?.release()
    this.varying.release()
    this.engine.release(this.base)
  }
}
