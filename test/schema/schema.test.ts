import t from 'tap'
import { ModelError } from '../../src/errors.js'
import { plainData } from '../../src/schema/plain-data.js'
import { entries, list, object, optional, read, type Schema } from '../../src/schema/schema.js'
import { show } from '../../src/schema/show.js'
import { text, wholeNumber } from '../../src/schema/values.js'

const schema = object<{ learningRate: number; name?: string }>(
  { learningRate: wholeNumber(1), name: optional(text) },
  { rate: 'learningRate' },
)
const readOptions = (value: unknown) => read(ModelError, 'f', 'options', schema, value)

t.test('fields are read by the names that they once had, too', async (t) => {
  t.same(readOptions({ rate: 3 }), { learningRate: 3 })
  t.same(readOptions({ learningRate: 3, name: undefined }), { learningRate: 3 })
  t.throws(
    () => readOptions({ rate: 0 }),
    new ModelError('f: learningRate should be a whole number from 1 up, found 0.'),
  )
  t.throws(
    () => readOptions({ rates: 3 }),
    new ModelError("f: unknown field 'rates'; known are learningRate, name."),
  )
})

t.test('what is read is a copy, and a getter is asked once', async (t) => {
  let asked = 0
  const found = readOptions({
    get learningRate() {
      return ++asked
    },
  })
  t.same([found.learningRate, found.learningRate, asked], [1, 1, 1])
  const names = ['a', 'b']
  const copied = read(ModelError, 'f', 'names', list('texts', text), names)
  names[0] = 'c'
  t.same(copied, ['a', 'b'])
  const nested = { a: [{ b: 1 }], ['__proto__']: 2 }
  const plain = read(ModelError, 'f', 'data', plainData, nested) as typeof nested
  t.same(plain, nested)
  t.not(plain.a[0], nested.a[0])
  t.same(Object.keys(plain), ['a', '__proto__'])
})

t.test('messages name the place within the argument', async (t) => {
  const places: [Schema<unknown>, unknown, string][] = [
    [list('texts', text), ['a', 2], 'f: it[1] should be a text, found 2.'],
    [entries('a Map of texts', text), new Map([['x', 1]]), 'f: it.x should be a text, found 1.'],
    [
      object<{ a: number[] }>({ a: list('numbers', wholeNumber(0)) }),
      { a: [-1] },
      'f: a[0] should be a whole number from 0 up, found -1.',
    ],
  ]
  for (const [schema, value, message] of places) {
    const argument = message.startsWith('f: it') ? 'it' : 'options'
    t.throws(() => read(ModelError, 'f', argument, schema, value), { name: 'ModelError', message: message })
  }
})

t.test('any value is shown in a line', async (t) => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const shown: [unknown, RegExp][] = [
    [undefined, /^undefined$/],
    ['a\u001b[31m', /^"a\\u001b\[31m"$/],
    ['x'.repeat(1e6), /^"x{56}\.\.\.$/],
    [-0, /^0$/],
    [7n, /^7n$/],
    [10n ** 30n, /^a large BigInt$/],
    [Symbol('s'), /^Symbol\(s\)$/],
    [new Float32Array(1e6), /^a Float32Array of 1000000 values$/],
    [new Array(1e9), /^\[undefined,undefined,.*\.\.\.$/],
    [Object.create(null), /^\{\}$/],
    [JSON.parse('{"__proto__":[1]}'), /^\{"__proto__":\[1\]\}$/],
    [new Date(0), /^a Date$/],
    [proxy, /^an object that cannot be read$/],
    [() => {}, /^the function without a name$/],
    [class Big {}, /^the class Big$/],
    [Promise.resolve(), /^a Promise$/],
  ]
  for (const [value, expected] of shown) t.match(show(value), expected)
})
