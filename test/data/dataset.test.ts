import t from 'tap'
import { type Dataset, rowOf } from '../../src/data/dataset.js'
import type { IdxArray } from '../../src/data/idx.js'
import { datasetFromIdx } from '../../src/data/idx-dataset.js'
import { dataset } from '../../src/data/make-dataset.js'
import { holdout, kfold, shuffled, subset, take } from '../../src/data/splits.js'
import { standardisation } from '../../src/data/standardise.js'
import { randomWords } from '../support/data.js'

/** Labels count up, so that they tell which row of the source a sample is. */
function numbered(count: number, size = 4): Dataset {
  const word = randomWords(count)
  return dataset({
    name: 'numbered',
    inputs: Uint8Array.from({ length: count * size }, word),
    targets: Uint8Array.from({ length: count }, (_, i) => i),
    sampleShape: [size],
    classes: 256,
  })
}

function rows(set: Dataset): number[] {
  return Array.from({ length: set.count }, (_, i) => set.targets[rowOf(set, i)]!)
}

function ascending(values: number[]): number[] {
  return [...values].sort((a, b) => a - b)
}

t.test('a data set uses the arrays in place', async (t) => {
  const images = new Float32Array(12)
  const labels = Uint8Array.of(0, 1)
  const set = dataset({ name: 'small', inputs: images, targets: labels, sampleShape: [2, 3], classes: 2 })
  t.equal(set.inputs, images)
  t.equal(set.targets, labels)
  t.match(set, { name: 'small', count: 2, sampleShape: [2, 3], sampleSize: 6, classes: 2, synthetic: false })
  t.notOk('indices' in set)
  t.equal(dataset({ ...set, synthetic: true }).synthetic, true)
})

t.test('every bad input has its own error', async (t) => {
  const good = {
    name: 'bad',
    inputs: new Uint8Array(8),
    targets: new Uint8Array(2),
    sampleShape: [2, 2],
    classes: 10,
  }
  const cases: [object, RegExp][] = [
    [{ targets: new Uint8Array(3) }, /found 2 inputs of shape \[2, 2\] and 3 targets/],
    [{ inputs: new Uint8Array(7) }, /4 values each, found 7 values: the input at 1 is incomplete/],
    [{ inputs: new Uint8Array(0), targets: new Uint8Array(0) }, /at least one sample, found none/],
    [{ targets: Uint8Array.of(9, 10) }, /targets of 0 to 9, found 10 at sample 1/],
    [
      { inputs: Float32Array.of(0, 1, 2, 3, 4, 5, NaN, 7) },
      /finite values, found NaN at sample 1, element 2/,
    ],
    [{ inputs: Float32Array.of(0, 1, -Infinity, 3, 4, 5, 6, 7) }, /found -Infinity at sample 0, element 2/],
    [{ inputs: [1, 2] }, /4 values each, found 2 values: the input at 0 is incomplete/],
    [{ inputs: 'no' }, /inputs should be a typed array, or nested lists of numbers, found "no"/],
    [{ inputs: [[1, 2, 3, '4']] }, /inputs should be finite numbers \(of float32\), found "4" at \[0, 3\]/],
    [{ inputs: [[1, 2], [3]] }, /lists of equal lengths, 2 as the first is, found 1 at \[1\]/],
    [{ inputs: [[1, 2], 3] }, /inputs should be a list of 2 at \[1\], as the first is, found 3/],
    [{ inputs: new BigInt64Array(8) }, /inputs should be a typed array, or nested lists of numbers/],
    [{ inputs: new Uint8Array(8), sampleShape: undefined }, /the field 'sampleShape' is missing/],
    [{ inputs: [1, 2], sampleShape: undefined }, /inputs should be a list for each sample, found \[1,2\]/],
    [{ targets: Int32Array.of(0, -1) }, /targets of 0 to 9, found -1 at sample 1/],
    [{ targets: [0, 0.5] }, /targets that are whole numbers of int32, found 0.5 at sample 1/],
    [{ targets: [0, true] }, /targets should be finite numbers .*, found true at \[1\]/],
    [
      {
        targets: [
          [0, 1, 2],
          [0, 1, 10],
        ],
      },
      /targets of 0 to 9, found 10 at sample 1, element 2/,
    ],
    [
      { targets: Float32Array.of(0, 1) },
      /targets in a Float32Array are numbers, so they have no classes, found 10/,
    ],
    [
      { targets: Float32Array.of(0, Number.NaN), classes: undefined },
      /finite targets, found NaN at sample 1/,
    ],
    [{ sampleWeights: [1] }, /expected 2 sampleWeights, one for each sample, found 1/],
    [{ sampleWeights: [1, -1] }, /sampleWeights from 0 up, found -1 at 1/],
    [{ lengths: [1] }, /expected 2 lengths, one for each sample, found 1/],
    [{ lengths: [1, 3] }, /lengths of 0 to 2, the steps of a sample, found 3 at sample 1/],
    [{ padding: 'before' }, /padding should be one of 'pre', 'post', found "before"/],
    [{ sampleShape: [] }, /whole numbers from 1 up, such as \[28, 28\], found \[\]/],
    [{ sampleShape: [4, 0] }, /whole numbers from 1 up, .*found \[4,0\]/],
    [{ classes: 0 }, /classes should be a whole number from 1 to 2147483648, found 0/],
    [{ classes: 2 ** 31 + 1 }, /classes should be a whole number from 0 to 2147483648, found 2147483649/],
  ]
  for (const [change, message] of cases) {
    t.throws(() => dataset({ ...good, ...change }), { name: 'DataError', message })
    t.throws(() => dataset({ ...good, ...change }), { message: /^bad: / })
  }
})

