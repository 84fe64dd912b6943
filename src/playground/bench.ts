/** The page that measures the engines in a browser. */
import { type BenchmarkEngine, benchmarkEngines } from '../benchmark/engines.js'
import {
  type BenchmarkReport,
  benchmarkMarkdown,
  benchmarkNotes,
  benchmarkTables,
  describeMachine,
  describeMethod,
} from '../benchmark/report.js'
import type { BenchmarkResult, BenchmarkRun } from '../benchmark/run.js'
import { benchmarkCharts } from '../report/benchmark-charts.js'
import type { News, Order } from './bench-messages.js'
import { thisBrowser } from './browser.js'

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

const only = element<HTMLSelectElement>('only')
const length = element<HTMLSelectElement>('length')
const controls = element<HTMLFormElement>('controls')
const runButton = element<HTMLButtonElement>('run')
const stopButton = element<HTMLButtonElement>('stop')
const error = element('error')

/** Choices in the page's address, which take the place of those on the page: only, engines, windows, seconds. */
const address = new URLSearchParams(location.search)
const machine = thisBrowser()
let worker: Worker | null = null
let results: BenchmarkResult[] = []
let report: BenchmarkReport | null = null

function orderFromPage(): Extract<Order, { type: 'start' }> {
  const [windows, seconds] = length.value.split(' ').map(Number) as [number, number]
  const list = (name: string) => address.get(name)?.split(',')
  const chosen = list('engines')
  return {
    type: 'start',
    only: list('only') ?? only.value.split(','),
    engines: benchmarkEngines.filter((name) => !chosen || chosen.includes(name)),
    windows: Number(address.get('windows') ?? windows),
    seconds: Number(address.get('seconds') ?? seconds),
  }
}

controls.addEventListener('submit', (event) => {
  event.preventDefault()
  const order = orderFromPage()
  results = []
  report = null
  showError(null)
  element('copy').hidden = true
  element('report').hidden = true
  setRunning(true)
  showProgress(0, 'starting')
  worker?.terminate()
  worker = new Worker(new URL('bench-worker.js', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data: news }: MessageEvent<News>) => hear(news, order))
  worker.addEventListener('error', ({ message }) => end(message || 'The worker could not be started.'))
  worker.postMessage(order)
})

stopButton.addEventListener('click', () => {
  stopButton.disabled = true
  worker?.postMessage({ type: 'stop' } satisfies Order)
})

function hear(news: News, order: Extract<Order, { type: 'start' }>): void {
  switch (news.type) {
    case 'progress':
      showProgress(news.done, `${Math.ceil(news.secondsLeft)} s left, ${news.label}`)
      break
    case 'result':
      results.push(news.result)
      drawResults({ ...partial(order), results })
      break
    case 'done':
      report = { machine, ...news.run }
      showReport(report)
      end(null)
      break
    case 'failed':
      end(news.reason)
  }
}

/** What there is to draw before the end of a run. */
function partial({ windows, seconds }: Extract<Order, { type: 'start' }>): BenchmarkRun {
  const measured = new Set(results.flatMap(({ engines }) => Object.keys(engines) as BenchmarkEngine[]))
  return {
    ...{ windows, seconds, unavailable: [], results, complete: true },
    engines: [...measured].map((name) => ({ name, threads: 1, description: name })),
  }
}

function end(reason: string | null): void {
  worker?.terminate()
  worker = null
  setRunning(false)
  showError(reason)
}

function setRunning(running: boolean): void {
  for (const control of [only, length, runButton]) control.disabled = running
  stopButton.hidden = !running
  stopButton.disabled = false
  element('progress').hidden = !running
}

function showProgress(done: number, text: string): void {
  element<HTMLProgressElement>('bar').value = done
  element('left').textContent = text
}

function showError(reason: string | null): void {
  error.hidden = reason === null
  error.textContent = reason
}

function drawResults(run: BenchmarkRun): void {
  element('report').hidden = false
  element('machine').textContent = describeMachine(machine)
  const charts = element('charts')
  const width = Math.max(300, charts.clientWidth)
  // The texts of charts hold nothing but names of benchmarks and engines.
  charts.innerHTML = benchmarkCharts(run, width).join('\n')
}

function showReport(run: BenchmarkReport): void {
  drawResults(run)
  element('method').textContent = describeMethod(run)
  const items = benchmarkNotes(run).map((note) => withText('li', note))
  element('notes').replaceChildren(...items)
  element('tables').replaceChildren(...benchmarkTables(run).map(({ rows }) => tableOf(rows)))
  element('copy').hidden = false
}

function withText(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag)
  made.textContent = text
  return made
}

function tableOf([header, ...rows]: readonly (readonly string[])[]): HTMLTableElement {
  const table = document.createElement('table')
  const head = table.createTHead().insertRow()
  head.append(...header!.map((cell) => withText('th', cell)))
  const body = table.createTBody()
  for (const row of rows) body.insertRow().append(...row.map((cell) => withText('td', cell)))
  return table
}

async function copy(text: string): Promise<void> {
  const copied = element('copied')
  try {
    await navigator.clipboard.writeText(text)
    copied.textContent = 'Copied.'
  } catch {
    copied.textContent = 'The browser does not let this page copy.'
  }
}

element('copy-json').addEventListener('click', () => copy(JSON.stringify(report)))
element('copy-markdown').addEventListener('click', () => copy(benchmarkMarkdown(report!)))

addEventListener('resize', () => {
  if (report) drawResults(report)
})
