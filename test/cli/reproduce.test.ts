import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readCheckpoint, writeCheckpoint } from '../../src/cli/checkpoint-file.node.js'
import { checkpointName, trainTask } from '../../src/cli/reproduce-task.node.js'
import { experimentOf, experiments } from '../../src/experiments/registry.js'
import { tasksOf } from '../../src/experiments/run.js'
import { taskExtra } from '../../src/experiments/train.js'
import { builtInDigits, mnist, writeIdx } from '../../src/index.js'
import { checkError, controlCharacters, emptyEnvironment, runCli, startCli } from './run-cli.js'

/** Generated digits in MNIST's place: a folder of IDX files. */
async function digitsAsMnist(t: Test, train = 120): Promise<{ env: NodeJS.ProcessEnv; out: string }> {
  const { env, folder } = await emptyEnvironment(t)
  const data = join(folder, 'data')
  await mkdir(data)
  for (const [name, set] of Object.entries(builtInDigits({ train, test: 40 }))) {
    const stem = join(data, name === 'train' ? 'train' : 't10k')
    await writeFile(`${stem}-images-idx3-ubyte`, writeIdx({ shape: [set.count, 28, 28], data: set.inputs }))
    await writeFile(`${stem}-labels-idx1-ubyte`, writeIdx({ shape: [set.count], data: set.targets }))
  }
  return { env: { ...env, LANEGRAD_DATA: data }, out: join(folder, 'studies') }
}

/** Times differ from run to run. */
const withoutTimes = (json: string) => json.replace(/"seconds":[\d.e-]+/g, '')

t.test('without an id it lists all experiments with what they show and how long they take', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout } = await runCli(['reproduce'], env)
  t.equal(code, 0)
  t.notMatch(stdout, controlCharacters)
  for (const { id, shows, study } of experiments) {
    const line = stdout.split('\n').find((line) => line.startsWith(`${id} `))
    t.ok(line?.endsWith(shows), id)
    t.match(line, / (\d+ s|\d+ min|[\d.]+ h) /)
    t.match(stdout, study.title)
  }
  const wanted =
    'lstm-units lstm-dropout softmax-vs-sigmoid lstm-vs-cnn mlp-width-depth own-digits feed-backward patch-rnn rows-rnn batch-size learning-rates hidden-sweep activations confusion'
  t.same(
    experiments.map(({ id }) => id),
    wanted.split(' '),
  )
})

t.test('reproduce and predict have help with examples and exit codes', async (t) => {
  const { env } = await emptyEnvironment(t)
  for (const command of ['reproduce', 'predict']) {
    const { code, stdout } = await runCli([command, '--help'], env)
    t.equal(code, 0)
    t.match(
      stdout,
      new RegExp(`^Usage: lanegrad ${command} .*\\nExamples:\\n {2}lanegrad .*\\nExit codes:\\n {2}0 `, 's'),
    )
  }
  t.notMatch((await runCli(['--help'], env)).stdout, 'reproduce-worker')
})

t.test('an experiment leaves results, a report of its own and an index', async (t) => {
  const { env, out } = await digitsAsMnist(t)
  const { code, stdout } = await runCli(
    ['reproduce', 'confusion', 'own-digits', '--quick', '--out', out],
    env,
  )
  t.equal(code, 0)
  t.match(stdout, /^confusion: The confusion matrix/m)
  const short = '30 of 100 epochs, 120 of 60,000 training samples, 40 of 10,000 test samples'
  t.match(stdout, `\n  shortened: ${short};`)
  t.match(stdout, /^ {2}.*, 12 of 40 epochs, seed 1: test accuracy/m)
  t.match(stdout, /^ {2}tanh, N\(0, 1\), seed 1: test accuracy [\d.]+%, [\d.]+ s, SHA-256 [0-9a-f]{16}$/m)
  t.match(stdout, /^ {2}done after .*; report: .*confusion\.html$/m)
  const markdown = await readFile(join(out, 'confusion.md'), 'utf8')
  t.match(markdown, '\nlanegrad reproduce confusion --quick\n')
  for (const [, link] of markdown.matchAll(/\]\(([^)]+\.svg)\)/g)) await access(join(out, link!))
  t.match(await readFile(join(out, 'confusion.html'), 'utf8'), /^<!doctype html>.*<svg /s)
  const index = await readFile(join(out, 'README.md'), 'utf8')
  for (const [, link] of index.matchAll(/\]\(([^)]+)\)/g)) await access(join(out, link!))
  t.match(index, '| [confusion](confusion.md) (shortened) |')
  t.notMatch(index, /\d (matched|better|worse)|\| (matched|within chance|better|worse)/)
  t.match(index, '| own digits right | 7 |')
  t.match(await readFile(join(out, 'index.html'), 'utf8'), '<a href="own-digits.html">')
})

