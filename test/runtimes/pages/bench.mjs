// Tries the page that compares the engines in Chromium and Firefox: `npm run test:pages` after a build.
//   --browsers chromium,firefox   both by default; one that is not installed is skipped, and said so
//   --only W1,gemm-64 --engines js,simd --windows 1 --seconds 0.02   what is measured
//   --screenshots FOLDER          pictures of every page, on a desk and on a phone, light and dark
//   --json FILE                   the reports of the isolated pages
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import puppeteer from 'puppeteer-core'
import { servePlayground } from '../../../scripts/playground.mjs'

const { values } = parseArgs({
  options: {
    browsers: { type: 'string', default: 'chromium,firefox' },
    only: { type: 'string', default: 'gemm-64,relu,W1' },
    engines: { type: 'string', default: 'js,double,simd,threads' },
    windows: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '0.02' },
    screenshots: { type: 'string' },
    json: { type: 'string' },
  },
})
const say = (line) => process.stdout.write(`${line}\n`)
const engines = values.engines.split(',')
/** Nothing takes longer, but for a run that was asked to. */
const timeout = 120_000 + 1000 * 200 * Number(values.windows) * Number(values.seconds)

const launchers = {
  chromium: { executable: 'chromium', browser: 'chrome', args: ['--no-sandbox', '--disable-dev-shm-usage'] },
  firefox: { executable: 'firefox-esr', browser: 'firefox', args: [] },
}

function installed(executable) {
  try {
    return execFileSync('which', [executable], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

/** What a page without isolation measures, where only threads differ. */
const brief = { only: 'gemm-64,W1', windows: '1', seconds: '0.02' }

/** Opens the page, lets it measure, and returns its report. */
async function measure(browser, isolated) {
  const server = await servePlayground({ isolated })
  const page = await browser.newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  try {
    await page.setViewport({ width: 1100, height: 900 })
    const { only, windows, seconds } = isolated ? values : brief
    const query = new URLSearchParams({ only, engines: values.engines, windows, seconds })
    await page.goto(`${server.address}/bench.html?${query}`)
    assert.equal(await page.evaluate('crossOriginIsolated'), isolated)
    // What a page may write to the clipboard differs between browsers; the test keeps it instead.
    await page.evaluate(() => {
      navigator.clipboard.writeText = async (text) => {
        globalThis.copied = text
      }
    })
    await page.click('#run')
    await page.waitForSelector('#copy:not([hidden]), #error:not([hidden])', { timeout })
    assert.equal(await page.$eval('#error', (each) => each.textContent), '')
    await page.click('#copy-json')
    const report = JSON.parse(await page.evaluate('copied'))
    await page.click('#copy-markdown')
    const markdown = await page.evaluate('copied')
    check(report, markdown, isolated)
    assert.ok((await page.$$('#charts svg')).length > 0, 'charts')
    const notes = await page.$eval('#notes', (list) => list.textContent)
    if (!isolated && engines.includes('threads')) assert.match(notes, /threads does not run here: .*isolated/)
    return { report, page, close: () => close(page, server), errors }
  } catch (error) {
    await close(page, server)
    throw error
  }
}

async function close(page, server) {
  // First, since a browser that is gone cannot close its page.
  server.close()
  await page.close()
}

function check(report, markdown, isolated) {
  assert.equal(report.complete, true)
  const expected = engines.filter((name) => isolated || !name.includes('threads'))
  assert.deepEqual([...report.engines.map(({ name }) => name)].sort(), [...expected].sort())
  assert.ok(report.results.length > 0)
  for (const { id, engines: speeds } of report.results) {
    for (const name of expected) {
      const { median, least, most, ratio, error } = speeds[name]
      assert.equal(error, undefined, `${id} on ${name}`)
      assert.ok(
        least > 0 && least <= median && median <= most,
        `${id} on ${name}: ${least} ${median} ${most}`,
      )
      if (engines.includes('js')) assert.ok(ratio > 0)
    }
  }
  assert.match(markdown, /^\| (GEMM|kernels|training), /m)
}

/** A run that is stopped shows what it has, and the page can run again. */
async function stopAndRunAgain(browser) {
  const server = await servePlayground()
  const page = await browser.newPage()
  try {
    await page.goto(`${server.address}/bench.html?only=fill,copy,W1&engines=simd&windows=2&seconds=0.2`)
    await page.click('#run')
    await page.waitForSelector('#charts svg', { timeout })
    await page.click('#stop')
    await page.waitForSelector('#copy:not([hidden])', { timeout })
    assert.match(await page.$eval('#notes', (list) => list.textContent), /Stopped before the end/)
    await page.goto(`${server.address}/bench.html?only=nothing`)
    await page.click('#run')
    await page.waitForSelector('#error:not([hidden])', { timeout })
    assert.match(await page.$eval('#error', (each) => each.textContent), /no benchmark called nothing/)
    assert.equal(await page.$eval('#run', ({ disabled }) => disabled), false)
  } finally {
    await close(page, server)
  }
}

async function takePictures(page, name) {
  const take = (file) => page.screenshot({ path: join(values.screenshots, file), fullPage: true })
  await page.$eval('details', (each) => {
    each.open = true
  })
  await take(`${name}.png`)
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2 })
  await new Promise((resolve) => setTimeout(resolve, 500))
  await take(`${name}-phone.png`)
  if (!name.startsWith('chromium')) return
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  await take(`${name}-phone-dark.png`)
}

const reports = []
let [passed, failed] = [0, 0]
for (const name of values.browsers.split(',')) {
  const { executable, browser: kind, args } = launchers[name]
  const executablePath = installed(executable)
  if (executablePath === null) {
    say(`${name}: skipped, ${executable} is not installed`)
    continue
  }
  const browser = await puppeteer.launch({
    browser: kind,
    executablePath,
    args,
    headless: true,
    protocolTimeout: timeout,
  })
  try {
    const cases = {
      'with threads': async () => {
        const { report, page, close, errors } = await measure(browser, true)
        reports.push(report)
        if (values.screenshots) await takePictures(page, name)
        await close()
        assert.deepEqual(errors, [])
      },
      'without isolation': async () => {
        const { close, errors } = await measure(browser, false)
        await close()
        assert.deepEqual(errors, [])
      },
      'stopped, and wrong': () => stopAndRunAgain(browser),
    }
    for (const [title, run] of Object.entries(cases)) {
      try {
        await run()
        passed++
        say(`${name}, ${title}: passed`)
      } catch (error) {
        failed++
        say(`${name}, ${title}: failed\n${error.stack}`)
      }
    }
  } finally {
    await browser.close()
  }
}
if (values.json) writeFileSync(values.json, JSON.stringify(reports))
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
