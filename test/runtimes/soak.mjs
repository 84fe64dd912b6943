/**
 * Threaded training for a long time with other load on the cores: no step may hang, and every fingerprint has to be that
 * of one thread. See docs/conformance.md.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createEngine } from '../../build/src/index.js'
import { programs } from '../../build/test/conformance/programs.js'
import { runProgram } from '../../build/test/conformance/run.js'
import { here } from './paths.mjs'
import { endOnSignals, shutDown, start } from './processes.mjs'
import { larger } from './soak-programs.mjs'

const usage = `npm run soak -- [--minutes 10] [--patience 60] [--seed 1]

  --minutes     how long to train
  --patience    seconds without a finished training that count as a hang`

const text = { type: 'string' }
const { values } = parseArgs({ options: { minutes: text, patience: text, seed: text } })
const { minutes, patience, seed } = Object.fromEntries(
  Object.entries({ minutes: '10', patience: '60', seed: '1', ...values }).map(([name, value]) => [
    name,
    Number(value),
  ]),
)
if (!(minutes > 0 && patience > 0 && Number.isInteger(seed) && seed > 0)) {
  console.error(usage)
  process.exit(2)
}

endOnSignals()
const cores = availableParallelism()
const most = 2 * cores + 3

const simd = await createEngine({ engine: 'simd' })
const expected = new Map()
for (const program of [...programs, ...larger]) expected.set(program.name, await runProgram(simd, program))
simd.close()

const began = performance.now()
let last = began
let longest = 0
let trainings = 0
const byThreads = new Map()
let end
const ended = new Promise((resolve) => {
  end = resolve
})

function onLine(line) {
  if (!line.startsWith('{')) return false
  const { program, threads, weights, losses } = JSON.parse(line)
  const now = performance.now()
  longest = Math.max(longest, now - last)
  last = now
  trainings++
  byThreads.set(threads, (byThreads.get(threads) ?? 0) + 1)
  const right = expected.get(program)
  if (weights !== right.weights || losses !== right.losses) {
    end(`${program} on ${threads} threads: expected weights ${right.weights}, found ${weights}`)
  }
  return true
}

for (let i = 0; i < cores; i++) start(process.execPath, [join(here, 'soak-load.mjs')])
const training = start(process.execPath, [join(here, 'soak-report.mjs'), String(seed), String(most)], {
  onLine,
})
training.ended.then((how) => end([`the training ${how}`, ...training.log].join('\n')))

const minute = setInterval(() => {
  console.error(`${((performance.now() - began) / 60_000).toFixed(0)} min: ${trainings} trainings`)
}, 60_000)
const watchdog = setInterval(() => {
  if (performance.now() - last > patience * 1000) end(`no training has ended for ${patience} s: it hangs`)
  else if (performance.now() - began > minutes * 60_000) end()
}, 200)

const failure = await ended
clearInterval(minute)
clearInterval(watchdog)
await shutDown()
const counts = [...byThreads].sort(([a], [b]) => a - b).map(([threads, count]) => `${count} on ${threads}`)
console.log(
  `${trainings} trainings (threads: ${counts.join(', ')}); the longest wait for one: ${(longest / 1000).toFixed(1)} s`,
)
console.log(failure ? `failed: ${failure}` : 'all fingerprints are those of one thread')
process.exit(failure ? 1 : 0)
