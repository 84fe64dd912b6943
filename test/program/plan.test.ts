import t from 'tap'
import { ProgramBuilder } from '../../src/program/builder.js'
import { copy } from '../../src/program/instructions.js'
import { planSequence, planTransients } from '../../src/program/plan.js'
import { Spans } from '../../src/program/spans.js'
import { createTensor } from '../../src/program/tensor.js'
import { randomWords } from '../support/data.js'

/** A program of random copies between buffers of random sizes. */
function randomProgram(random: () => number): ProgramBuilder {
  const program = new ProgramBuilder('random')
  const tensors = Array.from({ length: 12 }, (_, i) =>
    createTensor('transient', `t${i}`, [1 + Math.floor(random() * 100)]),
  )
  for (let i = 0; i < 30; i++) {
    const [x, y] = [0, 0].map(() => tensors[Math.floor(random() * tensors.length)]!)
    program.emit(copy, { x: x!, y: y!, count: 1 })
  }
  return program
}

t.test('buffers that are alive together never share memory, and memory is shared', async (t) => {
  let seed = 1
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  let planned = 0
  let needed = 0
  for (let round = 0; round < 200; round++) {
    const program = randomProgram(random)
    const { offsets, bytes } = planTransients(program)
    const alive = [...offsets].map(([buffer, offset]) => {
      const uses = program.instructions.flatMap(({ arguments: args }, i) =>
        Object.values(args).some((arg) => typeof arg === 'object' && arg?.buffer === buffer) ? [i] : [],
      )
      return { start: offset, end: offset + buffer.bytes, first: uses[0]!, last: uses.at(-1)! }
    })
    for (const [i, a] of alive.entries()) {
      for (const b of alive.slice(i + 1)) {
        const together = a.first <= b.last && b.first <= a.last
        const overlap = a.start < b.end && b.start < a.end
        if (together && overlap) t.fail(`round ${round}: ${JSON.stringify([a, b])}`)
      }
      if (a.end > bytes || a.start % 64 !== 0) t.fail(`round ${round}: outside the plan or not aligned`)
      // The largest came first: of those before it the ones alive with it leave no room below.
      const before = alive.slice(0, i).filter((b) => a.first <= b.last && b.first <= a.last)
      const fits = (start: number) =>
        before.every((b) => start + (a.end - a.start) <= b.start || Math.ceil(b.end / 64) * 64 <= start)
      for (let start = 0; start < a.start; start += 64) if (fits(start)) t.fail(`${round}: room at ${start}`)
    }
    planned += bytes
    needed += planSequence(offsets.keys()).bytes
  }
  t.ok(planned < needed, `${planned} bytes planned for ${needed}`)
})

t.test('a set of spans is that of their addresses', async (t) => {
  const random = randomWords(7)
  for (let round = 0; round < 100; round++) {
    const spans = new Spans()
    const taken = new Set<number>()
    for (let i = 0; i < 12; i++) {
      const start = random() % 40
      const end = start + (random() % 6)
      const meets = Array.from({ length: end - start }, (_, at) => start + at).some((at) => taken.has(at))
      if (end > start && spans.meets(start, end) !== meets) t.fail(`round ${round}: ${start} to ${end}`)
      let after = start
      while (after < 50 && !taken.has(after)) after++
      while (taken.has(after)) after++
      if (meets && spans.endOfMeeting(start, end) !== after) t.fail(`round ${round}: end after ${start}`)
      spans.add(start, end)
      for (let at = start; at < end; at++) taken.add(at)
    }
  }
  const spans = new Spans()
  spans.add(1, 3)
  spans.clear()
  t.notOk(spans.meets(0, 9))
})

t.test('persistent buffers are not planned as transient ones', async (t) => {
  const program = new ProgramBuilder('test')
  const x = createTensor('parameter', 'x', [4])
  const y = createTensor('transient', 'y', [4])
  program.emit(copy, { x, y, count: 4 })
  t.same([...planTransients(program).offsets.keys()], [y.buffer])
})
