/** Compares what runtimes report with what is expected, and makes a table of it. */
import { createEngine } from '../../build/src/index.js'
import { programs } from '../../build/test/conformance/programs.js'
import { fingerprintOfSet, runProgram } from '../../build/test/conformance/run.js'

/** Digits of a set's fingerprint that are shown. */
const SHOWN = 8

const nameOf = ({ engine, threads }) => (engine.endsWith('threads') ? `${engine} ${threads}` : engine)

/** Columns of the table: an engine, or an engine with a number of threads. */
export const columnsOf = ({ engines, threads }) =>
  engines.flatMap((engine) =>
    (engine.endsWith('threads') ? threads : [1]).map((count) => nameOf({ engine, threads: count })),
  )

/** Judges one runtime's lines as they come. */
export class Row {
  choice = ''
  /** By column: 'passed' with the fingerprint, 'failed', or 'unsupported' with the reason. */
  cells = new Map()
  /** Sentences on what went wrong. */
  failures = []
  #outcomes = new Map()

  constructor(title, options, expected) {
    this.title = title
    this.options = options
    this.expected = expected
  }

  add(line) {
    if (line.type === 'begin') this.choice = line.choice
    else if (line.type === 'outcome') {
      const column = nameOf(line)
      if (!this.#outcomes.has(column)) this.#outcomes.set(column, [])
      this.#outcomes.get(column).push(line)
    } else if (line.type === 'unsupported') {
      for (const column of columnsOf({ ...this.options, engines: [line.engine] })) {
        this.cells.set(column, { state: 'unsupported', reason: line.reason })
      }
    } else if (line.type === 'failed') {
      const program = line.program === undefined ? '' : `, ${line.program}`
      this.fail(nameOf(line), `${line.error}`, program)
    }
  }

  fail(column, reason, program = '') {
    this.cells.set(column, { state: 'failed' })
    this.failures.push(`${this.title}, ${column}${program}: ${reason}`)
  }

  /** Judges what has come; `error` is why no more will, if something went wrong. */
  async finish(error) {
    const columns = columnsOf(this.options)
    if (error) this.failures.push(`${this.title}: ${error.message}`)
    for (const column of columns) {
      if (this.cells.has(column)) continue
      const outcomes = this.#outcomes.get(column) ?? []
      if (outcomes.length < this.options.programs.length) {
        this.cells.set(column, { state: 'failed' })
        const done = `${outcomes.length} of ${this.options.programs.length} programs`
        this.failures.push(`${this.title}, ${column}: the report ends after ${done}.`)
      } else await this.#judge(column, outcomes)
    }
    // A runtime that crashes after its last cell has not passed.
    if (error && columns.every((column) => this.cells.get(column).state !== 'failed')) {
      this.cells.set(columns.at(-1), { state: 'failed' })
    }
  }

  async #judge(column, outcomes) {
    const wrong = outcomes.filter(({ program, weights, losses }) => {
      const { [program]: expected } = this.expected
      return weights !== expected?.weights || losses !== expected.losses
    })
    const fingerprint = (await fingerprintOfSet(outcomes)).slice(0, SHOWN)
    this.cells.set(column, { state: wrong.length === 0 ? 'passed' : 'different', fingerprint })
    for (const outcome of wrong) {
      this.failures.push(
        `${this.title}, ${column}, ${outcome.program}: ${await explain(outcome, this.expected)}`,
      )
    }
  }
}

/** Where an outcome leaves the expected way. */
async function explain({ program: name, weights, losses, curve }, expected) {
  const program = programs.find((one) => one.name === name)
  const engine = await createEngine({ engine: 'simd' })
  const right = await runProgram(engine, program)
  engine.close()
  const { weights: wanted = 'no weights', losses: wantedLosses } = expected[name] ?? {}
  if (right.weights === weights && right.losses === losses) {
    return `expected weights ${wanted}, found ${weights}; the simd engine of this Node gives the same, so it is not the runtime that differs.`
  }
  if (right.weights !== wanted || right.losses !== wantedLosses) {
    return `expected weights ${wanted}, found ${weights}; the simd engine of this Node gives yet others, ${right.weights}.`
  }
  const at = right.curve.findIndex((value, i) => value !== curve[i])
  const where =
    at < 0
      ? 'all losses are right'
      : `figure ${at + 1} of ${right.curve.length} of the losses is the first that differs: expected ${right.curve[at]}, found ${curve[at]}`
  return `expected weights ${wanted}, found ${weights}; ${where}.`
}

/** The rows as a Markdown table, and below it what its letters stand for. */
export function tableOf(rows, columns) {
  const notes = new Map()
  const noteOf = (reason) => {
    if (!notes.has(reason)) notes.set(reason, String.fromCharCode('a'.charCodeAt(0) + notes.size))
    return notes.get(reason)
  }
  const cellOf = (cell) => {
    if (cell === undefined) return ''
    if (cell.state === 'passed') return cell.fingerprint
    if (cell.state === 'different') return `${cell.fingerprint} ≠`
    return cell.state === 'failed' ? 'failed' : `— (${noteOf(cell.reason)})`
  }
  const lines = [
    ['runtime', ...columns],
    ...rows.map(({ title, missing, cells }) =>
      missing === undefined
        ? [title, ...columns.map((column) => cellOf(cells.get(column)))]
        : [title, ...columns.map(() => 'not installed')],
    ),
  ]
  const widths = lines[0].map((_, i) => Math.max(3, ...lines.map((line) => line[i].length)))
  const show = (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  const [head, ...body] = lines
  const table = [show(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(show)]
  const legend = [...notes].map(([reason, letter]) => `(${letter}) not supported here: ${reason}`)
  return [...table, ...(legend.length > 0 ? ['', ...legend] : [])].join('\n')
}
