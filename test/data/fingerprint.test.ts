import t from 'tap'
import { datasetFingerprint } from '../../src/data/fingerprint.js'
import { dataset } from '../../src/data/make-dataset.js'
import { subset, take } from '../../src/data/splits.js'

t.test('the fingerprint of a data set follows its samples, not the arrays that they lie in', async (t) => {
  const source = {
    ...{ name: 'a', sampleShape: [2], classes: 3 },
    inputs: Uint8Array.of(1, 2, 3, 4, 5, 6),
    targets: Uint8Array.of(0, 1, 2),
  }
  const set = dataset(source)
  const print = await datasetFingerprint(set)
  const moved = dataset({ ...source, name: 'b', inputs: Uint8Array.of(9, 1, 2, 3, 4, 5, 6).subarray(1) })
  t.equal(await datasetFingerprint(moved), print)
  const reversed = { ...source, inputs: Uint8Array.of(5, 6, 3, 4, 1, 2), targets: Uint8Array.of(2, 1, 0) }
  t.equal(await datasetFingerprint(subset(dataset(reversed), [2, 1, 0])), print)
  const others = [
    dataset({ ...source, inputs: Uint8Array.of(1, 2, 3, 4, 5, 7) }),
    dataset({ ...source, targets: Uint8Array.of(0, 1, 1) }),
    dataset({ ...source, classes: 4 }),
    dataset({ ...source, sampleShape: [1, 2] }),
    dataset({ ...source, inputs: Float32Array.from(source.inputs) }),
    dataset(reversed),
    take(set, 2),
    subset(set, [1, 0, 2]),
  ]
  const prints = await Promise.all(others.map(datasetFingerprint))
  t.equal(new Set([print, ...prints]).size, others.length + 1)
})

t.test('data sets of more than one part', async (t) => {
  const inputs = Uint8Array.from({ length: 5_000_000 }, (_, i) => i % 251)
  const set = dataset({
    name: 'a',
    inputs: inputs,
    targets: new Uint8Array(5000),
    sampleShape: [1000],
    classes: 1,
  })
  const print = await datasetFingerprint(set)
  inputs[4_999_999]! ^= 1
  t.not(await datasetFingerprint(set), print)
})
