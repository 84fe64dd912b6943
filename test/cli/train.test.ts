import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readSafetensors } from '../../src/formats/safetensors.js'
import { checkError, controlCharacters, emptyEnvironment, runCli, tiny } from './run-cli.js'

t.test('train reports epochs, test results, confusion matrix, speed, engine and fingerprint', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout, stderr } = await runCli(['train', ...tiny], env)
  t.equal(code, 0)
  t.equal(stderr, '')
  t.notMatch(stdout, controlCharacters)
  t.match(
    stdout,
    /^data {7}built-in digits \(synthetic\): 95 to train on, 5 for validation, 100 to test on$/m,
  )
  const epoch = (n: number) =>
    new RegExp(
      `^epoch ${n}/2 {2}loss \\d+\\.\\d{4}, accuracy [\\d.]+% {2}validation loss \\d+\\.\\d{4}, accuracy [\\d.]+% {2}[\\d,]+ samples/s, [\\d.]+ s$`,
      'm',
    )
  t.match(stdout, epoch(1))
  t.match(stdout, epoch(2))
  t.match(stdout, /^built-in digits \(synthetic\): accuracy [\d.]+%, loss [\d.]+ on 100 samples$/m)
  t.match(stdout, /^speed {6}[\d,]+ samples\/s/m)
  t.match(stdout, /^engine {5}(threads|simd|js): /m)
  t.match(stdout, /^weights {4}SHA-256 [0-9a-f]{64}$/m)
  const matrix = stdout.split('\n').filter((line) => /^\d( +\d+){11} /.test(line))
  t.equal(matrix.length, 10, 'a row for each class')
  const counts = matrix.map((line) => line.split(/ +/).slice(1, 12).map(Number))
  for (const row of counts)
    t.equal(
      row.slice(0, 10).reduce((a, b) => a + b),
      row[10],
      'counts add up',
    )
})

t.test('--json prints one object and nothing else on standard output', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout, stderr } = await runCli(['train', ...tiny, '--json'], env)
  t.equal(code, 0)
  t.match(stderr, /^epoch 2\/2 /m)
  t.equal(stdout.split('\n').length, 2, 'one line')
  const result = JSON.parse(stdout)
  t.match(result, {
    data: { name: 'built-in digits (synthetic)', synthetic: true, folder: null },
    epochs: 2,
    interrupted: false,
    saved: null,
    sha256: /^[0-9a-f]{64}$/,
  })
  t.same([result.data.train, result.data.validation, result.data.test], [95, 5, 100])
  t.equal(result.history.length, 2)
  t.ok(result.samplesPerSecond > 0)
  const counts: number[][] = result.test.confusion
  const right = counts.reduce((sum, row, label) => sum + row[label]!, 0)
  t.equal(right / 100, result.test.accuracy, 'accuracy is the diagonal')
  t.equal(result.test.classes.length, 10)
})

t.test('the same seed gives the same weights, on every engine; another seed gives others', async (t) => {
  const { env } = await emptyEnvironment(t)
  const sha256 = async (...options: string[]) => {
    const { stdout } = await runCli(['train', ...tiny, '--standardise', '--json', ...options], env)
    const { engine, sha256 } = JSON.parse(stdout)
    return { engine: engine.name, sha256 }
  }
  const [first, again, js, other] = await Promise.all([
    ...[sha256('--engine', 'simd'), sha256('--engine', 'simd')],
    ...[sha256('--engine', 'js'), sha256('--seed', '2')],
  ])
  t.equal(first!.engine, 'simd')
  t.equal(js!.engine, 'js')
  t.equal(again!.sha256, first!.sha256)
  t.equal(js!.sha256, first!.sha256)
  t.not(other!.sha256, first!.sha256)
})

t.test('every option reaches training', async (t) => {
  const { env } = await emptyEnvironment(t)
  const sha256 = async (options: string) => {
    const args = ['train', ...tiny, '--engine', 'simd', '--json', ...options.split(' ')]
    const { code, stdout, stderr } = await runCli(args, env)
    t.equal(code, 0, `${options} ${stderr}`)
    return JSON.parse(stdout).sha256
  }
  const options = [
    ...['--seed 1', '--hidden 8,8', '--activation tanh', '--activation {"leakyRelu":0.1}', '--dropout 0'],
    ...['--init heNormal', '--init {"type":"normal","deviation":0.05}', '--epochs 1', '--batch 32'],
    ...['--batch full', '--learning-rate 0.05', '--momentum 0.5', '--nesterov', '--weight-decay 0.01'],
    ...['--standardise', '--holdout 0', '--limit 120'],
  ]
  const found = await Promise.all(options.map(sha256))
  t.equal(new Set(found).size, options.length, 'each gives other weights')
  t.equal(await sha256('--learning-rate 0.1'), found[0], 'a default said aloud changes nothing')
})

