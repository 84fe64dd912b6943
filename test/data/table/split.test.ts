import t from 'tap'
import { dataset } from '../../../src/data/make-dataset.js'
import { holdout } from '../../../src/data/splits.js'
import { readCsv } from '../../../src/data/table/csv.js'
import { holdoutRows } from '../../../src/data/table/split.js'

const table = readCsv(['x', ...Array.from({ length: 10 }, (_, i) => String(i))].join('\n'), 'f.csv')

t.test('rows are held back as samples are', async (t) => {
  const { train, validation } = holdoutRows(table, 0.3, { seed: 7 })
  const inputs = Float32Array.from({ length: 10 }, (_, i) => i)
  const set = dataset({ name: 'f', inputs, targets: new Uint8Array(10), sampleShape: [1], classes: 1 })
  const samples = holdout(set, 0.3, { seed: 7 })
  const numbers = ({ rows }: typeof train) => rows.map(([cell]) => Number(cell))
  t.same(numbers(validation), [...samples.validation.indices!])
  t.same(numbers(train), [...samples.train.indices!])
  t.same(
    validation.lines,
    numbers(validation).map((number) => number + 2),
  )
  t.throws(() => holdoutRows(table, 0.01), {
    name: 'DataError',
    message: /^f\.csv: expected a fraction that leaves/,
  })
})
