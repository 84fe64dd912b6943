import t from 'tap'
import { createEngine } from '../../src/index.js'
import { columnsOf, type Expected, Row, readExpected, tableOf } from './judge.js'
import { programs } from './programs.js'
import { type ReportLine, type ReportOptions, report } from './report.js'
import { type Outcome, runProgram } from './run.js'

const { programs: expected } = readExpected(
  new URL('../../../test/conformance/expected.json', import.meta.url),
)
const names = ['Adam', 'SGD']
const simd: ReportOptions = { engines: ['simd'], threads: [], programs: names }

/** A real report, line by line. */
async function linesOf(options: ReportOptions): Promise<ReportLine[]> {
  const lines: ReportLine[] = []
  for await (const line of report(options)) lines.push(line)
  return lines
}

/** The row that `lines` make. */
async function rowOf(
  lines: readonly ReportLine[],
  options = simd,
  hashes: Expected = expected,
  error?: Error,
) {
  const row = new Row('here', options, hashes)
  for (const line of lines) row.add(line)
  await row.finish(error)
  return row
}

const change = (lines: readonly ReportLine[], outcome: Partial<Outcome>) =>
  lines.map((line) => (line.type === 'outcome' && line.program === 'SGD' ? { ...line, ...outcome } : line))

t.test('a report of the expected bits passes', async (t) => {
  const row = await rowOf(await linesOf(simd))
  t.match(row.choice, /threads|simd/)
  t.same([row.count('passed'), row.count('failed', 'different', 'unsupported')], [1, 0])
  t.same(row.failures, [])
})

t.test('other weights and other losses are found, and where the losses leave the right way', async (t) => {
  const lines = await linesOf(simd)
  const weights = await rowOf(change(lines, { weights: 'f00d' }))
  t.equal(weights.count('different'), 1)
  t.match(weights.failures, [
    /^here, simd, SGD: expected weights [0-9a-f]{64}, found f00d; all losses are right\.$/,
  ])
  const engine = await createEngine({ engine: 'simd' })
  const { curve } = await runProgram(engine, programs.find(({ name }) => name === 'SGD')!)
  engine.close()
  const bent = curve.map((value, i) => (i === 6 ? value + 2 ** -40 : value))
  const losses = await rowOf(change(lines, { losses: 'f00d', curve: bent }))
  t.match(losses.failures, [
    new RegExp(`number 7 of ${curve.length}: expected ${curve[6]}, found ${bent[6]}`),
  ])
})

t.test('when the library itself gives other bits, that is said', async (t) => {
  const other = { ...expected, SGD: { weights: 'old', losses: 'old' } }
  const row = await rowOf(await linesOf(simd), simd, other)
  t.match(row.failures, [/expected weights old, .*the library differs, not the runtime/])
  const { SGD: _, ...fewer } = expected
  t.match((await rowOf(await linesOf(simd), simd, fewer)).failures, [/expected\.json has no such program/])
})

t.test('what is not said is not taken as right', async (t) => {
  const lines = await linesOf(simd)
  const cut = await rowOf(lines.slice(0, 2), simd, expected, new Error('it ended with code 3'))
  t.equal(cut.count('failed'), 1)
  t.same(cut.failures, ['here: it ended with code 3', 'here, simd: the report ends after 1 of 2 programs.'])
  const crashed = await rowOf(lines, simd, expected, new Error('it does not end'))
  t.equal(crashed.count('failed'), 1, 'a runtime that fails after its last program has failed')
  const failed = await rowOf([
    { type: 'failed', engine: 'simd', threads: 1, program: 'SGD', error: 'no memory' },
  ])
  t.same(failed.failures, ['here, simd: SGD: no memory'])
})

t.test('the table keeps not supported, not installed and failed apart', async (t) => {
  const options: ReportOptions = { engines: ['simd', 'threads'], threads: [2, 3], programs: names }
  t.same(columnsOf(options), ['simd', 'threads 2', 'threads 3'])
  const lines = await linesOf(simd)
  const row = await rowOf(
    [...lines, { type: 'unsupported', engine: 'threads', reason: 'no workers' }],
    options,
  )
  t.equal(row.count('unsupported'), 2)
  t.same(row.failures, [])
  const failed = await rowOf(change(lines, { weights: 'f00d' }))
  const missing = { title: 'elsewhere', missing: 'install it' }
  const [head, rule, first, second, third, , legend] = tableOf(
    [row, failed, missing],
    columnsOf(options),
  ).split('\n')
  t.match(head, /^\| runtime +\| simd +\| threads 2 +\| threads 3 +\|$/)
  t.match(rule, /^[| -]+$/)
  t.match(first, /^\| here +\| [0-9a-f]{8} +\| no \(a\) +\| no \(a\) +\|$/)
  t.match(second, /^\| here +\| [0-9a-f]{8} ≠ +\| +\| +\|$/)
  t.match(third, /^\| elsewhere +\|( not installed +\|){3}$/)
  t.equal(legend, '(a) not supported here: no workers')
})
