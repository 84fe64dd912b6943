import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { checkError, controlCharacters, emptyEnvironment, runCli, startCli } from './run-cli.js'

const quick = '--windows 2 --seconds 0.005'.split(' ')

interface Figures {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly ratio: number
}

t.test('bench measures the benchmarks and engines that are named', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const svg = join(folder, 'bench.svg')
  const named = ['--only', 'w1,gemm-64,relu', '--engines', 'threads,double,simd,js', '--threads', '2']
  const args = ['bench', ...named, '--json', '--svg', svg, ...quick]
  const { code, stdout, stderr } = await runCli(args, env)
  t.equal(code, 0)
  t.match(
    stderr,
    /^relu: js [\d.]+[kMG]?, double [\d.]+[kMG]?, simd [\d.]+[kMG]?, threads [\d.]+[kMG]?$/m,
    'a line for each benchmark',
  )
  const report = JSON.parse(stdout)
  t.match(report, { windows: 2, seconds: 0.005, complete: true, unavailable: [] })
  t.match(report.machine, { cores: Number, runtime: `Node ${process.versions.node}` })
  t.same(
    report.engines.map(({ name, threads }: { name: string; threads: number }) => [name, threads]),
    [
      ['js', 1],
      ['double', 1],
      ['simd', 1],
      ['threads', 2],
    ],
    'from js on',
  )
  t.same(
    report.results.map(({ id, group, unit }: { id: string; group: string; unit: string }) => [
      ...[id, group, unit],
    ]),
    [
      ['gemm-64', 'gemm', 'FLOP'],
      ['relu', 'kernels', 'elements'],
      ['W1', 'training', 'samples'],
    ],
  )
  for (const { id, engines } of report.results) {
    t.same(Object.keys(engines), ['js', 'double', 'simd', 'threads'])
    const { js } = engines as Record<string, Figures>
    t.equal(js!.ratio, 1)
    for (const [name, { median, least, most, ratio }] of Object.entries(engines as Record<string, Figures>)) {
      t.ok(0 < least && least <= median && median <= most, `${id} on ${name}`)
      t.ok(ratio >= least / js!.most && ratio <= most / js!.least, `${id} on ${name}: ratio`)
    }
  }
  const picture = await readFile(svg, 'utf8')
  t.match(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  for (const text of ['gemm-64', 'relu', 'W1', 'simd']) t.match(picture, text)
})

t.test('bench prints tables, and names the machine and the method', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout } = await runCli(['bench', '--only', 'copy', '--engines', 'js,simd', ...quick], env)
  t.equal(code, 0)
  t.notMatch(stdout, controlCharacters)
  t.match(stdout, new RegExp(`^.*cores?, Node ${process.versions.node}, `))
  t.match(stdout, /^medians of 2 windows of 0.005 s \(training\) and 0.001 s/m)
  t.match(stdout, /^kernels, elements\/s +js +simd +spread$/m)
  t.match(stdout, /^copy, 128 x 512 +[\d.]+[MG] +[\d.]+[MG] [\d.]+x +\d+%$/m)
})

t.test('bench --profile prints where a step spends its time', async (t) => {
  const { env } = await emptyEnvironment(t)
  const args = ['bench', '--profile', 'w1', '--engines', 'simd', ...quick]
  const { code, stdout } = await runCli(args, env)
  t.equal(code, 0)
  t.match(stdout, /^W1 MLP 784-128-10 relu, SGD, batch 32: a training step, instruction by instruction/m)
  t.match(stdout, /^2 +dense_1 +gemm +[\d.]+ +[\d.]+% +[\d.]+G +[\d.]+[MG]$/m)
  t.match(stdout, /^one by one [\d.]+ us; a whole step [\d.]+ us/m)
  const { profiles, workload } = JSON.parse((await runCli([...args, '--json'], env)).stdout)
  t.equal(workload.id, 'W1')
  t.match(profiles, [{ engine: 'simd', threads: 1, sum: Number, instructions: [{ from: 'batch' }] }])
})

t.test('bench stops on Ctrl-C and prints what it has', async (t) => {
  const { env } = await emptyEnvironment(t)
  const running = startCli(['bench', '--only', 'fill,copy,W1', '--engines', 'simd', '--seconds', '0.3'], env)
  await running.saw('copy: ')
  running.process.kill('SIGINT')
  const { code, stdout, stderr } = await running.finished
  t.equal(code, 130)
  t.match(stderr, 'Stopping after this window')
  t.match(stdout, /^copy, 128 x 512 /m)
  t.match(stdout, /^Stopped before the end/m)
  t.notMatch(stdout, 'W1 MLP')
})

t.test('options that are wrong are named', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const wrong: [string[], number, RegExp][] = [
    [['--only', 'W1,nothing'], 2, /--only: there is no benchmark 'nothing'; known are the groups gemm/],
    [['--only', ','], 2, /--only <names>.*Expected gemm, kernels, training or ids/],
    [['--engines', 'abacus'], 2, /--engines <names>.*Expected some of js, double/],
    [['--windows', '0'], 2, /--windows <number>.*whole number from 1 up/],
    [['--seconds', '0'], 2, /--seconds <seconds>.*number from 0.001 up/],
    [['--profile', 'W77'], 2, /--profile \[workload\].*Expected one of W1, W2/],
    [['--profile', 'W1', '--only', 'W1'], 2, /--only does not go with --profile/],
    [['--profile', 'W1', '--svg', 'x.svg'], 2, /--svg does not go with --profile/],
    [['--only', 'copy', '--svg', join(folder, 'none', 'x.svg')], 1, /x\.svg: cannot be written/],
  ]
  for (const [args, code, message] of wrong) {
    checkError(t, await runCli(['bench', ...args], env), code, message)
  }
})
