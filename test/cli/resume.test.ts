import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { writeIdx } from '../../src/data/idx.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { randomIntegers } from '../support/random.js'
import { checkError, emptyEnvironment, runCli, startCli, tiny } from './run-cli.js'

const recipe = [
  ...['train', ...tiny, '--holdout', '0.2', '--optimizer', 'adam', '--augment', '{"shift":1}'],
  ...['--learning-rate', '{"type":"reduceOnPlateau","start":0.01,"patience":0}', '--seed', '5'],
]

t.test('a run that is resumed, on any engine, ends with the bits of one that never stopped', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  for (const { more, epochs } of [
    { more: [], epochs: 5 },
    // The best is epoch 3, beyond the two of the run that is resumed.
    { more: ['--early-stopping', '1'], epochs: 4 },
  ]) {
    const file = join(folder, 'run.checkpoint')
    const log = join(folder, 'run.jsonl')
    const train = async (...options: string[]) => {
      const { code, stdout, stderr } = await runCli([...recipe, ...more, ...options, '--json'], env)
      t.equal(code, 0, stderr)
      return JSON.parse(stdout)
    }
    const whole = await train('--epochs', '5')
    t.equal(whole.history.length, epochs)
    const first = await train('--epochs', '2', '--checkpoint', file, '--log', log)
    t.same(first.checkpoint, { file, epochs: 2 })
    t.not(first.sha256, whole.sha256)
    const resumed = await train(
      ...['--epochs', '5', '--engine', 'js', '--resume', file],
      ...['--checkpoint', file, '--log', log],
    )
    t.equal(resumed.sha256, whole.sha256)
    t.equal(resumed.history.length, epochs)
    t.equal((await readFile(log, 'utf8')).split('\n').length, epochs + 1, 'a log of all epochs')
    const again = await train('--epochs', '5', '--resume', file)
    t.equal(again.sha256, whole.sha256, 'nothing is left to be done')
    t.same((await readdir(folder)).sort(), ['run.checkpoint', 'run.jsonl'], 'no other file is left')
  }
})

t.test(
  'a checkpoint of a resumption that had nothing left to do is as good as the one it came from',
  async (t) => {
    const { env, folder } = await emptyEnvironment(t)
    const file = join(folder, 'a.ck')
    const train = async (...options: string[]) => {
      const { code, stdout, stderr } = await runCli(
        [...recipe, '--early-stopping', '9', ...options, '--json'],
        env,
      )
      t.equal(code, 0, stderr)
      return JSON.parse(stdout).sha256
    }
    const whole = await train('--epochs', '5')
    await train('--epochs', '3', '--checkpoint', file)
    await train('--epochs', '3', '--resume', file, '--checkpoint', file)
    t.equal(await train('--epochs', '5', '--resume', file), whole)
  },
)

t.test('resuming is bound to the samples and to the arithmetic', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const { family, files } = await tinyMnist(folder)
  const file = join(folder, 'run.checkpoint')
  const args = [
    'train',
    '--data',
    'mnist',
    '--data-dir',
    family,
    ...'--hidden 4 --epochs 1 --json'.split(' '),
  ]
  t.equal((await runCli([...args, '--checkpoint', file], env)).code, 0)
  const resume = (...options: string[]) => runCli([...args, '--resume', file, ...options], env)
  t.equal((await resume()).code, 0)
  checkError(t, await resume('--engine', 'relaxed'), 1, /arithmetic was "exact" there and is "relaxed" here/)
  const images = await readFile(files.images)
  await writeFile(
    files.images,
    images.map((byte, i) => (i < 16 ? byte : 255 - byte)),
  )
  checkError(t, await resume(), 1, /data\.sha256\.train was "[0-9a-f]+\.\.\. there and is /)
})

