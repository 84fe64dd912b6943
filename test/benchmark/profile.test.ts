import t from 'tap'
import { profile } from '../../src/benchmark/profile.js'
import { benchmarkDigits } from '../../src/benchmark/run.js'
import { workloads } from '../../src/benchmark/workloads.js'

t.test('a profile names every instruction of the step', async (t) => {
  const workload = workloads.find(({ id }) => id === 'W1')!
  const found = await profile({ workload, data: benchmarkDigits(), engine: 'simd', seconds: 0.01 })
  const { instructions, steps, sum, step } = found!
  t.ok(steps >= 5)
  t.same(instructions[0]!.instruction, 'gatherBytes')
  t.ok(instructions.some(({ from, instruction }) => from === 'dense_1' && instruction === 'sgd'))
  t.ok(Math.abs(instructions.reduce((total, { share }) => total + share, 0) - 1) < 1e-9)
  t.ok(Math.abs(instructions.reduce((total, { seconds }) => total + seconds, 0) - sum) < 1e-9)
  t.ok(step.least <= step.median && step.median <= step.most)
})

t.test('a profile that is stopped at once has nothing to say', async (t) => {
  const workload = workloads.find(({ id }) => id === 'W1')!
  const signal = AbortSignal.abort()
  t.equal(await profile({ workload, data: benchmarkDigits(), engine: 'js', seconds: 1, signal }), null)
})