t.test('a model from a JSON file is trained', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.json')
  const layers = [{ type: 'flatten' }, { type: 'dense', units: 10 }]
  await writeFile(file, JSON.stringify({ input: [28, 28], layers }))
  const options = ['--data', 'digits', '--limit', '100', '--epochs', '1', '--model', file, '--json']
  const { code, stdout } = await runCli(['train', ...options], env)
  t.equal(code, 0)
  t.same(JSON.parse(stdout).model, { input: [28, 28], seed: 1, layers })
})

t.test('model files that are not right are refused by name', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.json')
  const fails = async (content: string, message: RegExp) => {
    await writeFile(file, content)
    const result = await runCli(['train', '--data', 'digits', '--limit', '50', '--model', file], env)
    checkError(t, result, 1, message)
  }
  await fails('{"input"', /model\.json: expected JSON, found text that is not/)
  await fails('[]', /model\.json: model: it should be an object/)
  await fails('{"input": [28, 28], "layers": [{"type": "dense", "units": 0}]}', /model\.json: dense_1: units/)
  checkError(
    t,
    await runCli(['train', '--model', join(folder, 'none.json')], env),
    1,
    /none\.json: there is no/,
  )
  checkError(t, await runCli(['train', '--model', folder], env), 1, /expected a file, found a folder/)
})

t.test('a model that does not fit the data is refused with both shapes', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.json')
  await writeFile(file, '{"input": [9], "layers": [{"type": "dense", "units": 10}]}')
  const options = ['--data', 'digits', '--limit', '50', '--model', file]
  const { code, stderr } = await runCli(['train', ...options], env)
  t.equal(code, 1)
  t.match(stderr, /^error: built-in digits .* takes samples of shape \[9\], found \[28, 28\]\.\n$/)
})

t.test('without files and network the built-in digits stand in, and it says so', async (t) => {
  const { env } = await emptyEnvironment(t)
  const options = ['--no-download', '--limit', '100', '--hidden', '8', '--epochs', '1']
  const { code, stdout, stderr } = await runCli(['train', ...options], env)
  t.equal(code, 0)
  t.match(stderr, /^note: MNIST: .* not found, and downloads are not allowed/)
  t.match(stderr, /^note: the built-in digits \(synthetic\) stand in for MNIST\.$/m)
  t.match(stdout, /^built-in digits \(synthetic\): accuracy/m)
  t.notMatch(stdout, /MNIST/)
  const asked = await runCli(['train', '--data', 'mnist', ...options], env)
  checkError(t, asked, 1, /not found, and downloads are not allowed/)
})

t.test('data that cannot be read are named', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const train = (dir: string) => runCli(['train', '--no-download', '--data-dir', dir], env)
  checkError(t, await train(join(folder, 'none')), 1, /none: cannot be opened as a folder: not found/)
  checkError(t, await train(folder), 1, /expected the four files of MNIST/)
  const file = join(folder, 'file')
  await writeFile(file, '')
  checkError(t, await train(file), 1, /file: expected a folder, found a file/)
})

t.test('where the model cannot be saved training does not begin', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const train = (file: string) => runCli(['train', ...tiny, '--save', file], env)
  checkError(t, await train(folder), 1, /expected a file to write to, found a folder/)
  checkError(
    t,
    await train(join(folder, 'none', 'a.safetensors')),
    1,
    /cannot be written: there is no folder .*none/,
  )
})

t.test(
  'training that diverges ends in one sentence; the weights of the last good epoch are saved',
  async (t) => {
    const { env, folder } = await emptyEnvironment(t)
    const file = join(folder, 'model.safetensors')
    const diverging = ['train', ...tiny, '--dropout', '0', '--learning-rate', '1e30', '--save', file]
    const early = await runCli(diverging, env)
    t.equal(early.code, 1)
    t.match(early.stderr, /^error: The loss became (NaN|Infinity) in epoch 1, step \d+; .*learning rate.*\n$/)
    t.notOk((await readdir(folder)).includes('model.safetensors'), 'no epoch was good, nothing is saved')

    const growing = '{"type":"stepDecay","start":0.1,"factor":1e30,"every":1}'
    const late = await runCli([...diverging, '--batch', 'full', '--learning-rate', growing], env)
    t.equal(late.code, 1)
    t.match(late.stderr, /^error: The validation loss became .* in epoch 2, step 1;/)
    const { tensors } = readSafetensors(await readFile(file), file)
    for (const { data } of tensors.values()) t.ok(data.every(Number.isFinite))
  },
)

t.test('a saved model is one whole file, and nothing is left beside it', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const out = join(folder, 'out')
  await mkdir(out)
  const file = join(out, 'model.safetensors')
  const train = (seed: string) => runCli(['train', ...tiny, '--seed', seed, '--save', file, '--json'], env)
  const first = await train('1')
  t.equal(JSON.parse(first.stdout).saved, file)
  const bytes = await readFile(file)
  await train('2')
  t.notSame(await readFile(file), bytes, 'another run replaces it')
  t.same(await readdir(out), ['model.safetensors'])
})
