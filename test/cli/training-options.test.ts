import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { checkError, emptyEnvironment, runCli, tiny } from './run-cli.js'

const models = fileURLToPath(new URL('../../../examples/models/', import.meta.url))
const cosine = '{"type":"cosineDecay","start":0.1,"steps":12}'

t.test('every option of training reaches the weights', async (t) => {
  const { env } = await emptyEnvironment(t)
  const sha256 = async (options: string) => {
    const { stdout, stderr } = await runCli(
      ['train', ...tiny, '--engine', 'simd', '--json', ...options.split(' ').filter(Boolean)],
      env,
    )
    t.match(stdout, /"sha256"/, `${options} ${stderr}`)
    return JSON.parse(stdout).sha256
  }
  const options = [
    ...['', '--optimizer rmsprop', '--optimizer adagrad', '--optimizer adam', '--optimizer adamw'],
    ...[
      '--optimizer adam --learning-rate 0.01',
      '--optimizer adam --weight-decay 0.1',
      `--learning-rate ${cosine}`,
    ],
    ...['--optimizer {"type":"adam","amsgrad":true}', '--optimizer {"type":"sgd"}'],
    ...['--loss meanSquaredError', '--loss {"type":"softmaxCrossEntropy","labelSmoothing":0.1}'],
    ...['--clip-norm 0.1', '--clip-value 0.01', '--augment {"shift":2,"rotate":10}', '--augment {"shift":2}'],
  ]
  const found = await Promise.all(options.map(sha256))
  t.equal(new Set(found).size, options.length, 'each gives other weights')
  const same = [
    '--optimizer sgd --momentum 0.9',
    '--optimizer {"type":"sgd","momentum":0.5} --momentum 0.9 --learning-rate 0.1',
    '--loss {"type":"softmaxCrossEntropy"}',
  ]
  for (const sha of await Promise.all(same.map(sha256))) t.equal(sha, found[0], 'a default said aloud')
  t.equal(await sha256('--optimizer adam --learning-rate 0.001'), found[3])
})

t.test('options that are not right are refused by name', async (t) => {
  const { env } = await emptyEnvironment(t)
  const cases: [string, RegExp][] = [
    [
      '--optimizer adamax',
      /^error: --optimizer: expected one of sgd, .* adamw, or the JSON .*found "adamax"/,
    ],
    [
      '--optimizer {"type":"adam","beta3":1}',
      /--optimizer: adam: unknown field 'beta3'; known are learningRate, beta1/,
    ],
    ['--optimizer {"type"', /'--optimizer <name>' argument '.*' is invalid\. Expected a name or JSON/],
    ['--optimizer rmsprop --momentum 0.5', /--momentum: rmsprop: unknown field 'momentum'/],
    [
      '--learning-rate {"type":"cosineDecay","start":1}',
      /--learning-rate: sgd: learningRate: cosineDecay: the field 'steps' is missing/,
    ],
    [
      '--learning-rate {"type":"cosine"}',
      /--learning-rate: sgd: learningRate should be a finite number from 0 up or a schedule: \{"type":"stepDecay", \.\.\.\}/,
    ],
    ['--learning-rate {', /'--learning-rate <number>' argument '{' is invalid\. Expected a number or JSON/],
    ['--loss hinge', /--loss: loss should be one of "softmaxCrossEntropy", .*found "hinge"/],
    [
      '--loss {"type":"softmaxCrossEntropy","labelSmoothing":2}',
      /--loss: .*labelSmoothing should be a number/,
    ],
    ['--clip-norm 0', /'--clip-norm <limit>' argument '0' is invalid\. Expected a number above 0/],
    ['--clip-value x', /'--clip-value <limit>' argument 'x' is invalid\. Expected a number above 0/],
    [
      '--clip-value 1 --clip-norm 1',
      /'--clip-value <limit>' cannot be used with option '--clip-norm <limit>'/,
    ],
    ['--augment 2', /'--augment <json>' argument '2' is invalid\. Expected a JSON object/],
    [
      '--augment {"shift":1.5}',
      /--augment: augment: shift should be a whole number from 0 to 127, found 1\.5/,
    ],
    ['--early-stopping 0', /'--early-stopping <epochs>' argument '0' is invalid\. Expected a whole number/],
    [
      '--early-stopping 2 --holdout 0',
      /--early-stopping watches the validation loss, so --holdout should be/,
    ],
    [
      '--holdout 0 --learning-rate {"type":"reduceOnPlateau","start":0.1}',
      /--learning-rate follows the validation loss here, so --holdout should be above 0/,
    ],
    ['--log run.txt', /--log: expected a name that ends in \.jsonl or \.csv, .*found run\.txt/],
  ]
  await Promise.all(
    cases.map(async ([options, message]) => {
      checkError(t, await runCli(['train', ...tiny, ...options.split(' ')], env), 2, message)
    }),
  )
})

t.test('early stopping ends training at the best epoch', async (t) => {
  const { env } = await emptyEnvironment(t)
  const file = join((await emptyEnvironment(t)).folder, 'model.safetensors')
  const options = [...tiny, '--epochs', '300', '--early-stopping', '2', '--holdout', '0.2', '--save', file]
  const { code, stdout } = await runCli(['train', ...options, '--json'], env)
  t.equal(code, 0)
  const { history, earlyStopping } = JSON.parse(stdout)
  t.same(earlyStopping, { patience: 2 })
  t.ok(history.length < 300, `${history.length} epochs`)
  const losses: number[] = history.map(({ validation }: { validation: { loss: number } }) => validation.loss)
  const best = losses.indexOf(Math.min(...losses))
  t.equal(history.length, best + 1 + 2)
  const shown = await runCli(['train', ...options], env)
  t.match(shown.stdout, new RegExp(`^best {7}epoch ${best + 1}, whose weights these are$`, 'm'))
})

t.test('the example models are trained', async (t) => {
  const { env } = await emptyEnvironment(t)
  const files = (await readdir(models)).filter((name) => name.endsWith('.json')).sort()
  t.same(files, ['averaged-rnn.json', 'cnn.json', 'gru.json', 'lstm.json', 'patch-rnn.json'])
  for (const name of files) {
    const file = join(models, name)
    const loss = name === 'averaged-rnn.json' ? ['--loss', 'averagedSoftmaxCrossEntropy'] : []
    const options = [...tiny, '--limit', '48', '--epochs', '1', '--model', file, ...loss, '--json']
    const hidden = options.indexOf('--hidden')
    options.splice(hidden, 2)
    const { code, stdout, stderr } = await runCli(['train', ...options], env)
    t.equal(code, 0, `${name} ${stderr}`)
    const { model, history } = JSON.parse(stdout)
    t.same(model.layers, JSON.parse(await readFile(file, 'utf8')).layers)
    t.equal(history.length, 1)
  }
})

t.test('inspect takes the same options', async (t) => {
  const { env } = await emptyEnvironment(t)
  const inspect = async (...options: string[]) =>
    (await runCli(['inspect', '--batch', '8', ...options], env)).stdout
  const dense = await inspect('--optimizer', 'adam', '--clip-norm', '1', '--augment', '{"shift":1}')
  t.match(dense, /^\d+ +augment +augment /m)
  t.match(dense, /^\d+ +dense_1 +clipNorm /m)
  t.match(dense, /^\d+ +dense_1 +adam /m)
  const averaged = ['--model', join(models, 'averaged-rnn.json'), '--loss', 'averagedSoftmaxCrossEntropy']
  t.match(await inspect(...averaged), /^\d+ +simpleRNN_1 +simpleRnn /m)
})
