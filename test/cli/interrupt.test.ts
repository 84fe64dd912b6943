import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { emptyEnvironment, runCli, startCli } from './run-cli.js'

const endless = ['--data', 'digits', '--limit', '500', '--hidden', '64', '--epochs', '1000000']

t.test('Ctrl-C ends training after the step at hand: it reports and saves', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.safetensors')
  const running = startCli(['train', ...endless, '--save', file], env)
  await running.saw('epoch 1/')
  running.process.kill('SIGINT')
  const { code, stdout, stderr } = await running.finished
  t.equal(code, 130)
  t.equal(stderr, 'Stopping after this step; Ctrl-C again ends at once.\n')
  t.match(stdout, /^speed .* stopped by Ctrl-C$/m)
  t.match(stdout, /^built-in digits \(synthetic\): accuracy/m)
  t.same((await readdir(folder)).sort(), ['model.safetensors'], 'the whole file and nothing else')
  const evaluated = await runCli(['eval', file, '--limit', '500', '--json'], env)
  t.equal(evaluated.code, 0)
  t.match(stdout, `SHA-256 ${JSON.parse(evaluated.stdout).sha256}`)
})

t.test('Ctrl-C within an epoch says how far it came', async (t) => {
  const { env } = await emptyEnvironment(t)
  // A second an epoch; the first line says that the second epoch has begun.
  const slow = ['--hidden', '512', '--batch', '1', '--engine', 'js']
  const running = startCli(['train', ...endless, ...slow, '--json'], env)
  await running.saw('epoch 1/')
  running.process.kill('SIGINT')
  const { code, stdout, stderr } = await running.finished
  t.equal(code, 130)
  t.match(stderr, /^epoch \d+\/1000000 .* stopped after [\d,]+ steps?$/m)
  const result = JSON.parse(stdout)
  t.equal(result.interrupted, true)
  t.ok(result.history.length > 1)
  t.match(result.history.at(-1), { complete: false, validation: null })
})

t.test('a second Ctrl-C ends at once, without a report', async (t) => {
  const { env } = await emptyEnvironment(t)
  const running = startCli(['train', ...endless, '--json'], env)
  await running.saw('epoch 1/')
  running.process.kill('SIGINT')
  running.process.kill('SIGINT')
  const { code } = await running.finished
  t.equal(code, 130)
})