t.test('from IDX arrays, with the names of the files in errors', async (t) => {
  const images: IdxArray = { shape: [2, 2, 3], data: new Uint8Array(12) }
  const labels: IdxArray = { shape: [2], data: Uint8Array.of(3, 9) }
  const make = (x: IdxArray, y: IdxArray) =>
    datasetFromIdx('set', { name: 'x.idx', array: x }, { name: 'y.idx', array: y }, 10)
  t.match(make(images, labels), { name: 'set', count: 2, sampleShape: [2, 3], inputs: images.data })
  const cases: [IdxArray, IdxArray, RegExp][] = [
    [images, { shape: [3], data: new Uint8Array(3) }, /^y\.idx: .* each of the 2 images of x\.idx, found 3/],
    [
      images,
      { shape: [2], data: Uint8Array.of(1, 11) },
      /^y\.idx: .*found 11 at label 1 \(byte 9 of the file\)/,
    ],
    [images, { shape: [2, 1], data: new Uint8Array(2) }, /^y\.idx: .*found 2 dimensions of Uint8Array/],
    [images, { shape: [2], data: new Int32Array(2) }, /^y\.idx: .*found 1 dimensions of Int32Array/],
    [{ shape: [2], data: new Uint8Array(2) }, labels, /^x\.idx: .*2 or more dimensions, found 1/],
    [{ shape: [2, 2], data: new Int16Array(4) }, labels, /^x\.idx: .*found Int16Array/],
    [
      { shape: [0, 2], data: new Uint8Array(0) },
      { shape: [0], data: new Uint8Array(0) },
      /^set: .*found none/,
    ],
    [{ shape: [2, 0], data: new Uint8Array(0) }, labels, /^set: .*found \[0\]/],
  ]
  for (const [x, y, message] of cases) t.throws(() => make(x, y), { name: 'DataError', message })
})

t.test('subset and take are views, and views of views reach the source', async (t) => {
  const set = numbered(10)
  const view = subset(set, [7, 2, 2, 9])
  t.same(rows(view), [7, 2, 2, 9])
  t.equal(view.inputs, set.inputs)
  t.equal(view.targets, set.targets)
  t.same(rows(take(view, 2)), [7, 2])
  t.same(rows(subset(view, [3, 0])), [9, 7])
  t.same(rows(take(set, 10)), rows(set))
  t.throws(() => subset(set, [0, 10]), { message: /positions of 0 to 9 in the subset, found 10 at 1/ })
  t.throws(() => subset(view, [4]), { message: /positions of 0 to 3 in the subset, found 4 at 0/ })
  t.throws(() => subset(set, [0.5]), { message: /found 0\.5 at 0/ })
  t.throws(() => subset(set, [-1]), { message: /found -1 at 0/ })
  t.throws(() => subset(set, []), { message: /found none/ })
  for (const count of [0, 11, 1.5]) t.throws(() => take(set, count), { message: /take 1 to 10 samples/ })
})

t.test('shuffled is a permutation that the seed decides', async (t) => {
  const set = numbered(200)
  const first = rows(shuffled(set, 1))
  t.same(ascending(first), rows(set))
  t.not(first.join(), rows(set).join())
  t.same(rows(shuffled(set, 1)), first)
  t.not(rows(shuffled(set, 2)).join(), first.join())
  t.equal(shuffled(set, 1).inputs, set.inputs)
  for (const seed of [-1, 0.5, 2 ** 32])
    t.throws(() => shuffled(set, seed), { message: /seed should be a whole number from 0 to 4294967295/ })
})

t.test('the order of a seed is the same for ever', async (t) => {
  t.same(rows(shuffled(numbered(12), 2024)), [3, 5, 11, 6, 1, 2, 10, 9, 4, 7, 0, 8])
})