/** A folder of four files with MNIST's names: 40 images of noise to train on, 10 to test on. */
async function tinyMnist(folder: string) {
  const family = join(folder, 'data')
  await mkdir(family)
  const integers = randomIntegers(3)
  const write = async (part: string, count: number) => {
    const pixels = Uint8Array.from({ length: count * 784 }, () => integers(0, 255))
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10)
    const images = join(family, `${part}-images-idx3-ubyte`)
    await writeFile(images, writeIdx({ shape: [count, 28, 28], data: pixels }))
    await writeFile(join(family, `${part}-labels-idx1-ubyte`), writeIdx({ shape: [count], data: labels }))
    return images
  }
  await write('t10k', 10)
  return { family, files: { images: await write('train', 40) } }
}

t.test('Ctrl-C leaves the checkpoint of the last whole epoch, from which the same bits follow', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'run.checkpoint')
  const slow = ['--data', 'digits', '--limit', '500', '--hidden', '256', '--batch', '4', '--engine', 'js']
  const running = startCli(['train', ...slow, '--epochs', '1000', '--checkpoint', file, '--json'], env)
  await running.saw('epoch 1/')
  running.process.kill('SIGINT')
  const { code, stdout } = await running.finished
  t.equal(code, 130)
  const { checkpoint, history } = JSON.parse(stdout)
  t.ok(checkpoint.epochs >= 1)
  t.equal(checkpoint.epochs, history.filter(({ complete }: { complete: boolean }) => complete).length)
  const quick = [...slow.slice(0, -2), '--epochs', String(checkpoint.epochs + 1), '--json']
  const whole = await runCli(['train', ...quick], env)
  const resumed = await runCli(['train', ...quick, '--resume', file], env)
  t.equal(JSON.parse(resumed.stdout).sha256, JSON.parse(whole.stdout).sha256)
})

t.test('checkpoints of another run, and files that are none or damaged, are refused by name', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'run.checkpoint')
  const model = join(folder, 'model.safetensors')
  t.equal((await runCli([...recipe, '--checkpoint', file, '--save', model], env)).code, 0)
  const fails = async (from: string, options: string[], code: number, message: RegExp) =>
    checkError(t, await runCli([...recipe, '--resume', from, ...options], env), code, message)
  const differs = (where: string) =>
    new RegExp(`run\\.checkpoint: the run that wrote it .*: ${where} here\\.`)
  await fails(file, ['--hidden', '9'], 1, differs('model\\.layers\\.1\\.units was 8 there and is 9'))
  await fails(file, ['--batch', '32'], 1, differs('batch was 16 there and is 32'))
  await fails(file, ['--optimizer', 'sgd'], 1, differs('optimizer\\.type was "adam" there and is "sgd"'))
  await fails(file, ['--augment', '{"shift":2}'], 1, differs('augment\\.shift was 1 there and is 2'))
  await fails(
    file,
    ['--early-stopping', '2'],
    1,
    differs('earlyStopping was null there and is {"patience":2}'),
  )
  await fails(file, ['--limit', '90'], 1, differs('data\\.train was 80 there and is 72'))
  await fails(file, ['--epochs', '1'], 2, /--epochs should be at least the 2 that .*run\.checkpoint has/)
  await fails(model, [], 1, /model\.safetensors: byte 8: expected the fields lanegrad\.checkpoint and/)
  await fails(join(folder, 'none'), [], 1, /none: there is no such file/)
  const bad = join(folder, 'bad.checkpoint')
  const good = await readFile(file)
  const flipped = Uint8Array.from(good)
  flipped[good.length - 3]! ^= 1
  await writeFile(bad, flipped)
  await fails(bad, [], 1, /bad\.checkpoint: the file is damaged: expected the SHA-256 [0-9a-f]{64}/)
  const { tensors, metadata } = readSafetensors(good, file)
  const edited = metadata['lanegrad.checkpoint']!.replace('"epoch":2', '"epoch":1')
  await writeFile(
    bad,
    writeSafetensors({ tensors, metadata: { ...metadata, 'lanegrad.checkpoint': edited } }),
  )
  await fails(bad, [], 1, /the file is damaged/)
  t.equal((await runCli(['eval', file], env)).code, 1, 'a checkpoint is no model')
  checkError(
    t,
    await runCli([...recipe, '--checkpoint', join(folder, 'none', 'a')], env),
    1,
    /cannot be written: there is no folder .*none/,
  )
})
