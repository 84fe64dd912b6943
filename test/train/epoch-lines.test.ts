import t from 'tap'
import { ConfusionMatrix, csvHeader, csvLine, type EpochResult, jsonLine } from '../../src/index.js'

const confusion = new ConfusionMatrix(2, Int32Array.of(3, 1, 0, 4))
const epoch: EpochResult = {
  ...{
    epoch: 300,
    steps: 7,
    samples: 100,
    loss: 0.25,
    accuracy: 0.5,
    learningRate: 0.0625,
    seconds: 2,
    samplesPerSecond: 50,
  },
  ...{ validation: { samples: 8, loss: 0.125, accuracy: 0.875, confusion }, best: true, complete: true },
}
const plain: EpochResult = { ...epoch, epoch: 1, validation: null }

t.test('JSON lines and CSV hold an epoch a line, with empty places where nothing was measured', async (t) => {
  const log = jsonLine(plain) + jsonLine(epoch)
  const rows = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(rows[0], { epoch: 1, loss: 0.25, validationLoss: null, validationAccuracy: null, complete: true })
  t.match(rows[1], { epoch: 300, validationLoss: 0.125, validationAccuracy: 0.875, samplesPerSecond: 50 })
  t.ok(log.endsWith('\n'))

  const csv = (csvHeader() + csvLine(plain) + csvLine(epoch)).split('\r\n')
  t.equal(csv.length, 4)
  t.equal(csv[3], '')
  const names = csv[0]!.split(',')
  const [first, second] = [csv[1]!, csv[2]!].map((line) =>
    Object.fromEntries(line.split(',').map((value, i) => [names[i], value])),
  )
  t.match(first, { epoch: '1', loss: '0.25', validationLoss: '', complete: 'true' })
  t.match(second, { epoch: '300', validationAccuracy: '0.875', seconds: '2' })
  t.same(names, Object.keys(rows[1]))
})
