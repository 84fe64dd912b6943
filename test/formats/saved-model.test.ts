import t, { type Test } from 'tap'
import { readSafetensors, type Safetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { readModel, writeModel } from '../../src/formats/saved-model.js'
import { SEAL, writeSealed } from '../../src/formats/seal.js'
import { dense, type Model, sequential } from '../../src/index.js'

const standardisation = { mean: Float32Array.of(1, 2), scale: Float32Array.of(3, 4) }
const settings = { data: 'digits', standardisation, loss: 'softmaxCrossEntropy' } as const
const create = () => sequential([dense(3, { activation: 'relu' }), dense(2)], { input: [2], seed: 4 })

async function saved(): Promise<{ model: Model; bytes: Uint8Array; content: Safetensors }> {
  const model = create()
  const bytes = await writeModel(model, settings)
  return { model, bytes, content: readSafetensors(bytes, 'a') }
}

t.test('a model is read as it was written', async (t) => {
  const { model, bytes } = await saved()
  const read = await readModel(bytes, 'a')
  t.equal(await read.model.fingerprint(), await model.fingerprint())
  t.same(read.settings, settings)
})

t.test('every bit of a file is covered', async (t) => {
  const { bytes } = await saved()
  let found = 0
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const error = await readModel(flipped, 'a.safetensors').then(
      () => null,
      (error) => error,
    )
    if (['DataError', 'ModelError'].includes(error?.name) && error.message.startsWith('a.safetensors: '))
      found++
  }
  t.equal(found, bytes.length * 8)
})

t.test('files without a seal, written before there was one, are read, their weights checked', async (t) => {
  const { model, content } = await saved()
  const { [SEAL]: _, ...metadata } = content.metadata
  const old = writeSafetensors({ ...content, metadata })
  const read = await readModel(old, 'a')
  t.equal(await read.model.fingerprint(), await model.fingerprint())
  t.same(read.settings, settings)
  // The standardisation takes the last 16 bytes.
  old[old.length - 17]! ^= 1
  await t.rejects(readModel(old, 'a'), { name: 'DataError' })
  const more = writeSafetensors({ ...content, metadata: { ...metadata, 'lanegrad.file.sha255': '0' } })
  await t.rejects(readModel(more, 'a'), {
    message: /expected no field lanegrad\.file\.sha255 of a lanegrad mod/,
  })
})

t.test('contents that are signed and odd are refused by name', async (t) => {
  const { content } = await saved()
  const nested = `${'['.repeat(5000)}${']'.repeat(5000)}`
  const array = (name: string, shape: number[], data: number[]) => ({
    ...content,
    tensors: new Map([...content.tensors, [name, { shape, data: Float32Array.from(data) }]]),
  })
  const field = (name: string, value: string) => ({
    ...content,
    metadata: { ...content.metadata, [`lanegrad.${name}`]: value },
  })
  const without = (name: string) => ({
    ...content,
    tensors: new Map([...content.tensors].filter(([key]) => key !== name)),
  })
  await refused(t, [
    [array('standardisation/mean', [2], [Number.NaN, 0]), /mean: value 0 is NaN, expected a finite number/],
    [array('standardisation/scale', [2], [1, 0]), /scale: value 1 is 0, expected a finite number above 0/],
    [array('standardisation/scale', [1, 2], [1, 1]), /scale: expected the shape \[2\], found \[1, 2\]/],
    [
      array('dense_1/kernel', [3, 2], [1, 2, 3, 4, 5, 6]),
      /kernel: expected the shape \[2, 3\], found \[3, 2\]/,
    ],
    [array('dense_1/bias', [3], [1, Number.NaN, 3]), /dense_1\/bias: value 1 is NaN/],
    [array('more', [0], []), /the model has the arrays .*, but the file holds .*more/],
    [without('standardisation/mean'), /the model has the arrays/],
    [without('dense_1/bias'), /the model has the arrays/],
    [field('data', 'di\u001b[31mgits'), /lanegrad\.data to be a name of a data set/],
    [field('model', nested), /nested more than 100 levels deep/],
    [field('model', '{"input":[2],"layers":[]}'), /./],
    [field('model', '[]'), /A model is an object|model/],
    [field('loss', '"none"'), /./],
    [field('loss', 'x'), /expected JSON in lanegrad\.loss/],
    [field('sha256', '0'.repeat(64)), /the weights are damaged: expected the SHA-256 0000/],
  ])
})

