// Runs the tests that were built, a process a file and as many at once as there are processors:
//   node scripts/test.mjs                     all of them
//   node scripts/test.mjs lstm engine/        those whose path contains one of the words
// Ends with what failed, the first failure last, and a line `N passed, N failed` that counts assertions. What a failed
// file printed is kept in build/test-results/. This is done here and not by tap's own runner because that one loads
// three hooks into each process, which took longer than most files' tests do.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Parser } from 'tap-parser'

const root = fileURLToPath(new URL('..', import.meta.url))
const results = 'build/test-results'
const seconds = 300
process.chdir(root)

/** Folders with the longest files: begun first, so that none of them is left alone at the end. */
const longest = ['docs', 'cli', 'experiments', 'conformance', 'reliability', 'engine', 'benchmark']

function testFiles(words) {
  const rank = (file) => (longest.indexOf(file.split('/')[2]) + longest.length + 1) % (longest.length + 1)
  return readdirSync('build/test', { recursive: true })
    .map((name) => `build/test/${name.replaceAll('\\', '/')}`)
    .filter(
      (file) =>
        file.endsWith('.test.js') && (words.length === 0 || words.some((word) => file.includes(word))),
    )
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** The source of a built test. */
const sourceOf = (file) => file.replace(/^build\//, '').replace(/\.js$/, '.ts')

/**
 * Counts the assertions that a TAP parser sees, in subtests too, and collects those that failed with the names of the
 * tests that they belong to. A test may also fail by itself: when its plan does not hold, or nothing was asserted.
 */
function collect(parser, path, found) {
  const asserted = () => found.passed + found.failures.length + found.skipped.length
  let before = { asserted: 0, failures: 0 }
  parser.on('child', (child) => {
    before = { asserted: asserted(), failures: found.failures.length }
    collect(child, [...path, child.name], found)
  })
  parser.on('assert', ({ ok, name, diag, skip, todo, closingTestPoint }) => {
    const fail = (path, name, diag) => found.failures.push({ path, name, diag })
    if (skip || todo)
      found.skipped.push([...path, [name, skip || todo].filter((part) => part !== true).join(': ')])
    else if (!closingTestPoint && ok) found.passed++
    else if (!closingTestPoint) fail(path, name, diag)
    else if (!ok && found.failures.length === before.failures) fail([...path, name], name, diag)
    else if (ok && asserted() === before.asserted) fail([...path, name], 'nothing was asserted')
  })
}

const running = new Set()

function killAll() {
  for (const { pid } of running) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    killAll()
    process.exit(code)
  })
}

