import t from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import { barriersIn } from '../../src/engine/hazards.js'
import { createSimdEngine } from '../../src/engine/wasm.js'
import { adam, createTrainer, modelFromConfig } from '../../src/index.js'
import { operands, type Program, ProgramBuilder } from '../../src/program/builder.js'
import { add, copy, fill, sgd } from '../../src/program/instructions.js'
import { bytesOf, createTensor, slice, type Tensor } from '../../src/program/tensor.js'
import type { Session } from '../../src/train/session.js'
import { drawArchitecture, drawData, layerTypes } from '../support/architectures.js'
import { randomIntegers } from '../support/random.js'

const tensor = (name: string, count = 16) => createTensor('transient', name, [count])

/** Where threads wait in a program whose buffers lie at these addresses. */
function waits(program: Program, addresses: Map<Tensor, number>): boolean[] {
  const byBuffer = new Map([...addresses].map(([{ buffer }, address]) => [buffer, address]))
  return barriersIn(program, (buffer) => byBuffer.get(buffer)!)
}

t.test(
  'threads wait where an instruction depends on one since the last barrier, and only there',
  async (t) => {
    const [a, b, c] = [tensor('a'), tensor('b'), tensor('c')]
    const places = new Map([a, b, c].map((x, i) => [x, 64 + 64 * i]))
    const program = (emit: (program: ProgramBuilder) => void) => {
      const builder = new ProgramBuilder('test')
      emit(builder)
      return builder
    }
    const put = (x: Tensor) => (p: ProgramBuilder) => p.emit(fill, { x, count: 16, value: 1 })
    const move = (x: Tensor, y: Tensor) => (p: ProgramBuilder) => p.emit(copy, { x, y, count: 16 })
    const sum = (x: Tensor, y: Tensor) => (p: ProgramBuilder) => p.emit(add, { x, y, count: 16 })
    const cases: [string, ((p: ProgramBuilder) => void)[], boolean[]][] = [
      ['nothing in common', [put(a), put(b), put(c)], [false, false, false]],
      ['both only read', [move(a, b), move(a, c)], [false, false]],
      ['reads what was written', [put(a), move(a, b)], [false, true]],
      ['writes what was read', [move(a, b), put(a)], [false, true]],
      ['writes what was written', [put(a), put(a)], [false, true]],
      ['updates what was written', [put(a), sum(b, a)], [false, true]],
      ['updates what was updated', [sum(a, b), sum(c, b)], [false, true]],
      [
        'not with the one before, but with the one before that',
        [put(a), put(b), move(a, c)],
        [false, false, true],
      ],
      [
        'a barrier settles all that was before it',
        [put(a), put(b), move(a, c), move(b, a)],
        [false, false, true, true],
      ],
      ['which the next need not wait for', [put(a), move(a, b), move(a, c)], [false, true, false]],
    ]
    for (const [name, steps, expected] of cases) {
      t.same(
        waits(
          program((p) => {
            for (const step of steps) step(p)
          }),
          places,
        ),
        expected,
        name,
      )
    }
  },
)

t.test(
  'what counts is memory: buffers that share it depend on each other, parts of one that do not are apart',
  async (t) => {
    const [a, b, whole] = [tensor('a'), tensor('b'), tensor('whole', 32)]
    const shared = new ProgramBuilder('shared')
    shared.emit(fill, { x: a, count: 16, value: 1 })
    shared.emit(fill, { x: b, count: 16, value: 2 })
    t.same(waits(shared, new Map([[a, 64], [b, 64 + 60]])), [false, true], 'one float in common') // biome-ignore format: one line a case
    t.same(waits(shared, new Map([[a, 64], [b, 64 + 64]])), [false, false], 'one after the other') // biome-ignore format: one line a case
    const parts = new ProgramBuilder('parts')
    parts.emit(fill, { x: slice(whole, 0, [16]), count: 16, value: 1 })
    parts.emit(fill, { x: slice(whole, 16, [16]), count: 16, value: 2 })
    parts.emit(fill, { x: slice(whole, 15, [2]), count: 2, value: 3 })
    t.same(waits(parts, new Map([[whole, 64]])), [false, false, true])
  },
)