async function refused(t: Test, wrong: [Safetensors, RegExp][]): Promise<void> {
  for (const [content, message] of wrong) {
    const error = await readModel(await writeSealed(content), 'a.safetensors').then(
      () => null,
      (error) => error,
    )
    t.match(error, { name: /DataError|ModelError/, message }, String(message))
    t.match(error?.message, /^a\.safetensors: /)
  }
}

t.test('what was learnt of the data is kept, and refused where it is odd or of another model', async (t) => {
  const number = (column: string) =>
    ({ type: 'number', column, fill: null, mean: 1.5, deviation: 0.1 }) as const
  const kind = { type: 'category', column: 'kind', categories: ['a', 'b'], fill: null } as const
  const encoding = { inputs: [number('x'), number('y')], targets: [kind] }
  const preparation = { type: 'table', encoding } as const
  const given = { ...settings, data: 't.csv', standardisation: null, preparation }
  const bytes = await writeModel(create(), given)
  t.same((await readModel(bytes, 'a')).settings, given)

  const { metadata, tensors } = readSafetensors(bytes, 'a')
  const { [SEAL]: _, ...fields } = metadata
  const cases: [preparation: unknown, message: RegExp][] = [
    [null, /^a: byte 8: preparation should be a preparation of inputs, found null\.$/],
    [{ type: 'constructor' }, /preparation should be a preparation of inputs/],
    [{ type: 'table' }, /table: the field 'encoding' is missing/],
    [{ type: 'table', encoding: { inputs: [], targets: [] } }, /inputs should be a list of at least 1/],
    [{ type: 'table', encoding: { ...encoding, more: 1 } }, /unknown field 'more'/],
    [
      { type: 'table', encoding: { inputs: [number('x'), number('x')], targets: [kind] } },
      /different columns/,
    ],
    [
      { type: 'table', encoding: { ...encoding, targets: [{ ...kind, categories: ['a', 'a'] }] } },
      /different categ/,
    ],
    [
      { type: 'table', encoding: { ...encoding, targets: [{ ...kind, fill: 'z' }] } },
      /fill should be a category/,
    ],
    [
      { type: 'table', encoding: { ...encoding, targets: [kind, number('z')] } },
      /one column of categories, or/,
    ],
    [
      { type: 'table', encoding: { ...encoding, inputs: [{ ...number('x'), deviation: 0 }, number('y')] } },
      /deviation should be a finite number above/,
    ],
    [
      { type: 'table', encoding: { ...encoding, inputs: [number('x')] } },
      /takes samples of shape \[2\], .* \[1\]/,
    ],
    [
      { type: 'table', encoding: { ...encoding, targets: [number('z')] } },
      /outputs of shape \[2\], but 1 classes or numbers/,
    ],
    [{ type: 'pictures', size: [1, 2], channels: 2, classNames: ['a', 'b'] }, /channels should be 1 or 3/],
    [{ type: 'pictures', size: [1], channels: 1, classNames: ['a', 'b'] }, /size should be a list of height/],
    [{ type: 'pictures', size: [1, 2], channels: 1, classNames: ['a', 'a'] }, /a list of different names/],
    [{ type: 'pictures', size: [1, 2], channels: 1, classNames: ['a', 'b'] }, /prepared in shape \[1, 2\]/],
    [{ type: 'arrays', targets: [{ mean: 0 }] }, /the field 'deviation' is missing/],
  ]
  for (const [odd, message] of cases) {
    const written = { tensors, metadata: { ...fields, 'lanegrad.preparation': JSON.stringify(odd) } }
    await t.rejects(readModel(await writeSealed(written), 'a'), { message }, JSON.stringify(odd))
    await t.rejects(writeModel(create(), { ...given, preparation: odd as never }), { name: 'ModelError' })
  }
})
