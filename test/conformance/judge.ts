import { readFileSync } from 'node:fs'
import { createEngine, type EngineName } from '../../src/index.js'
import { programs } from './programs.js'
import { countsOf, type ReportLine, type ReportOptions } from './report.js'
import { fingerprintOfSet, type Outcome, runProgram } from './run.js'

/** By program, the hashes that everything has to give. */
export type Expected = Readonly<Record<string, Pick<Outcome, 'weights' | 'losses'>>>

/** What expected.json holds. */
export interface ExpectedFile {
  /** Why these are the right bits. */
  readonly reason: string
  readonly programs: Expected
}

export function readExpected(file: URL | string): ExpectedFile {
  return JSON.parse(readFileSync(file, 'utf8')) as ExpectedFile
}

type Cell =
  | { readonly state: 'passed' | 'different'; readonly fingerprint: string }
  | { readonly state: 'failed' }
  | { readonly state: 'unsupported'; readonly reason: string }

type OutcomeLine = Extract<ReportLine, { type: 'outcome' }>

/** Digits of a set's fingerprint that are shown. */
const SHOWN = 8

/** Columns of the table: an engine, or an engine with a number of threads. */
export function columnsOf({ engines, threads }: Pick<ReportOptions, 'engines' | 'threads'>): string[] {
  return engines.flatMap((engine) => countsOf(engine, threads).map((count) => columnOf(engine, count)))
}

function columnOf(engine: EngineName, threads: number): string {
  return engine.endsWith('threads') ? `${engine} ${threads}` : engine
}

/** One runtime in the table: judges the lines of its report as they come. */
export class Row {
  /** The engine that the library chooses there, and why. */
  choice = ''
  readonly cells = new Map<string, Cell>()
  /** Sentences on what went wrong. */
  readonly failures: string[] = []
  private readonly outcomes = new Map<string, OutcomeLine[]>()

  constructor(
    readonly title: string,
    private readonly options: ReportOptions,
    private readonly expected: Expected,
  ) {}

  add(line: ReportLine): void {
    if (line.type === 'begin') this.choice = line.choice
    else if (line.type === 'outcome') {
      const column = columnOf(line.engine, line.threads)
      const outcomes = this.outcomes.get(column) ?? []
      this.outcomes.set(column, [...outcomes, line])
    } else if (line.type === 'unsupported') {
      for (const column of columnsOf({ ...this.options, engines: [line.engine] })) {
        this.cells.set(column, { state: 'unsupported', reason: line.reason })
      }
    } else if (line.type === 'failed') {
      const { engine, threads, program, error } = line
      this.fail(columnOf(engine, threads), `${program === undefined ? '' : `${program}: `}${error}`)
    }
  }

  /** Judges what has come. `error` says why no more will, if the runtime failed. */
  async finish(error?: Error): Promise<void> {
    const columns = columnsOf(this.options)
    const { length: wanted } = this.options.programs
    if (error) this.failures.push(`${this.title}: ${error.message}`)
    for (const column of columns) {
      if (this.cells.has(column)) continue
      const outcomes = this.outcomes.get(column) ?? []
      if (outcomes.length === wanted) await this.judge(column, outcomes)
      else this.fail(column, `the report ends after ${outcomes.length} of ${wanted} programs.`)
    }
    // A runtime that crashes after its last program has not passed.
    if (error && !this.count('failed')) this.cells.set(columns.at(-1)!, { state: 'failed' })
  }

  count(...states: Cell['state'][]): number {
    return [...this.cells.values()].filter(({ state }) => states.includes(state)).length
  }

  private fail(column: string, reason: string): void {
    this.cells.set(column, { state: 'failed' })
    this.failures.push(`${this.title}, ${column}: ${reason}`)
  }

  private async judge(column: string, outcomes: readonly OutcomeLine[]): Promise<void> {
    const wrong = outcomes.filter((outcome) => !agrees(outcome, this.expected[outcome.program]))
    const fingerprint = (await fingerprintOfSet(outcomes)).slice(0, SHOWN)
    this.cells.set(column, { state: wrong.length === 0 ? 'passed' : 'different', fingerprint })
    for (const outcome of wrong) {
      const reason = await explain(outcome, this.expected[outcome.program])
      this.failures.push(`${this.title}, ${column}, ${outcome.program}: ${reason}`)
    }
  }
}

type Hashes = Expected[string] | undefined

function agrees({ weights, losses }: Outcome, expected: Hashes): boolean {
  return weights === expected?.weights && losses === expected.losses
}

/** Where an outcome leaves the expected way: told by the simd engine of this Node. */
async function explain(found: OutcomeLine, expected: Hashes): Promise<string> {
  const program = programs.find(({ name }) => name === found.program)
  if (!program || !expected) return 'expected.json has no such program.'
  const engine = await createEngine({ engine: 'simd' })
  const right = await runProgram(engine, program)
  engine.close()
  const difference = `expected weights ${expected.weights}, found ${found.weights}`
  if (agrees(found, right))
    return `${difference}, as with the simd engine of this Node: the library differs, not the runtime.`
  if (!agrees(right, expected))
    return `${difference}; the simd engine of this Node gives yet others, ${right.weights}.`
  const at = right.curve.findIndex((value, i) => value !== found.curve[i])
  if (at < 0) return `${difference}; all losses are right.`
  return `${difference}; of the losses the first that differs is number ${at + 1} of ${right.curve.length}: expected ${right.curve[at]}, found ${found.curve[at]}.`
}

/** A line of the table: what a runtime has done, or that there is none. */
export type TableRow = Row | { readonly title: string; readonly missing: string }

/** The rows as a Markdown table, and below it what its letters stand for. */
export function tableOf(rows: readonly TableRow[], columns: readonly string[]): string {
  const letters = new Map<string, string>()
  const letterOf = (reason: string) => {
    if (!letters.has(reason)) letters.set(reason, String.fromCharCode(0x61 + letters.size))
    return letters.get(reason)!
  }
  const cellOf = (cell: Cell | undefined) => {
    if (cell === undefined) return ''
    if (cell.state === 'failed') return 'failed'
    if (cell.state === 'unsupported') return `no (${letterOf(cell.reason)})`
    return cell.state === 'passed' ? cell.fingerprint : `${cell.fingerprint} ≠`
  }
  const lines = [
    ['runtime', ...columns],
    ...rows.map((row) => [
      row.title,
      ...columns.map((column) => ('missing' in row ? 'not installed' : cellOf(row.cells.get(column)))),
    ]),
  ]
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  const show = (line: readonly string[]) =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const [head, ...body] = lines
  const table = [show(head!), show(widths.map((width) => '-'.repeat(width))), ...body.map(show)]
  const legend = [...letters].map(([reason, letter]) => `(${letter}) not supported here: ${reason}`)
  return [...table, ...(legend.length > 0 ? ['', ...legend] : [])].join('\n')
}
