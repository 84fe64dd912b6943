import t from 'tap'
import { controlCharacters, emptyEnvironment, runCli } from './run-cli.js'

t.test('inspect prints model, program, cost and memory', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout, stderr } = await runCli(['inspect', '--hidden', '32', '--batch', '16'], env)
  t.equal(code, 0)
  t.equal(stderr, '')
  t.notMatch(stdout, controlCharacters)
  t.match(stdout, /^25450 parameters$/m)
  t.match(stdout, /^training step, batch 16: \d+ instructions, [\d.]+ MFLOP/m)
  t.match(stdout, /^\d+ +dense_1 +gemm .*m=16 n=32 k=784/m)
  t.match(stdout, /^[\d.]+ kFLOP a sample$/m)
  t.match(stdout, /^memory: 102 kB parameters, 102 kB state, /m)
  t.match(stdout, /^dense_1\/kernel +parameter +100 kB +\d+\.\.\d+$/m)
})

t.test('inspect --json holds the same as data', async (t) => {
  const { env } = await emptyEnvironment(t)
  const options = ['--hidden', '8', '--batch', '4', '--dropout', '0', '--momentum', '0', '--json']
  const { code, stdout } = await runCli(['inspect', ...options, '--standardise'], env)
  t.equal(code, 0)
  const { program, memory, parameters, flops, model } = JSON.parse(stdout)
  t.equal(model.layers.length, 3)
  t.same(parameters[0], { name: 'dense_1/kernel', shape: [784, 8] })
  const gemm = program.instructions.find(
    ({ instruction, from }: { instruction: string; from: string }) =>
      instruction === 'gemm' && from === 'dense_1',
  )
  t.match(gemm.arguments, {
    m: 4,
    n: 8,
    k: 784,
    b: { buffer: 'dense_1/kernel', type: 'f32', shape: [784, 8] },
  })
  t.equal(program.instructions[0].arguments.mean.buffer, 'mean', '--standardise reaches the program')
  t.ok(flops > 2 * 2 * 4 * 784 * 8, 'at least forward and weight gradient of the first layer')
  t.ok(memory.transient <= memory.transientUnshared + 64 * memory.buffers.length)

  interface Placed {
    kind: string
    bytes: number
    offset: number
    first: number
    last: number
  }
  const placed: Placed[] = memory.buffers.filter(({ kind }: Placed) => kind === 'transient')
  for (const [i, a] of placed.entries()) {
    for (const b of placed.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last
      const overlap = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes
      t.notOk(together && overlap, 'no two live buffers share memory')
    }
  }
})