t.test('an operand that is left out is no memory', async (t) => {
  const [p, q, g] = [tensor('p'), tensor('q'), tensor('g')]
  const rate = createTensor('state', 'rate', [1])
  const program = new ProgramBuilder('updates')
  const rest = { gradient: g, velocity: null, count: 16, rate, momentum: 0, weightDecay: 0, nesterov: 0 }
  program.emit(sgd, { parameter: p, ...rest })
  program.emit(sgd, { parameter: q, ...rest })
  const places = new Map([p, q, g, rate].map((x, i) => [x, 64 + 64 * i]))
  t.same(waits(program, places), [false, false])
})

interface Operation {
  readonly name: string
  readonly address: number
  readonly words: number
  /** What it may touch, as it stands in the linked program. */
  readonly spans: readonly { readonly kind: string; readonly start: number; readonly end: number }[]
}

/** The instructions of a program that was linked to `address`. */
function operationsOf(program: Program, { views }: Engine, address: number): Operation[] {
  return program.instructions.map((instruction) => {
    const words = views.i32.slice(address >>> 2, (address >>> 2) + views.i32[(address >>> 2) + 1]!)
    const names = Object.keys(instruction.type.arguments)
    const spans = operands(instruction).map(({ kind, name, tensor }) => {
      const start = words[2 + names.indexOf(name)]!
      return { kind, start, end: start + bytesOf(tensor) }
    })
    const operation = {
      name: `${instruction.type.name} of ${instruction.origin}`,
      address,
      words: words.length,
    }
    address += words.length * 4
    return { ...operation, spans }
  })
}

/** Bytes of memory, from the first that is allocated on, that hold all of a small network. */
const WATCHED = 1 << 19

/** Runs an operation twice, the second time with other bytes in all memory from `base` on that it should not read. */
function runWatched(
  engine: Engine,
  run: Engine['run'],
  base: number,
  { address, words, spans }: Operation,
): { writesOnly: boolean; readsOnly: boolean } {
  const memory = engine.views.u8.subarray(0, base + WATCHED)
  const kept = [...spans, { kind: 'read', start: address, end: address + words * 4 }]
  const written = spans.filter(({ kind }) => kind !== 'read')

  const before = memory.slice()
  run(address, words)
  const after = memory.slice()
  memory.set(before.subarray(base), base)
  for (const { start, end } of written) memory.set(after.subarray(start, end), start)
  const writesOnly = Buffer.compare(memory.subarray(base), after.subarray(base)) === 0

  memory.fill(0xa5, base)
  for (const { start, end } of kept) memory.set(before.subarray(start, end), start)
  run(address, words)
  const readsOnly = written.every(
    ({ start, end }) => Buffer.compare(memory.subarray(start, end), after.subarray(start, end)) === 0,
  )
  memory.set(after)
  return { writesOnly, readsOnly }
}

/**
 * Barriers are put in by what tensors cover, so an instruction may touch nothing else: it must write nothing outside of
 * those that it writes, and what it writes must not depend on memory outside of its tensors.
 */
t.test('instructions of random networks touch nothing but their tensors', async (t) => {
  const draw = randomIntegers(90)
  for (const type of layerTypes) {
    const architecture = drawArchitecture(draw, type)
    const { config, loss, batch } = architecture
    const data = drawData(draw, architecture, batch)
    const engine = await createSimdEngine()
    // Below lie the core's constants and its scratch memory.
    const base = engine.allocate(64)
    const programs = new Map<number, Program>()
    const run = engine.run
    engine.run = (address, words) => {
      const program = programs.get(address)
      if (!program) return run(address, words)
      for (const operation of operationsOf(program, engine, address)) {
        const { writesOnly, readsOnly } = runWatched(engine, run, base, operation)
        if (!writesOnly) t.fail(`${operation.name} writes outside of its tensors`, { config })
        if (!readsOnly) t.fail(`${operation.name} reads outside of its tensors`, { config })
      }
    }
    const trainer = createTrainer(engine, modelFromConfig(config), {
      ...{ optimizer: adam({ learningRate: 0.01 }), loss, batchSize: batch },
    })
    const { session } = trainer as unknown as { session: Session }
    const link = session.program.bind(session)
    session.program = (key, build) => {
      const linked = link(key, build)
      programs.set((linked as unknown as { address: number }).address, linked.program)
      return linked
    }
    await trainer.fit(data, { epochs: 1, validationData: data }).next()
    t.ok(programs.size >= 2, `${type}: training and evaluation were watched`)
    engine.close()
  }
})
