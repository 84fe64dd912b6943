/**
 * Runs the conformance set in every runtime that is installed, compares all weights and losses with the expected ones,
 * and prints a table. See docs/conformance.md.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import arm64 from './arm64.mjs'
import bun from './bun.mjs'
import chromium from './chromium.mjs'
import deno from './deno.mjs'
import firefox from './firefox.mjs'
import node from './node.mjs'
import { here, root } from './paths.mjs'
import { cleanUp, endOnSignals, isEnding, pause } from './processes.mjs'
import webkitgtk from './webkitgtk.mjs'
import workerd from './workerd.mjs'

const usage = `npm run conformance -- [runtime...] [options]

Trains the conformance set in each runtime and compares all bits with test/conformance/expected.json.
Exits with 1 when anything differs or fails; runtimes that are not installed are named and left out.

runtimes: node20 node22 node24 deno bun workerd chromium firefox webkitgtk; all of them by default
          arm64 (Node for 64-bit Arm by qemu: minutes), only when it is named

  --engines LIST    the engines, such as simd,js; by default all that give the same bits
  --threads LIST    numbers of threads for the threads engine; 1,2,3,4,7 by default
  --programs TEXT   only programs with this in their names
  --require LIST    runtimes that have to be installed
  --limit SECONDS   for a runtime to say something new; 120 by default
  --renew REASON    write new expected values, when all engines of this Node agree on them; see docs/conformance.md
  --help`

const launchers = [...node, deno, bun, workerd, ...chromium, ...firefox, ...webkitgtk, arm64]

/** What a cell may be when it is not right. */
const badStates = ['failed', 'different']

endOnSignals()

const say = (text) => process.stderr.write(`${text}\n`)

function refuse(sentence) {
  say(`${sentence}\n\n${usage}`)
  process.exit(2)
}

const { values: flags, positionals: names } = readArguments()
if (flags.help) {
  console.log(usage)
  process.exit(0)
}
if (!existsSync(join(root, 'build/test/conformance/report.js')))
  refuse('There is no build: run npm run build first.')

const { sameBits } = await import('../../build/test/conformance/report.js')
const { programs } = await import('../../build/test/conformance/programs.js')
const { columnsOf, readExpected, Row, tableOf } = await import('../../build/test/conformance/judge.js')

const known = [...new Set(launchers.map(({ name }) => name))]
const chosen = names.length > 0 ? names : known.filter((name) => name !== 'arm64')
const required = flags.require?.split(',') ?? []
const unknown = [...chosen, ...required].find((name) => !known.includes(name))
if (unknown !== undefined) refuse(`There is no runtime ${unknown}.`)

const options = {
  engines: flags.engines?.split(',') ?? sameBits,
  threads: (flags.threads ?? '1,2,3,4,7').split(',').map(Number),
  programs: programs.map(({ name }) => name).filter((name) => name.includes(flags.programs ?? '')),
}
const wrong = options.engines.find((engine) => !sameBits.includes(engine))
if (wrong !== undefined)
  refuse(`${wrong} is none of the engines that give the same bits: ${sameBits.join(', ')}.`)
if (!options.threads.every((count) => Number.isInteger(count) && count > 0))
  refuse('--threads takes whole numbers.')
if (options.programs.length === 0) refuse(`No program has ${flags.programs} in its name.`)
const limit = Number(flags.limit ?? 120)
if (!(limit > 0)) refuse('--limit takes a number of seconds.')

const expectedFile = join(here, '../conformance/expected.json')
if (flags.renew !== undefined) {
  const { renew } = await import('./renew.mjs')
  process.exit((await renew(expectedFile, flags.renew, options, say)) ? 0 : 1)
}

const { programs: expected } = readExpected(expectedFile)
const rows = []
for (const launcher of launchers) {
  const engines = options.engines.filter((engine) => launcher.engines?.includes(engine) ?? true)
  if (chosen.includes(launcher.name) && engines.length > 0) rows.push(await runRuntime(launcher, engines))
}
await cleanUp()
process.exit(summarise() ? 0 : 1)

async function runRuntime({ name, title, find, missing, run }, engines) {
  const found = find()
  if (!found) {
    say(`${title()}: not installed (${missing})`)
    return { name, title: title(), missing }
  }
  const asked = { ...options, engines }
  const row = new Row(title(found.version), asked, expected)
  const started = performance.now()
  let error
  try {
    await watched(run, found, asked, row)
  } catch (caught) {
    error = caught
  }
  // What was ended on purpose has not failed; the process is about to exit.
  if (isEnding()) await new Promise(() => {})
  await row.finish(error)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const [passed, bad, unsupported] = [['passed'], badStates, ['unsupported']].map((states) =>
    row.count(...states),
  )
  say(`${row.title}: ${passed} passed, ${bad} failed, ${unsupported} not supported, ${seconds} s`)
  if (row.choice) say(`  by default ${row.choice}`)
  return row
}

/** Runs a runtime, unless it says nothing new for too long. */
async function watched(run, found, asked, row) {
  let timer
  let stuck
  const silence = new Promise((_, reject) => {
    stuck = reject
  })
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(
      () => stuck(new Error(`it has said nothing new for ${limit} s and was ended`)),
      limit * 1000,
    )
  }
  wait()
  let last = ''
  const running = run(found, asked, (line) => {
    wait()
    row.add(line)
    const place = line.engine && `${line.engine}${line.threads > 1 ? ` ${line.threads}` : ''}`
    if (place && place !== last) say(`  ${row.title}: ${place}`)
    last = place
  })
  try {
    await Promise.race([running, silence])
  } catch (error) {
    // What is still being started has to be ended as well.
    let over = false
    running
      .catch(() => {})
      .finally(() => {
        over = true
      })
    while (!over) {
      await cleanUp()
      await pause(100)
    }
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Prints the table and the counts; true when all is right. */
function summarise() {
  const installed = rows.filter((row) => row.missing === undefined)
  const missing = rows.filter((row) => row.missing !== undefined)
  const wanted = missing.filter(({ name }) => required.includes(name))
  const sum = (...states) => installed.reduce((total, row) => total + row.count(...states), 0)
  const failed = sum(...badStates) + wanted.length
  console.log(`\n${tableOf(rows, columnsOf(options))}\n`)
  for (const failure of installed.flatMap((row) => row.failures))
    console.log(failure.replaceAll('\n', '\n    '))
  for (const { title, missing: how } of missing) console.log(`${title} is not installed: ${how}`)
  console.log(
    `${options.programs.length} programs a cell; not supported ${sum('unsupported')}, not installed ${missing.length}`,
  )
  console.log(`conformance: ${sum('passed')} passed, ${failed} failed`)
  return failed === 0
}

function readArguments() {
  const text = { type: 'string' }
  const flag = { type: 'boolean' }
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        ...{ engines: text, threads: text, programs: text },
        ...{ require: text, limit: text, renew: text, help: flag },
      },
    })
  } catch (error) {
    return refuse(error.message)
  }
}