t.test(
  'jobs give the same results as one after the other, and seeds are added to what is there',
  async (t) => {
    const { env, out } = await digitsAsMnist(t)
    const [one, two] = [join(out, '..', 'one'), join(out, '..', 'two')]
    const experiment = [
      'reproduce',
      'activations',
      '--quick',
      '--engine',
      'simd',
      '--only',
      'tanh,relu,sigmoid',
    ]
    t.equal((await runCli([...experiment, '--out', one], env)).code, 0)
    const seeds = await runCli([...experiment, '--seeds', '2', '--out', one], env)
    t.match(seeds.stdout, '6 trainings, 3 of them done before')
    t.equal((await runCli([...experiment, '--seeds', '2', '--jobs', '3', '--out', two], env)).code, 0)
    const results = await Promise.all(
      [one, two].map((folder) => readFile(join(folder, 'results', 'activations.json'), 'utf8')),
    )
    t.equal(withoutTimes(results[1]!), withoutTimes(results[0]!))
    const report = await readFile(join(two, 'activations.md'), 'utf8')
    t.match(
      report,
      /\| tanh, N\(0, 1\) \(9 of 30 [^|]+\) \| the study \| 0\.\d{4} \(0\.\d{4} to 0\.\d{4}\) \|/,
    )
    t.match(report, '--seeds 2 --only sigmoid,tanh,relu --quick --engine simd')
    t.equal((await runCli([...experiment, '--only', 'tanh', '--seeds', '3', '--out', two], env)).code, 0)
    t.match(
      await readFile(join(two, 'activations.md'), 'utf8'),
      '--seeds 2 --only sigmoid,tanh,relu --quick --engine simd\nlanegrad reproduce activations --seeds 3 --only tanh --quick --engine simd\n',
    )
  },
)

t.test('a run that was stopped goes on with what is not finished', async (t) => {
  const { env, out } = await digitsAsMnist(t, 700)
  const args = ['reproduce', 'batch-size', '--out', out, '--engine', 'simd', '--only', '250,full']
  t.match((await runCli([...args, '--no-train'], env)).stdout, 'no training of it is finished yet')
  t.same(await readdir(out), ['results'])
  const running = startCli(args, env)
  await running.saw('batch 250, rate 0.5, seed 1')
  running.process.kill('SIGINT')
  const stopped = await running.finished
  t.equal(stopped.code, 130)
  t.match(
    stopped.stderr,
    'Stopping; what is finished is kept, and of the rest all but half a minute or an epoch.',
  )
  t.match(stopped.stdout, /stopped after/)
  t.match(await readFile(join(out, 'batch-size.md'), 'utf8'), 'It was stopped early: trainings are missing.')
  t.notOk(
    (await readdir(join(out, 'results'))).some((name) => name !== 'batch-size.json'),
    'nothing half written',
  )
  const drawn = await runCli([...args, '--no-train'], env)
  t.equal(drawn.code, 0)
  t.match(drawn.stdout, /2 trainings, 1 of them done before\n {2}drawn after/)
  const resumed = await runCli(args, env)
  t.equal(resumed.code, 0)
  t.match(resumed.stdout, '2 trainings, 1 of them done before')
  t.notMatch(resumed.stdout, 'batch 250, rate 0.5, seed 1')
  t.match(resumed.stdout, 'full batch, rate 0.5, seed 1')
  t.notMatch(await readFile(join(out, 'batch-size.md'), 'utf8'), 'trainings are missing')
})

