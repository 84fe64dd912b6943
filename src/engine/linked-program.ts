import type { Instruction, Program } from '../program/builder.js'
import { encode } from '../program/encode.js'
import { barrier } from '../program/instructions.js'
import type { AddressOf, Engine } from './engine.js'
import { barriersIn } from './hazards.js'

function wordsOf(instruction: Instruction, addressOf: AddressOf): number[] {
  const values: Record<string, number> = {}
  for (const [name, value] of Object.entries(instruction.arguments)) {
    if (typeof value === 'number') values[name] = value
    else values[name] = value === null ? 0 : addressOf(value.buffer) + value.offset
  }
  return encode(instruction.type, values)
}

/** The words of all instructions, with the barriers that an engine with several threads needs. */
function encodeProgram(program: Program, addressOf: AddressOf, threads: number): number[] {
  const barriers = threads > 1 ? barriersIn(program, addressOf) : []
  return program.instructions.flatMap((instruction, at) => [
    ...(barriers[at] ? encode(barrier, {}) : []),
    ...wordsOf(instruction, addressOf),
  ])
}

/** A program in an engine's memory, its buffers replaced by addresses: ready to run, any number of times. */
export class LinkedProgram {
  private readonly address: number
  private readonly words: number

  constructor(
    private readonly engine: Engine,
    readonly program: Program,
    addressOf: AddressOf,
    /** Whether one thread runs it by itself, where there are several. */
    private readonly alone = false,
  ) {
    const words = encodeProgram(program, addressOf, alone ? 1 : engine.threads)
    this.words = words.length
    this.address = engine.allocate(words.length * 4)
    engine.views.i32.set(words, this.address >>> 2)
  }

  run(): void {
    if (this.alone && this.engine.runAlone) this.engine.runAlone(this.address, this.words)
    else this.engine.run(this.address, this.words)
  }

  /** Runs it, and returns a promise of its end where that has to be waited for: see `Engine`. */
  runAsync(): Promise<void> | undefined {
    if (this.engine.runAsync) return this.engine.runAsync(this.address, this.words)
    this.engine.run(this.address, this.words)
    return undefined
  }

  /** Gives the program's own memory back. */
  release(): void {
    this.engine.release(this.address)
  }
}
