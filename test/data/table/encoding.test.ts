import t from 'tap'
import { readCsv } from '../../../src/data/table/csv.js'
import {
  completeRows,
  type EncodingOptions,
  encodeTable,
  learnEncoding,
} from '../../../src/data/table/encoding.js'

/** Numbers as they are. */
const raw = { standardise: false } as const

const flowers = readCsv(
  ['id,length,colour,kind', '1,1.5,red,a', '2,-2e1,blue,b', '3,.25,red,a', '4,7,green,c'].join('\n'),
  'flowers.csv',
)

t.test(
  'numbers stay, categories become one element each, and a target of texts becomes classes',
  async (t) => {
    const encoding = learnEncoding(flowers, { ...raw, target: 'kind', ignore: ['id'] })
    t.same(JSON.parse(JSON.stringify(encoding)), {
      inputs: [
        { type: 'number', column: 'length', fill: null, mean: 0, deviation: 1 },
        { type: 'category', column: 'colour', categories: ['blue', 'green', 'red'], fill: null },
      ],
      targets: [{ type: 'category', column: 'kind', categories: ['a', 'b', 'c'], fill: null }],
    })
    const encoded = encodeTable(flowers, encoding)
    t.same([...encoded.inputs], [1.5, 0, 0, 1, -20, 1, 0, 0, 0.25, 0, 0, 1, 7, 0, 1, 0])
    t.same(encoded.targets, Int32Array.of(0, 1, 0, 2))
    t.same([encoded.size, encoded.unseen, encoded.classNames], [4, 0, ['a', 'b', 'c']])
  },
)

t.test(
  'a target of numbers is a regression, several at once too, unless it is asked for as classes',
  async (t) => {
    const one = encodeTable(
      flowers,
      learnEncoding(flowers, { ...raw, target: 'length', ignore: ['id', 'kind'] }),
    )
    t.same(one.targets, Float32Array.of(1.5, -20, 0.25, 7))
    const two = learnEncoding(flowers, { ...raw, target: ['id', 'length'], ignore: ['kind'] })
    t.same(encodeTable(flowers, two).targets, Float32Array.of(1, 1.5, 2, -20, 3, 0.25, 4, 7))
    const classes = learnEncoding(flowers, { target: 'id', task: 'classes' })
    t.same(encodeTable(flowers, classes).classNames, ['1', '2', '3', '4'])
    t.same(encodeTable(flowers, learnEncoding(flowers)).targets, null)
  },
)

t.test(
  'an encoding serves other rows of the same columns, in any order; a category it never saw is counted',
  async (t) => {
    const encoding = learnEncoding(flowers, { ...raw, target: 'kind', ignore: ['id'] })
    const others = readCsv('colour,kind,extra,length\nblue,b,x,3\nviolet,a,x,4', 'others.csv')
    const encoded = encodeTable(others, encoding)
    t.same([...encoded.inputs], [3, 1, 0, 0, 4, 0, 0, 0])
    t.equal(encoded.unseen, 1)
  },
)

t.test('missing values: left out, filled with the mean, or named by line and column', async (t) => {
  const gaps = readCsv('a,b\n1,x\nNA,y\n3,?\n5,y', 'gaps.csv')
  const { table, dropped } = completeRows(gaps)
  t.same([table.rows.length, table.lines, dropped], [2, [2, 5], 2])
  t.same(completeRows(gaps, ['a']).dropped, 1)
  const filled = encodeTable(gaps, learnEncoding(gaps, { ...raw, ignore: ['b'], missing: 'mean' }))
  t.same([...filled.inputs], [1, 3, 3, 5])
  const frequent = learnEncoding(gaps, { ignore: ['a'], missing: 'mean' })
  t.same([...encodeTable(gaps, frequent).inputs], [1, 0, 0, 1, 0, 1, 0, 1])
  t.throws(() => encodeTable(gaps, learnEncoding(gaps, { ignore: ['b'] })), {
    name: 'DataError',
    message:
      'gaps.csv: line 3, column "a": expected a number, found a missing value, "NA": leave such rows out or fill them',
  })
  t.throws(() => encodeTable(gaps, learnEncoding(gaps, { target: 'b' })), { message: /line 3, column "a"/ })
  t.throws(() => completeRows(readCsv('a\n?', 'x')), {
    message: /^x: expected rows without missing values, found none$/,
  })
})

