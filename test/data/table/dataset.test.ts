import t from 'tap'
import { readCsv } from '../../../src/data/table/csv.js'
import { tableDataset } from '../../../src/data/table/dataset.js'
import { learnEncoding } from '../../../src/data/table/encoding.js'

const table = readCsv('x,colour,kind\n1,red,b\n3,blue,a', 'f.csv')

t.test('a table is a data set of classes', async (t) => {
  const set = tableDataset(table, learnEncoding(table, { target: 'kind' }))
  t.same([...set.inputs], [-1, 0, 1, 1, 1, 0])
  t.same([...set.targets], [1, 0])
  t.same([set.name, set.count, set.sampleShape, set.classes, set.synthetic], ['f.csv', 2, [3], 2, false])
})

t.test('an encoding without a target makes no data set', async (t) => {
  t.throws(() => tableDataset(table, learnEncoding(table)), {
    name: 'DataError',
    message: /^f\.csv: expected an encoding with a target to learn, found one without/,
  })
})

t.test('numbers as targets, several to a row, and classes of more than a byte', async (t) => {
  const both = learnEncoding(table, { target: ['x'], ignore: ['kind'], standardise: false })
  const set = tableDataset(table, both)
  t.same([set.targets, set.targetShape, set.classes], [Float32Array.of(1, 3), [1], 0])
  const many = readCsv(['x,kind', ...Array.from({ length: 300 }, (_, i) => `1,k${i}`)].join('\n'), 'f')
  const wide = tableDataset(many, learnEncoding(many, { target: 'kind' }))
  t.same([wide.classes, wide.targets instanceof Int32Array], [300, true])
})
