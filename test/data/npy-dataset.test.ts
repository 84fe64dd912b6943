import t from 'tap'
import type { NpyArray } from '../../src/data/npy.js'
import { npyDataset } from '../../src/data/npy-dataset.js'

const ids: NpyArray = { shape: [2], data: Float64Array.of(2, 0) }

t.test('arrays are used in place where they can be, and become float32 where not', async (t) => {
  for (const data of [Uint8Array.of(1, 2, 3, 4), Float32Array.of(1, 2, 3, 4)]) {
    const set = npyDataset({ name: 'a', inputs: { shape: [2, 2], data }, targets: ids, task: 'classes' })
    t.equal(set.inputs, data)
    t.same([set.sampleShape, set.classes, [...set.targets]], [[2], 3, [2, 0]])
  }
  const long = npyDataset({
    ...{ name: 'a', inputs: { shape: [2], data: Int32Array.of(-1, 9) }, targets: ids },
    ...{ task: 'classes', classes: 5 },
  })
  t.same([long.inputs, long.sampleShape, long.classes], [Float32Array.of(-1, 9), [1], 5])
})

t.test('arrays that do not go together are refused', async (t) => {
  const inputs: NpyArray = { shape: [2, 1], data: Float32Array.of(1, 2) }
  const cases: [inputs: NpyArray, targets: NpyArray, message: RegExp][] = [
    [inputs, { shape: [3], data: Uint8Array.of(1, 2, 3) }, /^a: expected a target for each of the 2 inputs/],
    [inputs, { shape: [2], data: Float64Array.of(0, 0.5) }, /^a: expected class ids.* found 0\.5 at row 1$/],
    [inputs, { shape: [2], data: Int8Array.of(0, -1) }, /^a: expected class ids.* found -1 at row 1$/],
    [inputs, { shape: [2], data: Float64Array.of(0, 2 ** 40) }, /found 1099511627776 at row 1$/],
    [
      { shape: [2, 1], data: Float64Array.of(0, 1e300) },
      ids,
      /^a: expected finite values, found Infinity at sample 1/,
    ],
    [{ shape: [2, 3], data: Float64Array.of(0, 1) }, ids, /^a: expected /],
  ]
  for (const [given, targets, message] of cases) {
    t.throws(() => npyDataset({ name: 'a', inputs: given, targets, task: 'classes' }), {
      name: 'DataError',
      message,
    })
  }
})

t.test('numbers of one or two dimensions are targets of a regression', async (t) => {
  const inputs: NpyArray = { shape: [2, 1], data: Float32Array.of(1, 2) }
  const one = npyDataset({
    name: 'a',
    inputs,
    targets: { type: 'f8', shape: [2], data: Float64Array.of(1, 2) },
  })
  t.same([one.targets, one.targetShape, one.classes], [Float32Array.of(1, 2), [1], 0])
  const data = Float32Array.of(1, 2, 3, 4)
  const two = npyDataset({ name: 'a', inputs, targets: { shape: [2, 2], data } })
  t.equal(two.targets, data)
  t.same(two.targetShape, [2])
  const asked = npyDataset({
    name: 'a',
    inputs,
    targets: { shape: [2], data: Int8Array.of(-1, 1) },
    task: 'numbers',
  })
  t.same(asked.targets, Float32Array.of(-1, 1))
  t.throws(
    () => npyDataset({ name: 'a', inputs, targets: { shape: [2, 1, 1], data: Float32Array.of(1, 2) } }),
    {
      name: 'DataError',
      message: 'a: expected numbers of shape [rows] or [rows, n], found targets of shape [2, 1, 1]',
    },
  )
})
