/**
 * Measures our engine and the peers on the same workloads in one run, window by window in turn, and prints Markdown:
 * `node bench/peers/run.mjs [W1 W2 gemm1024 ...] [--peer NAME]... [--windows 5] [--seconds 0.5] [--threads 2]`.
 * With `--threads` those that can are measured with so many threads too; their figures stand behind a slash.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openImages, peers, startPeer } from './index.mjs'
import { products, workloads } from './workloads.mjs'

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        peer: { type: 'string', multiple: true, default: peers.slice(1).map(({ name }) => name) },
        windows: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '0.5' },
        threads: { type: 'string', default: '1' },
      },
    })
  } catch (error) {
    return stop(error.message)
  }
})()
const known = [...Object.keys(workloads), ...Object.keys(products)]
const [windows, seconds, mostThreads] = ['windows', 'seconds', 'threads'].map((name) => {
  const value = Number(values[name])
  if (!(value > 0)) stop(`--${name}: expected a number above 0, found '${values[name]}'.`)
  return value
})
for (const id of positionals) {
  if (!known.includes(id)) stop(`Expected workloads out of ${known.join(', ')}, found '${id}'.`)
}
for (const name of values.peer) {
  if (!peers.some((peer) => peer.name === name))
    stop(`--peer: expected one of ${peers.map((peer) => peer.name).join(', ')}, found '${name}'.`)
}

function stop(sentence) {
  console.error(sentence)
  process.exit(2)
}

const images = (() => {
  try {
    return openImages()
  } catch (error) {
    return stop(error.message)
  }
})()
const notes = []
const [ourselves] = peers
const wanted = peers.filter(({ name }, i) => i === 0 || values.peer.includes(name))
const groups = []
for (const info of wanted) {
  const group = { info, runs: [] }
  for (const threads of mostThreads > 1 && info.threaded ? [1, mostThreads] : [1]) {
    try {
      group.runs.push(await startPeer(info.name, { folder: images.folder, threads }))
    } catch (error) {
      notes.push(threads > 1 ? `${info.name}, ${threads} threads: ${error.message}` : error.message)
    }
  }
  groups.push(group)
}
images.remove()

/** The sign of a footnote. */
function note(text) {
  if (!notes.includes(text)) notes.push(text)
  return ` [${notes.indexOf(text) + 1}]`
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const title = ({ info, runs }) => (runs.length > 0 ? `${info.name} ${runs[0].version}` : info.name)
const figure = (value, id) =>
  id in products || value < 1000 ? value.toPrecision(3) : `${(value / 1000).toPrecision(3)}k`
const ratio = (value) => (value < 100 ? value.toPrecision(2) : value.toFixed(0))
const markdown = (rows) => {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(rows[0]), line(rows[0].map(() => '---')), ...rows.slice(1).map(line)].join('\n')
}

/** A window that takes so many times as long as it should, since one step does, is a peer's only one. */
const SLOW = 10

async function measure(id) {
  const found = new Map()
  const running = groups.flatMap(({ info, runs }) => runs.map((run) => ({ info, run })))
  const done = new Set()
  for (let window = -1; window < windows; window++) {
    for (const { info, run } of running) {
      if (done.has(run)) continue
      const start = performance.now()
      try {
        const speed = await run.speed(id, seconds)
        if (window < 0) found.set(run, [])
        else found.get(run).push(speed)
        if (window >= 0 && info !== ourselves && performance.now() - start > SLOW * 1000 * seconds)
          done.add(run)
      } catch (error) {
        found.set(run, error)
        done.add(run)
        note(noteOf(info, run, error))
      }
    }
  }
  return found
}

const noteOf = (info, { threads }, error) =>
  `${info.name}${threads > 1 ? `, ${threads} threads` : ''}: ${error.message}`

/** A peer's figure, how many times ours is that, and the better one of more threads. */
function cell({ info, runs }, id, found, ours) {
  const texts = runs.map((run) => {
    const speeds = found.get(run)
    if (speeds instanceof Error) return `no${note(noteOf(info, run, speeds))}`
    const differs = info.differs[id] ? note(`${info.name}: ${info.differs[id]}`) : ''
    const times =
      ours && speeds !== ours ? ` (${ratio(median(speeds.map((speed, i) => ours[i] / speed)))}x)` : ''
    return `${figure(median(speeds), id)}${times}${differs}`
  })
  return texts.length > 0 ? texts.join(' / ') : 'not installed'
}

async function lossCell({ info, runs }, id, found) {
  const run = runs[0]
  if (!run || found.get(run) instanceof Error) return '-'
  try {
    const { steps, first, last } = await run.learn(id, seconds)
    const fell = last < first ? '' : note(`${info.name}: its loss does not fall.`)
    return `${first.toPrecision(4)} → ${last.toPrecision(4)} in ${steps}${fell}`
  } catch (error) {
    return `no${note(noteOf(info, run, error))}`
  }
}

const speedRows = [['samples/s, GFLOP/s', ...groups.map(title)]]
const lossRows = [['loss on one batch, before and after so many steps', ...groups.map(title)]]
for (const id of positionals.length > 0 ? positionals : known) {
  const found = await measure(id)
  const ours = found.get(groups[0].runs[0])
  speedRows.push([
    id,
    ...groups.map((group) => cell(group, id, found, ours instanceof Error ? undefined : ours)),
  ])
  if (id in products) continue
  const cells = []
  for (const group of groups) cells.push(await lossCell(group, id, found))
  lossRows.push([id, ...cells])
}
for (const { runs } of groups) for (const run of runs) run.close()

console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}; ${images.title}.`)
console.log(
  `Medians of ${windows} windows of ${seconds} s, measured in turn; in brackets how many times as fast lanegrad is.`,
)
console.log(mostThreads > 1 ? `One thread / ${mostThreads} threads.\n` : 'One thread.\n')
console.log(`${markdown(speedRows)}\n`)
if (lossRows.length > 1) console.log(`${markdown(lossRows)}\n`)
for (const [i, text] of notes.entries()) console.log(`${i + 1}. ${text}`)
