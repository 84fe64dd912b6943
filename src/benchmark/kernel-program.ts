import type { Engine } from '../engine/engine.js'
import { LinkedProgram } from '../engine/linked-program.js'
import { operands, type Program, ProgramBuilder } from '../program/builder.js'
import { programCost } from '../program/cost.js'
import { copy } from '../program/instructions.js'
import { planSequence } from '../program/plan.js'
import { createTensor, type ElementType, sizeOf, type Tensor } from '../program/tensor.js'
import type { Benchmark, Prepared } from './benchmark.js'

/** Gives element i of an operand its value. */
type Values = (i: number) => number

/** Fractions of multiples of the golden ratio: spread evenly, without a pattern that a branch predictor could learn. */
const spread: Values = (i) => (i * 0.6180339887498949) % 1

/** Runs shorter than this hold the program many times, so that calling the engine, or waking its threads, hardly counts. */
const SHORT_MILLISECONDS = 0.5
/** Work of such a run. */
const RUN = { FLOP: 2e7, elements: 1e6 }

/** The instructions of a benchmark with the operands' values: the same on every engine. */
export class KernelProgram extends ProgramBuilder {
  readonly values = new Map<Tensor, Values>()
  /** Pairs of an operand that the instructions spoil, and a copy of what it has to be before each run. */
  readonly spoilt: { readonly operand: Tensor; readonly pristine: Tensor }[] = []

  private operand(shape: readonly number[], values: Values, type: ElementType = 'f32'): Tensor {
    const tensor = createTensor('external', `operand ${this.values.size}`, shape, type)
    this.values.set(tensor, values)
    return tensor
  }

  /** float32 of -0.5 to 0.5, of which the share `zeros` are zeros. */
  signed(shape: readonly number[], zeros = 0): Tensor {
    return this.operand(shape, (i) => (spread(Math.imul(i, i + 7) >>> 0) < zeros ? 0 : spread(i) - 0.5))
  }

  /** float32 of 0.1 to 1, such as variances and probabilities. */
  positive(shape: readonly number[]): Tensor {
    return this.operand(shape, (i) => 0.1 + 0.9 * spread(i))
  }

  /** Whole numbers of 0 up to, but not, `limit`. */
  below(limit: number, shape: readonly number[], type: 'i32' | 'u8' = 'i32'): Tensor {
    return this.operand(shape, (i) => Math.floor(limit * spread(i)), type)
  }

  /** Every element the same; what is only written may start as zeros. */
  constant(value: number, shape: readonly number[], type: ElementType = 'f32'): Tensor {
    return this.operand(shape, () => value, type)
  }

  /** Restores `operand` before every run, outside the time that counts. */
  restore(operand: Tensor): Tensor {
    const pristine = this.operand(operand.shape, this.values.get(operand)!)
    this.spoilt.push({ operand, pristine })
    return operand
  }
}

function restoring({ name, spoilt }: KernelProgram): ProgramBuilder {
  const program = new ProgramBuilder(`${name}: restore`)
  for (const { operand, pristine } of spoilt) {
    program.emit(copy, { x: pristine, y: operand, count: sizeOf(operand.shape) })
  }
  return program
}

function repeated(program: Program, times: number): Program {
  return { name: program.name, instructions: new Array(times).fill(program.instructions).flat() }
}

function write({ views }: Engine, address: number, { type, shape }: Tensor, values: Values): void {
  const size = sizeOf(shape)
  const array = views[type]
  const start = address / (type === 'u8' ? 1 : type === 'f64' ? 8 : 4)
  for (let i = 0; i < size; i++) array[start + i] = values(i)
}

interface KernelBenchmark extends Omit<Benchmark, 'prepare' | 'unit'> {
  /** Elements that one run of the instructions goes through; without it their FLOPs are counted. */
  readonly elements?: number
}

/** A benchmark that runs the instructions that `build` emits, again and again. */
export function kernelBenchmark(
  { elements, ...about }: KernelBenchmark,
  build: (program: KernelProgram) => void,
): Benchmark {
  const unit = elements === undefined ? 'FLOP' : 'elements'
  return {
    ...about,
    unit,
    prepare(engine) {
      const program = new KernelProgram(about.id)
      build(program)
      const work = elements ?? programCost(program).flops
      return prepare(engine, program, work, RUN[unit])
    },
  }
}

function prepare(engine: Engine, program: KernelProgram, work: number, runWork: number): Prepared {
  const restore = restoring(program)
  const touched = [...program.instructions, ...restore.instructions].flatMap(operands)
  const plan = planSequence(new Set(touched.map(({ tensor }) => tensor.buffer)))
  const base = engine.allocate(plan.bytes)
  for (const [tensor, values] of program.values) {
    write(engine, base + plan.offsets.get(tensor.buffer)!, tensor, values)
  }
  const link = (each: Program) =>
    new LinkedProgram(engine, each, (buffer) => base + plan.offsets.get(buffer)!)
  const isSpoilt = program.spoilt.length > 0
  const copies = isSpoilt ? 1 : Math.ceil(runWork / work)
  const [before, once, often] = [link(restore), link(program), link(repeated(program, copies))]
  let measured: { linked: LinkedProgram; copies: number } | null = null
  const timed = (linked: LinkedProgram) => {
    if (isSpoilt) before.run()
    const start = performance.now()
    linked.run()
    return performance.now() - start
  }
  const chooseRun = () => {
    timed(once)
    return timed(once) < SHORT_MILLISECONDS ? { linked: often, copies } : { linked: once, copies: 1 }
  }
  return {
    speed(seconds) {
      measured ??= chooseRun()
      const start = performance.now()
      let [runs, milliseconds] = [0, 0]
      do {
        milliseconds += timed(measured.linked)
        runs++
      } while (milliseconds === 0 || performance.now() - start < seconds * 1000)
      return (work * measured.copies * runs) / (milliseconds / 1000)
    },
    release() {
      for (const linked of [before, once, often]) linked.release()
      engine.release(base)
    },
  }
}