t.test('what cannot be learnt or read is named by file, line, column, expected and found', async (t) => {
  const numbers = ['v', ...Array.from({ length: 99 }, (_, i) => String(i)), 'oops'].join('\n')
  const names = ['v,w', ...Array.from({ length: 1001 }, (_, i) => `n${i},1`)].join('\n')
  const learnt: [text: string, options: EncodingOptions, message: RegExp][] = [
    [
      numbers,
      {},
      /^f: line 101, column "v": expected a number as in 99 of the column's 100 values, found "oops"/,
    ],
    [
      names,
      {},
      /^f: column "v": expected numbers or at most 1000 categories, found 1001 different texts, such as "n0"/,
    ],
    ['a,b\n1,x', { target: 'b' }, /^f: column "b": expected two or more classes, found "x" alone$/],
    ['a,b,c\n1,2,3', { target: 'a', ignore: ['a'] }, /^f: column "a": expected once among target and ignore/],
    [
      'a,b,c\n1,2,3\n2,3,4',
      { target: ['a', 'b'], categories: ['a'] },
      /^f: column "a": expected numbers where several columns are targets/,
    ],
    ['a,b\n1,\n2,', {}, /^f: column "b": expected values, found none: leave it out$/],
    ['a\n1', { target: 'z' }, /^f: expected a column called "z", found "a"$/],
    ['a\n1', { target: 'a' }, /^f: expected columns besides the target and those left out, found none$/],
    [
      'a,b\n1,x',
      { target: 'b', task: 'numbers' },
      /^f: line 2, column "b": expected a number as in 0 of .* found "x"/,
    ],
  ]
  for (const [text, options, message] of learnt) {
    t.throws(
      () => learnEncoding(readCsv(text, 'f'), options),
      { name: 'DataError', message },
      text.slice(0, 30),
    )
  }
  t.same(learnEncoding(readCsv(numbers, 'f'), { categories: ['v'] }).inputs[0]!.type, 'category')
  const encoding = learnEncoding(flowers, { ...raw, target: 'kind', ignore: ['id'] })
  const read: [text: string, message: RegExp][] = [
    ['colour,kind\nred,a', /^f: expected a column called "length", found "colour", "kind"$/],
    ['length,colour,kind\nred,red,a', /^f: line 2, column "length": expected a number, found "red"$/],
    ['length,colour,kind\n1e99,red,a', /^f: line 2, column "length": expected a number, found "1e99"$/],
    ['length,colour,kind\n0x10,red,a', /^f: line 2, column "length": expected a number, found "0x10"$/],
    [
      'length,colour,kind\n1,red,z',
      /^f: line 2, column "kind": expected a class that the training part has, found "z"$/,
    ],
    [
      'length,colour,kind\n1,?,a',
      /^f: line 2, column "colour": expected a category, found a missing value, "\?"/,
    ],
  ]
  for (const [text, message] of read) {
    t.throws(() => encodeTable(readCsv(text, 'f'), encoding), { name: 'DataError', message }, text)
  }
})

t.test('columns of numbers come to mean 0 and deviation 1, as they were where it was learnt', async (t) => {
  const table = readCsv('x,same,y\n1,7,10\n3,7,30', 'f')
  const encoding = learnEncoding(table, { target: 'y' })
  t.same(encoding.inputs, [
    { type: 'number', column: 'x', fill: null, mean: 2, deviation: 1 },
    { type: 'number', column: 'same', fill: null, mean: 7, deviation: 1 },
  ])
  const others = encodeTable(readCsv('x,same,y\n4,7.5,50', 'f'), encoding)
  t.same([...others.inputs, ...others.targets!], [2, 0.5, 3])
})

t.test('categories are in an order of their own, whatever row is first', async (t) => {
  const column = (...cells: string[]) =>
    learnEncoding(readCsv(['v,w', ...cells.map((cell) => `${cell},1`)].join('\n'), 'f'), {
      categories: ['v'],
    })
  const categories = (...cells: string[]) => {
    const [first] = column(...cells).inputs
    return first!.type === 'category' ? first!.categories : []
  }
  t.same(categories('10', 'b', '9', 'a', '1e1', 'B'), ['9', '10', '1e1', 'B', 'a', 'b'])
  t.same(categories('B', 'a', '9', '1e1', 'b', '10'), ['9', '10', '1e1', 'B', 'a', 'b'])
})