t.test('results of other options are kept, and drawn again when they are asked for', async (t) => {
  const { env, out } = await digitsAsMnist(t)
  const reproduce = async (...options: string[]) => {
    const args = ['reproduce', 'activations', '--only', 'tanh', '--out', out, ...options]
    const { code, stdout } = await runCli(args, env)
    t.equal(code, 0)
    const saved = JSON.parse(await readFile(join(out, 'results', 'activations.json'), 'utf8'))
    const report = await readFile(join(out, 'activations.md'), 'utf8')
    const index = await readFile(join(out, 'README.md'), 'utf8')
    return { stdout, results: saved.results, report, index }
  }
  const all = await reproduce('--engine', 'simd')
  const few = await reproduce('--engine', 'simd', '--limit', '60')
  t.notMatch(few.stdout, 'done before')
  t.same(few.results.slice(1), all.results)
  const [ofAll, ofFew] = [all, few].map(({ results }) => results[0].sha256)
  t.match(few.report, ofFew)
  t.notMatch(few.report, ofAll)
  t.not(few.index, all.index)
  const { stdout } = await reproduce('--quick', '--no-train')
  t.match(stdout, 'no training of it is finished yet with these options')
  const again = await reproduce('--no-train')
  t.match(again.stdout, '1 training, 1 of them done before')
  t.same(
    again.results.map(({ sha256 }: { sha256: string }) => sha256),
    [ofAll, ofFew],
  )
  t.match(again.report, ofAll)
  t.notMatch(again.report, ofFew)
  t.equal(again.index, all.index)
})

t.test('what another experiment has trained is not trained again', async (t) => {
  const { env, out } = await digitsAsMnist(t)
  const reproduce = async (id: string, only: string) => {
    const { code, stdout } = await runCli(['reproduce', id, '--only', only, '--out', out], env)
    t.equal(code, 0)
    const saved = JSON.parse(await readFile(join(out, 'results', `${id}.json`), 'utf8'))
    return { stdout, results: saved.results }
  }
  const units = await reproduce('lstm-units', '4')
  const shared = await reproduce('lstm-dropout', 'none')
  t.match(shared.stdout, '1 training, 1 of them done before')
  t.same(shared.results, [{ ...units.results[0], configuration: 'none' }])
  const other = await reproduce('lstm-dropout', 'last-state')
  t.notMatch(other.stdout, 'done before')
  t.equal(other.results.length, 2, 'the shared one stays')
  t.match(await readFile(join(out, 'lstm-dropout.md'), 'utf8'), units.results[0].sha256)
})

t.test('wrong names, missing data and damaged results end with a clear word', async (t) => {
  const { env, out } = await digitsAsMnist(t)
  const fails = async (args: string[], code: number, message: RegExp, other = env) =>
    checkError(t, await runCli(['reproduce', ...args, '--out', out], other), code, message)
  await fails(['lstm-unit'], 2, /There is no experiment 'lstm-unit'; did you mean lstm-units\?/)
  await fails(['confusion', 'hiden-sweep'], 2, /did you mean hidden-sweep\?/)
  await fails(
    ['confusion', '--only', 'tahn'],
    2,
    /--only: confusion has no configuration 'tahn'; did you mean tanh/,
  )
  await fails(['confusion', '--seeds', '0'], 2, /Expected a whole number of 1 to 100/)
  const { LANEGRAD_DATA: _, ...nowhere } = env
  await fails(['confusion', '--no-download'], 1, /MNIST/, nowhere)
  await fails(['confusion', '--data-dir', join(out, 'nowhere')], 1, /nowhere/)
  await mkdir(join(out, 'results'), { recursive: true })
  await writeFile(join(out, 'results', 'confusion.json'), '{"format":')
  const damaged = await runCli(['reproduce', 'confusion', '--quick', '--out', out], env)
  t.equal(damaged.code, 1)
  t.match(damaged.stderr, /confusion\.json: expected JSON/)
  await writeFile(join(out, 'results', 'confusion.json'), '{}')
  const other = await runCli(['reproduce', 'confusion', '--quick', '--out', out], env)
  t.match(other.stderr, /confusion\.json: expected the results of confusion/)
  await writeFile(join(out, '..', 'file'), '')
  const file = await runCli(['reproduce', 'confusion', '--out', join(out, '..', 'file')], env)
  t.match(file.stderr, /cannot be made a folder of reports/)
})

