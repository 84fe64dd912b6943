import t from 'tap'
import { ConfusionMatrix, calibration, dataset, subset, topKAccuracy } from '../../src/index.js'

function answers(rows: number[][], labels: number[]) {
  const classes = rows[0]!.length
  const prediction = {
    probabilities: Float32Array.from(rows.flat()),
    classes: Int32Array.from(rows, (row) => row.indexOf(Math.max(...row))),
  }
  const images = new Uint8Array(labels.length)
  const data = dataset({
    name: 'few',
    inputs: images,
    targets: Uint8Array.from(labels),
    sampleShape: [1],
    classes,
  })
  return { prediction, data }
}

const rows = [
  [0.5, 0.25, 0.125, 0.125],
  [0.25, 0.5, 0.125, 0.125],
  [0.125, 0.125, 0.25, 0.5],
  [0.25, 0.25, 0.25, 0.25],
]

t.test('top-k counts a class among the k most probable, the first of equals ahead', async (t) => {
  const { prediction, data } = answers(rows, [0, 0, 2, 3])
  t.same(
    [1, 2, 3, 4].map((k) => topKAccuracy(prediction, data, k)),
    [1 / 4, 3 / 4, 3 / 4, 1],
  )
  const { prediction: reversed } = answers([rows[3]!, rows[2]!], [0, 0])
  t.equal(topKAccuracy(reversed, subset(data, [3, 2]), 2), 1 / 2, 'labels of a view')
})

t.test('calibration: bins, and the error of Guo et al.', async (t) => {
  // Confidences 0.75, 0.75, 0.75 (one wrong), 1 (right), 0.25 (right; on the upper border of its bin).
  const sure = [0, 1, 0, 0]
  const half = [0.75, 0.25, 0, 0]
  const { prediction, data } = answers([half, half, half, sure, rows[3]!], [0, 0, 1, 1, 0])
  const { error, bins } = calibration(prediction, data, { bins: 4 })
  t.same(bins, [
    { from: 0, to: 0.25, count: 1, accuracy: 1, confidence: 0.25 },
    { from: 0.25, to: 0.5, count: 0, accuracy: Number.NaN, confidence: Number.NaN },
    { from: 0.5, to: 0.75, count: 3, accuracy: 2 / 3, confidence: 0.75 },
    { from: 0.75, to: 1, count: 1, accuracy: 1, confidence: 1 },
  ])
  const wanted = (1 / 5) * 0.75 + (3 / 5) * (0.75 - 2 / 3)
  t.ok(Math.abs(error - wanted) < 1e-12, `${error}, not ${wanted}`)
  t.equal(calibration(prediction, data).bins.length, 15)
  const one = calibration(prediction, data, { bins: 1 })
  t.ok(Math.abs(one.error - Math.abs(4 / 5 - (3 * 0.75 + 1 + 0.25) / 5)) < 1e-12, 'one bin')
  const rounded = answers([[0, 1.0000001, 0, 0]], [1])
  t.equal(calibration(rounded.prediction, rounded.data).bins[14]!.count, 1, 'just above 1')
})

t.test('macro averages: each class that the samples have counts alike', async (t) => {
  // Label, predicted: class 0 has 4 samples, class 1 has 2 and is never predicted, class 2 has none.
  const confusion = new ConfusionMatrix(3, Int32Array.of(3, 0, 1, 2, 0, 0, 0, 0, 0))
  t.same(confusion.macro(), { precision: (3 / 5 + 0) / 2, recall: (3 / 4 + 0) / 2, f1: (6 / 9 + 0) / 2 })
})

t.test('what does not fit is refused by name', async (t) => {
  const { prediction, data } = answers(rows, [0, 0, 2, 3])
  for (const k of [0, 5, 1.5]) {
    t.throws(() => topKAccuracy(prediction, data, k), {
      name: 'ModelError',
      message: `topKAccuracy: k should be a whole number from 1 to 4, found ${k}.`,
    })
  }
  t.throws(() => calibration(prediction, data, { bins: 0 }), {
    message: /^calibration: bins should be a whole/,
  })
  t.throws(() => calibration(prediction, subset(data, [1])), {
    name: 'ModelError',
    message: /^few: expected a prediction of 4 probabilities for each of 1 samples, found 16 for 4 samples/,
  })
})