t.test('holdout: disjoint parts that together are everything', async (t) => {
  const set = numbered(100)
  for (const [fraction, held] of [
    [0.2, 20],
    [1 / 6, 17],
    [0.005, 1],
    [0.99, 99],
  ] as const) {
    const { train, validation } = holdout(set, fraction, { seed: 3 })
    t.equal(validation.count, held)
    t.same(ascending([...rows(train), ...rows(validation)]), rows(set))
    t.equal(train.inputs, set.inputs)
  }
  const ordered = holdout(set, 0.25, { shuffle: false })
  t.same(rows(ordered.train), rows(set).slice(0, 75))
  t.same(rows(ordered.validation), rows(set).slice(75))
  const [first, again, other] = [1, 1, 2].map((seed) => rows(holdout(set, 0.5, { seed }).validation).join())
  t.equal(first, again)
  t.not(first, other)
  const view = subset(set, [90, 80, 70, 60])
  t.same(
    ascending([...rows(holdout(view, 0.5).train), ...rows(holdout(view, 0.5).validation)]),
    [60, 70, 80, 90],
  )
  for (const fraction of [0, 0.004, 0.996, 1, -1, 2, NaN]) {
    t.throws(
      () => holdout(set, fraction),
      { name: 'DataError', message: /^numbered: .*of 100 samples/ },
      `${fraction}`,
    )
  }
})

t.test('kfold: each sample is held back exactly once', async (t) => {
  const set = numbered(23)
  for (const k of [2, 3, 5, 23]) {
    for (const options of [{ seed: 9 }, { shuffle: false }]) {
      const folds = kfold(set, k, options)
      t.equal(folds.length, k)
      t.same(ascending(folds.flatMap(({ validation }) => rows(validation))), rows(set))
      for (const { train, validation } of folds) {
        t.same(ascending([...rows(train), ...rows(validation)]), rows(set))
        t.ok(Math.abs(validation.count - 23 / k) < 1)
      }
    }
  }
  t.same(rows(kfold(set, 4, { shuffle: false })[0]!.validation), [0, 1, 2, 3, 4])
  t.notSame(
    kfold(set, 4, { seed: 1 }).map(({ train }) => rows(train)),
    kfold(set, 4, { seed: 2 }).map(({ train }) => rows(train)),
  )
  for (const k of [1, 24, 2.5]) t.throws(() => kfold(set, k), { message: /2 to 23 folds/ })
})

t.test('standardisation: by hand, bytes on the scale of 0 to 1', async (t) => {
  const labels = new Uint8Array(2)
  const images = Uint8Array.of(0, 51, 255, 51)
  const { mean, scale } = standardisation(
    dataset({ name: 's', inputs: images, targets: labels, sampleShape: [2], classes: 1 }),
  )
  t.same(mean, Float32Array.of(0.5, 0.2))
  t.same(scale, Float32Array.of(1 / (0.5 + 1e-5), 1 / 1e-5))
  const floats = Float32Array.of(-3, 4, 5, 4)
  t.same(
    standardisation(dataset({ name: 's', inputs: floats, targets: labels, sampleShape: [2], classes: 1 })),
    {
      mean: Float32Array.of(1, 4),
      scale: Float32Array.of(1 / (4 + 1e-5), 1 / 1e-5),
    },
  )
})

t.test('standardisation looks at the samples of a view alone, and not at their order', async (t) => {
  const set = numbered(60, 9)
  const chosen = [5, 17, 31, 2, 59, 44]
  const copy = dataset({
    ...set,
    inputs: Uint8Array.from(chosen.flatMap((row) => [...set.inputs.subarray(row * 9, row * 9 + 9)])),
    targets: Uint8Array.from(chosen),
  })
  const view = subset(set, chosen)
  t.same(standardisation(view), standardisation(copy))
  t.same(standardisation(shuffled(set, 1)), standardisation(set))
  t.notSame(standardisation(view), standardisation(set))

  const floats = dataset({ ...set, inputs: Float32Array.from(set.inputs, (x) => x / 255) })
  const [exact, summed] = [standardisation(view), standardisation(subset(floats, chosen))]
  for (let j = 0; j < 9; j++) {
    t.ok(Math.abs(exact.mean[j]! - summed.mean[j]!) < 1e-6)
    t.ok(Math.abs(exact.scale[j]! - summed.scale[j]!) < 1e-4 * exact.scale[j]!)
  }
})

t.test('standardised samples have mean 0 and deviation 1', async (t) => {
  const set = numbered(200, 3)
  const { mean, scale } = standardisation(set)
  for (let j = 0; j < 3; j++) {
    const values = Array.from(
      { length: 200 },
      (_, i) => (set.inputs[i * 3 + j]! / 255 - mean[j]!) * scale[j]!,
    )
    const average = values.reduce((sum, x) => sum + x, 0) / 200
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - average) ** 2, 0) / 200)
    t.ok(Math.abs(average) < 1e-6 && Math.abs(deviation - 1) < 1e-4, `${average} ${deviation}`)
  }
})
