import t from 'tap'
import { readCsv } from '../../../src/data/table/csv.js'
import { readJsonLines } from '../../../src/data/table/json-lines.js'

t.test(
  'cells in quotes hold delimiters, line breaks and quotes; lines are counted by the file',
  async (t) => {
    const table = readCsv('name,text\r\n"a","x, ""y""\r\nz"\r\n\r\nb,2\r\n', 'file.csv')
    t.same(table, {
      name: 'file.csv',
      columns: ['name', 'text'],
      rows: [
        ['a', 'x, "y"\r\nz'],
        ['b', '2'],
      ],
      lines: [2, 5],
    })
  },
)

t.test(
  'the delimiter is told from the rows, names can be absent, and a byte order mark is no part of one',
  async (t) => {
    t.same(readCsv('\uFEFFa;b\n1,5;2', 'x').columns, ['a', 'b'])
    t.same(readCsv('a\tb\n1\t2', 'x').rows, [['1', '2']])
    const bare = readCsv(new TextEncoder().encode('1,2\n3,4'), 'x', { header: false })
    t.same([bare.columns, bare.rows.length, bare.lines], [['0', '1'], 2, [1, 2]])
    t.same(readCsv('a\n1\n2\n', 'x').rows, [['1'], ['2']], 'one column')
  },
)

t.test('what is wrong is named by file, line, expected and found', async (t) => {
  const cases: [text: string, message: RegExp][] = [
    ['', /^f\.csv: expected rows of cells, found an empty file$/],
    ['a,b\n', /^f\.csv: expected rows after the names of the columns in line 1, found none$/],
    ['a,b\n1,2\n3\n', /^f\.csv: line 3: expected 2 cells as in line 1, found 1$/],
    ['a,b\n"x\ny",2\n3,4,5\n', /^f\.csv: line 4: expected 2 cells as in line 1, found 3$/],
    ['a,b\n1,"2\n', /^f\.csv: line 2: a cell opens a quote that never closes$/],
    ['a,b\n1,"2"x\n', /^f\.csv: line 2: a cell goes on after its closing quote/],
    [
      'a,a\n1,2\n',
      /^f\.csv: line 1: expected a name of its own for each column, found 'a' for columns 1 and 2$/,
    ],
    ['a,,c\n1,2,3\n', /^f\.csv: line 1: expected a name for column 2, found an empty cell$/],
  ]
  for (const [text, message] of cases) {
    t.throws(() => readCsv(text, 'f.csv'), { name: 'DataError', message }, JSON.stringify(text))
  }
})

t.test('JSON lines become the same tables; lists and objects have columns of their own', async (t) => {
  const table = readJsonLines(
    '{"x":[1,2.5],"of":{"kind":"a"},"ok":true}\n\n{"x":[3,4],"of":{"kind":null},"ok":false}',
    'f',
  )
  t.same(table.columns, ['x.0', 'x.1', 'of.kind', 'ok'])
  t.same(table.rows, [
    ['1', '2.5', 'a', 'true'],
    ['3', '4', '', 'false'],
  ])
  t.same(table.lines, [1, 3])
  t.same(readJsonLines('{"__proto__":1,"constructor":2}', 'f').columns, ['__proto__', 'constructor'])
})

t.test('lines that are no objects of the same fields are refused by their number', async (t) => {
  const deep = `{"a":${'['.repeat(2000)}1${']'.repeat(2000)}}`
  const cases: [text: string, message: RegExp][] = [
    ['', /^f: expected a JSON object a line, found an empty file$/],
    ['{"a":1}\n[1]', /^f: line 2: expected a JSON object, found "\[1\]"$/],
    ['{"a":1}\n{"a":1', /^f: line 2: expected a JSON object, found /],
    ['{"a":1}\n{"b":1}', /^f: line 2: expected the fields of line 1, found none called "a"$/],
    ['{"a":1}\n{"a":1,"b":2}', /^f: line 2: expected the fields of line 1, found "b" too$/],
    [deep, /^f: line 1: expected at most 32 levels of objects, found more$/],
  ]
  for (const [text, message] of cases) {
    t.throws(() => readJsonLines(text, 'f'), { name: 'DataError', message }, text.slice(0, 40))
  }
})
