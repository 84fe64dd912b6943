import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { writeSealed } from '../../src/formats/seal.js'
import { checkError, controlCharacters, emptyEnvironment, runCli, tiny } from './run-cli.js'

t.test('eval measures a saved model as train did', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  for (const standardise of [[], ['--standardise']]) {
    const file = join(folder, 'model.safetensors')
    const trained = await runCli(['train', ...tiny, ...standardise, '--save', file, '--json'], env)
    const expected = JSON.parse(trained.stdout)
    for (const engine of ['simd', 'js']) {
      const { code, stdout } = await runCli(
        ['eval', file, '--limit', '100', '--engine', engine, '--json'],
        env,
      )
      t.equal(code, 0)
      const found = JSON.parse(stdout)
      t.equal(found.engine.name, engine)
      t.equal(found.data.name, 'built-in digits (synthetic)')
      t.equal(found.sha256, expected.sha256)
      t.same(found.test, expected.test)
    }
  }
})

t.test('eval prints a report', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.safetensors')
  await runCli(['train', ...tiny, '--save', file], env)
  const { code, stdout, stderr } = await runCli(['eval', file, '--data', 'digits', '--limit', '60'], env)
  t.equal(code, 0)
  t.equal(stderr, '')
  t.notMatch(stdout, controlCharacters)
  t.match(stdout, /^built-in digits \(synthetic\): accuracy [\d.]+%, loss [\d.]+ on 60 samples$/m)
  t.match(stdout, /^top-3 accuracy [\d.]+%, expected calibration error [\d.]+%$/m)
  t.match(stdout, /^dense_1 /m)
  t.match(stdout, /^weights {4}SHA-256 [0-9a-f]{64}$/m)
})

t.test('top-3 accuracy and calibration agree with the accuracy and the confusion matrix', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.safetensors')
  await runCli(['train', ...tiny, '--epochs', '10', '--save', file], env)
  const { stdout } = await runCli(['eval', file, '--limit', '100', '--json'], env)
  const { accuracy, top3, calibration } = JSON.parse(stdout).test
  t.ok(top3 > accuracy && top3 <= 1, `${top3} of the labels are among three, ${accuracy} are the first`)
  const bins: { count: number; accuracy: number; confidence: number }[] = calibration.bins
  const filled = bins.filter(({ count }) => count > 0)
  const mean = (value: (bin: (typeof bins)[number]) => number) =>
    filled.reduce((sum, bin) => sum + bin.count * value(bin), 0) / 100
  const near = (found: number, wanted: number) =>
    t.ok(Math.abs(found - wanted) < 1e-9, `${found} ~ ${wanted}`)
  near(
    mean((bin) => bin.accuracy),
    accuracy,
  )
  near(
    mean((bin) => Math.abs(bin.accuracy - bin.confidence)),
    calibration.error,
  )
})

t.test('a model is measured with the loss that it was trained with', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.safetensors')
  const options = ['--loss', 'meanSquaredError', '--learning-rate', '0.01', '--save', file, '--json']
  const trained = await runCli(['train', ...tiny, ...options], env)
  const measured = await runCli(['eval', file, '--limit', '100', '--json'], env)
  t.same(JSON.parse(measured.stdout).test, JSON.parse(trained.stdout).test)
})

t.test('files that are no models, or damaged, are named', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const file = join(folder, 'model.safetensors')
  await runCli(['train', ...tiny, '--save', file], env)
  const good = await readFile(file)
  const fails = async (bytes: Uint8Array, message: RegExp) => {
    const bad = join(folder, 'bad.safetensors')
    await writeFile(bad, bytes)
    checkError(t, await runCli(['eval', bad], env), 1, message)
  }
  await fails(new Uint8Array(0), /bad\.safetensors: byte 0: .* found a file of 0 bytes/)
  await fails(
    new TextEncoder().encode('not a model at all'),
    /bad\.safetensors: byte 0: expected a safetensors/,
  )
  await fails(good.subarray(0, good.length - 4), /bad\.safetensors: byte 8: .* data_offsets within the/)
  const flipped = Uint8Array.from(good)
  flipped[good.length - 3]! ^= 1
  await fails(flipped, /bad\.safetensors: the file is damaged: expected the SHA-256 [0-9a-f]{64}/)

  const { tensors, metadata } = readSafetensors(good, file)
  await fails(writeSafetensors({ tensors, metadata: {} }), /field lanegrad\.model .* found none/)
  const model = '{"input": [28, 28], "layers": [{"type": "conv"}]}'
  await fails(
    await writeSealed({ tensors, metadata: { ...metadata, 'lanegrad.model': model } }),
    /bad\.safetensors: layer 1: type should be one of/,
  )
  await fails(
    await writeSealed({ tensors, metadata: { ...metadata, 'lanegrad.model': '{' } }),
    /expected JSON in lanegrad\.model/,
  )
  await fails(
    await writeSealed({ tensors, metadata: { ...metadata, 'lanegrad.loss': '"hinge"' } }),
    /bad\.safetensors: loss should be one of/,
  )
  const fewer = new Map([...tensors].slice(1))
  await fails(
    await writeSealed({ tensors: fewer, metadata }),
    /the model has the arrays .*, but the file holds/,
  )
  await fails(
    await writeSealed({ tensors, metadata: { ...metadata, 'lanegrad.data': 'cifar' } }),
    /the model was trained on 'cifar', expected one of mnist/,
  )
  checkError(t, await runCli(['eval', join(folder, 'none')], env), 1, /none: there is no such file/)
  checkError(t, await runCli(['eval', folder], env), 1, /expected a file, found a folder/)
})