t.test(
  'an unfinished training is kept in a file, and goes on where it was, in another process too',
  async (t) => {
    const { env, out } = await digitsAsMnist(t)
    const args = ['reproduce', 'activations', '--out', out, '--only', 'tanh', '--engine', 'simd']
    const data = await mnist({ dir: env.LANEGRAD_DATA!, download: false })
    const [task] = tasksOf({
      experiment: experimentOf('activations'),
      seeds: 1,
      limits: null,
      only: ['tanh'],
    })
    const checkRefused = ({ code, stderr }: { code: number | null; stderr: string }, why: RegExp) => {
      t.equal(code, 1)
      t.match(stderr, /^error: .*activations\.tanh\.1\.\w+\.checkpoint: .* Remove the file to begin/)
      t.match(stderr, why)
    }
    const folder = join(out, 'results', 'unfinished')
    const file = join(folder, checkpointName(task!, data))
    const train = async (every: number) => {
      const controller = new AbortController()
      const onProgress = (share: number) => share > 0.5 && controller.abort()
      return await trainTask(
        task!,
        data,
        { engine: 'js' },
        file,
        { signal: controller.signal, onProgress },
        every,
      )
    }
    t.equal(await train(3600), null)
    await t.rejects(access(file), 'no hour has passed')
    t.equal(await train(0), null)
    const begun = await readFile(file)

    const resumed = await runCli(args, env)
    t.equal(resumed.code, 0, resumed.stderr)
    t.match(resumed.stdout, '1 training, 1 begun')
    t.same(await readdir(folder), [], 'its checkpoint is removed when the result is saved')
    const results = join(out, 'results', 'activations.json')
    const [first] = JSON.parse(await readFile(results, 'utf8')).results
    for (const jobs of ['1', '2']) {
      const whole = await runCli([...args, '--jobs', jobs, '--out', `${out}-${jobs}`], env)
      t.equal(whole.code, 0)
      const file = join(`${out}-${jobs}`, 'results', 'activations.json')
      const [result] = JSON.parse(await readFile(file, 'utf8')).results
      t.equal(withoutTimes(JSON.stringify(result)), withoutTimes(JSON.stringify(first)))
    }

    await rm(results)
    await writeFile(file, begun)
    const beside = await runCli([...args, '--jobs', '2'], env)
    t.match(beside.stdout, '1 training, 1 begun')
    const [again] = JSON.parse(await readFile(results, 'utf8')).results
    t.equal(again.sha256, first.sha256)

    await rm(results)
    const { checkpoint, ...saved } = await readCheckpoint(begun, file, taskExtra)
    const none = { ...checkpoint, tensors: new Map() }
    await writeFile(file, await writeCheckpoint({ ...saved, checkpoint: none }))
    checkRefused(await runCli(args, env), /the checkpoint has no array 'dense_1\/kernel'/)

    await writeFile(file, begun.subarray(0, begun.length - 1))
    for (const jobs of ['1', '2']) {
      checkRefused(await runCli([...args, '--jobs', jobs], env), /byte \d+|damaged/)
    }
    t.equal((await readFile(file)).length, begun.length - 1, 'it is not touched')
  },
)