/** Runs one file; resolves to its counts, its failures and all that it printed. */
async function runFile(file) {
  const begin = performance.now()
  const found = { file, passed: 0, failures: [], skipped: [], output: '', errors: '', seconds: 0 }
  const parser = new Parser()
  collect(parser, [], found)
  const complete = new Promise((resolve) => parser.on('complete', resolve))
  const hooks = readFileSync(file, 'utf8').includes('mockImport(') ? ['--import', '@tapjs/mock/import'] : []
  const child = spawn(process.execPath, [...hooks, file], {
    // A group of its own, so that what a test has started ends with it.
    detached: true,
    env: { ...process.env, TAP: '1', TAP_TIMEOUT: String(seconds) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let isLate = false
  // The file gives up by itself before, and says what it was waiting for.
  const timer = setTimeout(
    () => {
      isLate = true
      process.kill(-child.pid, 'SIGKILL')
    },
    (seconds + 20) * 1000,
  )
  child.stdout.setEncoding('utf8').on('data', (text) => {
    found.output += text
    parser.write(text)
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    found.errors += text
  })
  const [code, signal] = await new Promise((resolve) => {
    child.once('error', (error) => resolve([error.message, null]))
    child.once('close', (...status) => resolve(status))
  })
  clearTimeout(timer)
  running.delete(child)
  parser.end()
  const { ok, count } = await complete
  found.seconds = (performance.now() - begin) / 1000
  const ended = isLate
    ? `ran for more than ${seconds} s`
    : signal
      ? `ended by ${signal}`
      : `ended with ${code}`
  if (found.failures.length === 0 && (code !== 0 || !ok || count === 0)) {
    const name = count === 0 ? `no test ran; the process ${ended}` : `the process ${ended}`
    found.failures.push({ path: [], name, diag: { diff: lastLines(found.errors || found.output, 12) } })
  }
  return found
}

const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n')

const short = (line) => (line.length > 160 ? `${line.slice(0, 157)}...` : line)

/** At most `count` lines, the first ones. */
function firstLines(text, count) {
  const lines = text.trimEnd().split('\n')
  return lines.length <= count
    ? lines
    : [...lines.slice(0, count - 1), `... ${lines.length - count + 1} lines more`]
}

/** One failed test on at most 18 lines: its first failure, and how many more there are. */
function describeTest(file, [{ path, name, diag = {} }, ...others]) {
  const { at, source = '', diff, stack, found, wanted } = diag
  const values =
    wanted === undefined && found === undefined ? undefined : `expected ${wanted}\nfound ${found}`
  const detail = diff ?? values ?? diag.message ?? stack ?? ''
  const code = source.split('\n').find((_, i, lines) => /^-*\^/.test(lines[i + 1] ?? ''))
  const place = at?.fileName && `at ${at.fileName}:${at.lineNumber}${code ? `: ${code.trim()}` : ''}`
  return [
    ['', sourceOf(file), ...path].filter((part, i) => i > 0 || part).join(' > '),
    ...firstLines(name, 3).map((line) => `  ${line}`),
    ...(detail ? firstLines(detail, 11).map((line) => `    ${line}`) : []),
    ...(place ? [`  ${place}`] : []),
    ...(others.length > 0 ? [`  and ${others.length} more in this test`] : []),
  ].map(short)
}

/** Failures of a file by the test that they belong to. */
function failedTests({ file, failures }) {
  const tests = new Map()
  for (const failure of failures) {
    const key = failure.path.join('\n')
    tests.set(key, [...(tests.get(key) ?? []), failure])
  }
  return [...tests.values()].map((list) => describeTest(file, list))
}

function keep({ file, output, errors }) {
  const path = join(results, `${file.slice('build/test/'.length)}.tap`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, errors ? `${output}\n# Standard error:\n${errors}` : output)
}

async function runAll(files) {
  const waiting = [...files]
  const done = []
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const found = await runFile(file)
      done.push(found)
      const { passed, failures } = found
      if (failures.length > 0) keep(found)
      const verdict = failures.length > 0 ? `FAILED ${failures.length} of` : 'ok'
      const count = String(passed + failures.length).padStart(5)
      console.log(
        `${verdict.padStart(14)} ${count} ${found.seconds.toFixed(1).padStart(6)} s  ${sourceOf(file)}`,
      )
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return done.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file))
}

const words = process.argv.slice(2)
const files = testFiles(words)
if (files.length === 0) {
  console.error(`test: no file's path contains ${words.join(' or ') || '.test.js'}`)
  process.exit(2)
}
rmSync(results, { recursive: true, force: true })
const begin = performance.now()
const done = await runAll(files)

for (const { file, skipped } of done) {
  for (const what of skipped) console.log(`skipped: ${[sourceOf(file), ...what].join(' > ')}`)
}
const failed = done.filter(({ failures }) => failures.length > 0).flatMap(failedTests)
if (failed.length > 0) {
  console.log(`\nWhat failed; all that these files printed is in ${results}/:`)
  for (const lines of failed.reverse()) console.log(`\n${lines.join('\n')}`)
}
const sum = (of) => done.reduce((total, found) => total + of(found), 0)
const failures = sum((found) => found.failures.length)
console.log(`\n${files.length} files in ${((performance.now() - begin) / 1000).toFixed(0)} s`)
console.log(`${sum((found) => found.passed)} passed, ${failures} failed`)
process.exitCode = failures > 0 ? 1 : 0
