/** Files of one's own: what is trained on them, measured and predicted, and what cannot be. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { zipSync } from 'fflate'
import t from 'tap'
import { ExitCode } from '../../src/cli/exit-codes.js'
import { createProgram, report } from '../../src/cli/program.node.js'
import { checkError, emptyEnvironment, type Finished, runCli } from './run-cli.js'

/** An npy file of bytes or float32. */
function npy(data: Uint8Array | Float32Array, shape: readonly number[]): Uint8Array {
  const type = data instanceof Uint8Array ? '|u1' : '<f4'
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`
  const start = new Uint8Array(10 + padded.length)
  start.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8])
  start.set(new TextEncoder().encode(padded), 10)
  return Uint8Array.of(...start, ...new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

/** Two kinds that their size tells apart, prices that follow it. */
const rows = Array.from({ length: 60 }, (_, i) => {
  const size = (i * 37) % 60
  return {
    size,
    colour: i % 3 === 0 ? 'red' : 'blue',
    price: 3 * size + 10,
    kind: size < 30 ? 'small' : 'large',
  }
})
const table = [
  'size,colour,price,kind',
  ...rows.map(({ size, colour, price, kind }) => `${size},${colour},${price},${kind}`),
].join('\n')

const light = { width: 4, height: 4, channels: 1 as const, data: new Uint8Array(16).fill(250) }
const dark = { ...light, data: new Uint8Array(16).fill(5) }

const short = '--hidden 8 --dropout 0 --engine simd'.split(' ')

/** What the commands print as JSON. */
const parsed = ({ stdout, stderr, code }: Finished) => {
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

/** How a command fails. */
async function failureOf(args: readonly string[]): Promise<{ code: ExitCode; message: string }> {
  try {
    await createProgram().parseAsync([...args], { from: 'user' })
    return { code: ExitCode.Done, message: 'nothing' }
  } catch (error) {
    return { code: report(error), message: (error as Error).message }
  }
}

t.test('a table of classes is learnt, measured and predicted with what its model file holds', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const [data, model, out] = ['t.csv', 'm.safetensors', 'p.csv'].map((name) => join(folder, name)) as [
    ...[string, string, string],
  ]
  await writeFile(data, table)
  const options = [
    '--data',
    data,
    '--target',
    'kind',
    '--ignore',
    'price',
    ...short,
    '--learning-rate',
    '0.03',
  ]
  const trained = await runCli(['train', ...options, '--save', model], env)
  t.equal(trained.code, 0, trained.stderr)
  t.match(trained.stdout, /^data +t\.csv: 48 to train on, 12 held out$/m)
  t.match(trained.stdout, /^epoch 100\/100 /m)
  t.match(trained.stdout, /^t\.csv, held out: accuracy (9\d|100)\.\d\d%/m)
  t.match(trained.stdout, /^large +\d+ +\d+ +\d+ +\d+\.\d\d%/m)
  const again = parsed(await runCli(['train', ...options, '--json'], env))
  t.match(trained.stdout, again.sha256, 'the same bits again')
  t.match(again.data.preparation.encoding.inputs[0], { type: 'number', column: 'size' })

  // Other columns, in another order, and without the target.
  await writeFile(join(folder, 'q.csv'), 'colour,more,size\nred,x,3\nblue,y,55\ngreen,y,1\n')
  const asked = await runCli(['predict', model, join(folder, 'q.csv')], env)
  t.match(asked.stdout, /q\.csv: line 2 +small +\d+\.\d+%\n.*line 3 +large .*\n.*line 4 +small /)
  t.match(asked.stderr, /note: .*q\.csv: 1 cell of a category that the model has never seen\./)
  const written = await runCli(['predict', model, join(folder, 'q.csv'), '--out', out], env)
  t.equal(written.stdout, '')
  t.match(await readFile(out, 'utf8'), /^file,of,predicted,large,small\n.*,line 2,small,[\d.e-]+,[\d.e-]+\n/)

  const evaluated = parsed(await runCli(['eval', model, '--data', data, '--json'], env))
  t.equal(evaluated.test.samples, 60)
  t.ok(evaluated.test.accuracy > 0.9)
})

t.test('numbers are learnt and predicted in their own unit', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const data = join(folder, 't.jsonl')
  const model = join(folder, 'm.safetensors')
  await writeFile(data, rows.map((row) => JSON.stringify(row)).join('\n'))
  const options = ['--data', data, '--target', 'price', '--ignore', 'kind', '--learning-rate', '0.02']
  const trained = parsed(
    await runCli(['train', ...options, '--hidden', '', '--engine', 'simd', '--save', model, '--json'], env),
  )
  t.equal(trained.loss, 'meanSquaredError')
  const [figures] = trained.test.numbers
  t.equal(figures.column, 'price')
  t.ok(figures.r2 > 0.99 && figures.rootMeanSquaredError < 5, JSON.stringify(figures))
  const asked = parsed(await runCli(['predict', model, data, '--json'], env))
  t.equal(asked.predictions.length, 60)
  const off = asked.predictions.map(({ predicted }: { predicted: number[] }, i: number) =>
    Math.abs(predicted[0]! - rows[i]!.price),
  )
  t.ok(Math.max(...off) < 10, 'near the prices, far from standardised values')
  const evaluated = await runCli(['eval', model, '--data', data], env)
  t.match(evaluated.stdout, /^price +[\d.]+ +[\d.]+ +(0\.99\d\d|1\.0000)$/m)
})

t.test('several numbers at once, and missing values left out or filled', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const data = join(folder, 't.csv')
  await writeFile(data, `${table}\nNA,,100,small\n`)
  const options = ['train', '--data', data, ...short, '--epochs', '2', '--json']
  const dropped = await runCli([...options, '--target', 'price,size', '--missing', 'drop'], env)
  t.match(dropped.stderr, /note: 1 row with missing values left out\./)
  t.same(
    parsed(dropped).test.numbers.map(({ column }: { column: string }) => column),
    ['price', 'size'],
  )
  const filled = parsed(await runCli([...options, '--target', 'kind', '--missing', 'mean'], env))
  t.equal(filled.data.train + filled.data.validation, 61)
})

t.test('a folder and a zip of pictures are the same data, in the size that was learnt', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const files: Record<string, Uint8Array> = {}
  for (let i = 0; i < 10; i++) {
    files[`day/${i}.png`] = encode(light)
    files[`night/${i}.png`] = encode(dark)
  }
  for (const name of ['day', 'night']) await mkdir(join(folder, 'set', name), { recursive: true })
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'set', name), bytes)
  await writeFile(join(folder, 'set.zip'), zipSync(files))
  const model = join(folder, 'm.safetensors')
  const options = ['--size', '3x2', '--channels', '3', ...short, '--learning-rate', '0.05', '--json']
  const outcomes = await Promise.all(
    ['set', 'set.zip'].map((name) =>
      runCli(['train', '--data', join(folder, name), ...options, '--save', `${model}.${name}`], env),
    ),
  )
  const [one, other] = outcomes.map(parsed)
  t.equal(one.sha256, other.sha256)
  t.match(one.data.preparation, { size: [3, 2], channels: 3, classNames: ['day', 'night'] })
  await writeFile(join(folder, 'large.png'), encode({ ...dark, width: 16, height: 1 }))
  const asked = parsed(
    await runCli(['predict', `${model}.set`, join(folder, 'large.png'), join(folder, 'set'), '--json'], env),
  )
  t.same(
    asked.predictions.slice(0, 2).map(({ predicted }: { predicted: string }) => predicted),
    ['night', 'day'],
  )
  t.equal(asked.predictions.length, 21)
  const info = await runCli(['data', 'info', join(folder, 'set.zip')], env)
  t.match(info.stdout, /^set\.zip: 20 pictures of 2 classes$/m)
  t.match(info.stdout, /^4 x 4 +20$/m)
  t.match(info.stdout, /^night +10 +50\.00%$/m)
  const shown = await runCli(['data', 'show', join(folder, 'set'), '--count', '1'], env)
  t.match(shown.stdout, /^set: 1 sample from 0 on\nday\n/)
})

t.test('arrays of classes and of numbers', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const x = Float32Array.from({ length: 80 }, (_, i) => ((i * 7) % 40) - 20)
  const ids = Uint8Array.from({ length: 40 }, (_, i) => (x[2 * i]! > 0 ? 1 : 0))
  const sums = Float32Array.from({ length: 40 }, (_, i) => 100 + 5 * x[2 * i]!)
  const path = (name: string) => join(folder, name)
  await writeFile(path('x.npy'), npy(x, [40, 2]))
  await writeFile(path('y.npy'), npy(sums, [40]))
  await writeFile(path('d.npz'), zipSync({ 'x.npy': npy(x, [40, 2]), 'y.npy': npy(ids, [40]) }))
  const classes = parsed(
    await runCli(['train', '--data', path('d.npz'), '--target', 'y', ...short, '--json'], env),
  )
  t.ok(classes.test.accuracy > 0.8)
  const model = path('m.safetensors')
  const options = ['--hidden', '', '--engine', 'simd', '--learning-rate', '0.02', '--save', model, '--json']
  await runCli(['train', '--data', path('x.npy'), '--target', path('y.npy'), ...options], env)
  const asked = parsed(await runCli(['predict', model, path('x.npy'), '--json'], env))
  t.ok(Math.abs(asked.predictions[3].predicted[0] - sums[3]!) < 10, JSON.stringify(asked.predictions[3]))
  const info = await runCli(['data', 'info', path('d.npz'), '--target', 'y'], env)
  t.match(info.stdout, /^inputs +\[40, 2\] +f4 +-20 /m)
  const shown = await runCli(['data', 'show', path('x.npy'), '--count', '2'], env)
  t.match(shown.stdout, /^x\.npy: 2 rows from 0 on\n0 +1\n-20 +-13\n/)
})

t.test('what is in a table is told and shown', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const data = join(folder, 't.csv')
  await writeFile(data, `${table}\nNA,,100,small\n`)
  const { stdout } = await runCli(['data', 'info', data, '--target', 'kind'], env)
  t.match(stdout, /^t\.csv: 61 rows of 4 columns$/m)
  t.match(stdout, /^size +number +1 +60 +0 +29\.5 +59$/m)
  t.match(stdout, /^colour +category +1 +2$/m)
  t.match(stdout, /^small +31 +50\.82%$/m)
  const json = parsed(await runCli(['data', 'info', data, '--json'], env))
  t.match(json, { kind: 'table', rows: 61, columns: [{ column: 'size', kind: 'number', missing: 1 }] })
  const shown = await runCli(['data', 'show', data, '--start', '1', '--count', '1'], env)
  t.equal(shown.stdout, 't.csv: 1 row from 1 on\nsize  colour  price  kind\n37    blue    121    large\n')
})

t.test(
  'a run on a table goes on from its checkpoint, to the same bits, with the same data alone',
  async (t) => {
    const { env, folder } = await emptyEnvironment(t)
    const data = join(folder, 't.csv')
    const kept = join(folder, 'c.checkpoint')
    await writeFile(data, table)
    const options = ['train', '--data', data, '--target', 'kind', '--ignore', 'price', ...short, '--json']
    const whole = parsed(await runCli([...options, '--epochs', '4'], env))
    await runCli([...options, '--epochs', '2', '--checkpoint', kept], env)
    const resumed = parsed(await runCli([...options, '--epochs', '4', '--resume', kept], env))
    t.equal(resumed.sha256, whole.sha256)
    await writeFile(data, table.replace('37,blue', '38,blue'))
    checkError(
      ...([t, await runCli([...options, '--epochs', '4', '--resume', kept], env), 1] as const),
      /cannot be resumed by this one: data\./,
    )
  },
)

t.test('what cannot be used is refused by file, place and option', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const path = (name: string) => join(folder, name)
  const files: Record<string, string | Uint8Array> = {
    't.csv': table,
    'gaps.csv': `${table}\nNA,red,1,small`,
    'texts.csv': `${table}\nmany,red,1,small`,
    'rows.csv': 'a,b\n1,2\n3',
    'twice.csv': 'a,a\n1,2',
    'quote.csv': 'a,b\n"1,2\n',
    'one.csv': 'a,kind\n1,x\n',
    'same.csv': 'a,kind\n1,x\n2,x\n3,x\n4,x\n5,x\n',
    'zeros.npy': npy(new Uint8Array(3), [3]),
    'empty.csv': '',
    'latin.csv': Uint8Array.of(97, 10, 0xe9, 10),
    'bad.jsonl': '{"a":1}\n{"b":1}',
    'list.jsonl': '[1]',
    'x.npy': npy(new Float32Array(6), [3, 2]),
    'short.npy': npy(new Float32Array(6), [3, 2]).subarray(0, -1),
    'y.npy': npy(Uint8Array.of(0, 1), [2]),
    'd.npz': zipSync({ 'x.npy': npy(new Float32Array(4), [2, 2]), 'y.npy': npy(Uint8Array.of(0, 1), [2]) }),
    'none.npz': zipSync({ 'a.txt': Uint8Array.of(1) }),
    'cut.zip': zipSync({ 'a/1.png': encode(light) }).subarray(0, -5),
    'one.zip': zipSync({ 'a/1.png': encode(light) }),
    'flat.zip': zipSync({ '1.png': encode(light), 'b/1.png': encode(dark) }),
    'sizes.zip': zipSync({ 'a/1.png': encode(light), 'b/1.png': encode({ ...dark, width: 2, height: 8 }) }),
    'broken.zip': zipSync({ 'a/1.png': encode(light), 'b/1.png': encode(dark).subarray(0, 40) }),
    'text.zip': zipSync({ 'a/1.png': encode(light), 'b/1.png': new TextEncoder().encode('no picture') }),
    'data.parquet': 'PAR1',
  }
  for (const [name, content] of Object.entries(files)) await writeFile(path(name), content)
  await mkdir(path('nothing'))
  const model = path('m.safetensors')
  const digits = path('digits.safetensors')
  const numbers = path('numbers.safetensors')
  const quick = [...short, '--epochs', '1']
  const made = await Promise.all([
    runCli(
      ['train', '--data', path('t.csv'), '--target', 'kind', '--ignore', 'price', ...quick, '--save', model],
      env,
    ),
    runCli(['train', '--data', path('t.csv'), '--target', 'price', ...quick, '--save', numbers], env),
    runCli(['train', '--data', 'digits', '--limit', '20', ...quick, '--save', digits], env),
  ])
  for (const { code, stderr } of made) t.equal(code, 0, stderr)

  const train = (name: string, ...options: string[]) => ['train', '--data', path(name), ...options]
  const cases: [args: string[], code: number, message: RegExp][] = [
    // Options
    [['train', '--data', 'nowhere.csv'], 2, /--data: there is no file or folder 'nowhere\.csv'\. Allowed/],
    [['train', '--target', 'a'], 2, /--target goes with --data of a table .* found none of your own/],
    [['eval', model, '--missing', 'drop'], 2, /--missing goes with --data of a table/],
    [['eval', model, '--data', path('t.csv'), '--target', 'kind'], 2, /--target goes with arrays .* here/],
    [['data', 'show', path('t.csv'), '--target', 'kind'], 2, /--target goes with arrays .* here/],
    [['data', 'info', 'digits', '--size', '3'], 2, /--size goes with --data of a folder or zip of pictures/],
    [train('t.csv'), 2, /--target: expected a column of .*t\.csv, which has size, colour, price, kind/],
    [train('t.csv', '--target', 'cost'), 2, /--target: expected a column .* found 'cost'/],
    [train('t.csv', '--target', 'kind', '--ignore', 'id'), 2, /--ignore: expected a column .* found 'id'/],
    [train('t.csv', '--target', 'kind', '--categories', 'x'), 2, /--categories: .* found 'x'/],
    [train('t.csv', '--target', 'kind,kind'), 2, /--target and --ignore: .* found 'kind' twice/],
    [train('t.csv', '--target', 'kind', '--ignore', 'kind'), 2, /--target and --ignore: .* 'kind' twice/],
    [train('t.csv', '--target', 'kind', '--size', '3'), 2, /--size goes with .* found a table/],
    [train('t.csv', '--target', 'kind', '--limit', '3'), 2, /--limit does not go with a file/],
    [train('t.csv', '--target', 'kind', '--data-dir', 'x'), 2, /--data-dir does not go with a file/],
    [train('one.zip', '--target', 'kind'), 2, /--target goes with .* found a folder or zip of pictures/],
    [train('d.npz', '--missing', 'drop'), 2, /--missing goes with --data of a table/],
    [train('x.npy'), 2, /--target: expected the array of what is to be predicted/],
    [train('d.npz'), 2, /--target: expected the array of .* it has x, y/],
    [train('d.npz', '--target', 'z'), 2, /--target: expected an array of .* one of x, y, found 'z'/],
    [train('d.npz', '--target', 'x,y'), 2, /--target: expected one array/],
    [
      train('same.csv', '--target', 'kind'),
      1,
      /column "kind": expected two or more classes, found "x" alone/,
    ],
    [train('x.npy', '--target', path('zeros.npy')), 1, /expected targets of two or more classes/],
    [train('one.csv', '--target', 'kind'), 2, /--holdout: .* leaves samples for training and for validation/],
    [train('t.csv', '--target', 'kind', '--holdout', '0', '--early-stopping', '2'), 2, /--early-stopping/],
    [['data', 'info', path('t.csv'), '--target', 'cost'], 2, /expected a column of .* found 'cost'/],
    [['data', 'show', path('t.csv'), '--png', path('o.png')], 2, /--png goes with pictures/],
    [['data', 'show', path('t.csv'), '--start', '60'], 2, /expected --start below its 60 samples, found 60/],
    [['eval', model], 2, /--data: .*m\.safetensors was trained on files/],
    [['eval', digits, '--data', path('t.csv')], 2, /was trained on 'digits', so expected a data set/],
    [['predict', model, path('t.csv'), '--png', path('o.png')], 2, /--png goes with a model of digits/],
    [
      ['predict', digits, path('t.csv'), '--out', path('o.csv')],
      2,
      /--out goes with a model of data of your/,
    ],
    [['predict', model, path('t.csv'), '--out', path('t.csv')], 2, /--out and an input are one file/],
    // Files
    [
      train('data.parquet', '--target', 'a'),
      1,
      /data\.parquet: expected a folder or a file whose name ends in/,
    ],
    [train('gaps.csv', '--target', 'kind'), 1, /gaps\.csv: line 62, column "size": .* --missing drop leaves/],
    [train('texts.csv', '--target', 'kind'), 1, /texts\.csv: line 62, column "size": expected a number/],
    [train('t.csv', '--target', 'kind', '--task', 'numbers'), 1, /column "kind": expected a number/],
    [train('t.csv', '--target', 'kind,size'), 1, /column "kind": expected a number/],
    [train('t.csv', '--target', 'kind', '--delimiter', ';'), 2, /which has size,colour,price,kind/],
    [train('rows.csv', '--target', 'a'), 1, /rows\.csv: line 3: expected 2 cells as in line 1, found 1/],
    [train('twice.csv', '--target', 'a'), 1, /twice\.csv: line 1: expected a name of its own/],
    [train('quote.csv', '--target', 'a'), 1, /quote\.csv: line 2: a cell opens a quote/],
    [train('empty.csv', '--target', 'a'), 1, /empty\.csv: expected rows of cells, found an empty file/],
    [train('latin.csv', '--target', 'a'), 1, /latin\.csv: line 2: expected text in UTF-8/],
    [train('bad.jsonl', '--target', 'a'), 1, /bad\.jsonl: line 2: expected the fields of line 1/],
    [train('list.jsonl', '--target', 'a'), 1, /list\.jsonl: line 1: expected a JSON object/],
    [train('short.npy', '--target', path('y.npy')), 1, /short\.npy: expected 152 bytes/],
    [train('x.npy', '--target', path('y.npy')), 1, /x\.npy: expected a target for each of the 3 inputs/],
    [train('x.npy', '--target', path('none.npy')), 1, /none\.npy: there is no such file/],
    [train('none.npz', '--target', 'y'), 1, /none\.npz: expected npy files in it, found none/],
    [train('nothing'), 1, /nothing: expected pictures, \.png or \.jpg, found none/],
    [train('cut.zip'), 1, /cut\.zip: not a zip file/],
    [train('one.zip'), 1, /one\.zip: expected folders of two or more classes, found 'a' alone/],
    [train('flat.zip'), 1, /flat\.zip: 1\.png: expected a picture in a folder named after its class/],
    [train('sizes.zip'), 1, /sizes\.zip: b\/1\.png: expected 4 x 4 pixels as in a\/1\.png, found 2 x 8/],
    [train('broken.zip'), 1, /b\/1\.png: a damaged PNG picture/],
    [train('text.zip'), 1, /b\/1\.png: expected a PNG or JPEG picture/],
    // What a model was not trained on
    [['predict', model, path('one.csv')], 1, /one\.csv: expected a column called "size"/],
    [['predict', model, path('gaps.csv')], 1, /gaps\.csv: line 62, column "size": .* missing value/],
    [['predict', model, path('texts.csv')], 1, /texts\.csv: line 62, column "size": expected a number/],
    [
      ['predict', model, path('x.npy')],
      1,
      /x\.npy: expected a table, as the model was trained on, found arrays/,
    ],
    [['predict', digits, path('t.csv')], 1, /t\.csv: expected a PNG or JPEG picture/],
    [['eval', model, '--data', path('one.csv')], 1, /one\.csv: expected a column called "size"/],
    [
      ['eval', model, '--data', path('one.zip')],
      1,
      /one\.zip: expected a table, as the model was trained on/,
    ],
    [['eval', numbers, '--data', path('gaps.csv')], 1, /gaps\.csv: line 62, column "size": /],
  ]
  t.ok(cases.length >= 40, `${cases.length} wrong calls and files`)
  const wrong: string[] = []
  for (const [args, code, message] of cases) {
    const found = await failureOf(args)
    if (found.code !== code || !message.test(found.message)) {
      wrong.push(`${args.join(' ')}: expected ${code}, ${message}, found ${found.code}, ${found.message}`)
    }
  }
  t.same(wrong, [])
})
