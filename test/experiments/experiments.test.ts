/** Every experiment at toy size, from its data to its report. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Experiment } from '../../src/experiments/experiment.js'
import { experiments } from '../../src/experiments/registry.js'
import { limited, type RunResult } from '../../src/experiments/results.js'
import { runExperiment } from '../../src/experiments/run.js'
import { titleOf } from '../../src/experiments/titles.js'
import { runTask } from '../../src/experiments/train.js'
import { builtInDigits, createEngine } from '../../src/index.js'
import { toHtml, toMarkdown } from '../../src/report/document.js'
import { indexOf, reportOf } from '../../src/report/report.js'
import { openInChromium, withoutChromium } from '../support/chromium.js'
import { temporaryFolder } from '../support/data.js'

const data = builtInDigits({ train: 60, test: 30 })
const limits = { epochs: 0, samples: 1 }

async function toyRun(experiment: Experiment): Promise<readonly RunResult[]> {
  const { results, complete } = await runExperiment({
    ...{ experiment, data, seeds: 1, limits, jobs: 1, finished: [] },
    async train(task, events) {
      const engine = await createEngine({ engine: 'simd' })
      try {
        return await runTask(experiment, task, data, engine, events)
      } finally {
        engine.close()
      }
    },
  })
  t.ok(complete)
  return results
}

/** Base64 holds any letters. */
const withoutImages = (page: string) => page.replace(/base64,[^"]*/g, '')

const ran: { experiment: Experiment; results: readonly RunResult[] }[] = []
const pages: { name: string; html: string }[] = []

for (const experiment of experiments) {
  t.test(`${experiment.id} runs, and its report shows all of it`, async (t) => {
    const { id, configurations, figures, published, notes } = experiment
    const results = await toyRun(experiment)
    ran.push({ experiment, results })
    t.same(
      results.map(({ configuration }) => configuration),
      configurations.map(({ id }) => id),
    )
    for (const { configuration, sha256, epochs, test } of results) {
      t.match(sha256, /^[0-9a-f]{64}$/, configuration)
      t.ok(epochs.length >= 1 && epochs.every(({ validationLoss }) => Number.isFinite(validationLoss)))
      t.equal(
        test.confusion.reduce((sum, count) => sum + count, 0),
        30,
      )
    }

    const command = `lanegrad reproduce ${id}`
    const report = reportOf(experiment, results, { command, synthetic: true, complete: true })
    const { text, pictures } = toMarkdown(report, id)
    const html = toHtml(report)
    pages.push({ name: id, html })
    for (const page of [text, html]) {
      t.notMatch(withoutImages(page), /NaN|undefined|\[object/)
      t.ok(page.includes(command))
      for (const { sha256 } of results) t.ok(page.includes(sha256))
    }
    t.match(text, 'These digits are generated')
    t.match(text, new RegExp(`^# ${id}: .* \\(shortened\\)\n`))
    t.match(text, /A quick run: .*1 of \d+ epochs, \d+ of [\d,]+ training samples, 30 of [\d,]+ test samples/)
    for (const configuration of configurations) {
      const title = titleOf(configuration, results[0]!)
      t.match(title, / \((1 of \d+ epochs, )?\d+ of [\d,]+ training samples, 30 of /)
      t.ok(text.includes(title), title)
      t.ok(text.includes(JSON.stringify(limited(configuration.recipe, limits))))
      const { label, recipe } = configuration
      if (label.endsWith(`, ${recipe.epochs} epochs`)) t.notOk(text.includes(label), label)
    }
    for (const note of notes) t.ok(text.includes(note))
    const compared = text.split('\n').filter((line) => /\| not comparable: other images \|$/.test(line))
    t.equal(compared.length, published.length)
    for (const { value } of published) t.ok(compared.some((line) => line.includes(String(value))))

    const names = [...pictures.keys()]
    for (const figure of figures) {
      t.ok(
        names.some((name) => name === `${figure.id}.svg` || name.startsWith(`${figure.id}-`)),
        `${figure.id}: ${names.join(' ')}`,
      )
    }
    for (const [name, svg] of pictures) {
      t.match(text, `](${id}/${name})`)
      t.match(svg, /^<svg .*<\/svg>\n$/s)
      t.notMatch(withoutImages(svg), /NaN|undefined|Infinity/, name)
      t.ok(html.includes(svg.trimEnd()), name)
    }
    const own = withoutImages(html).replace(/xmlns(:xlink)?="[^"]*"/g, '')
    t.notMatch(own, /https?:|src=|<script|@import|url\((?!#)/)
  })
}

t.test('the index compares every published number with ours', async (t) => {
  for (const extension of ['md', 'html'] as const) {
    const index = indexOf(ran, extension)
    const { text } = toMarkdown(index, '.')
    for (const { experiment } of ran) {
      t.match(text, `[${experiment.id}](${experiment.id}.${extension})`)
    }
    const all = ran.reduce((sum, { experiment }) => sum + experiment.published.length, 0)
    const compared = text.split('\n').filter((line) => /\| not comparable: other images \|$/.test(line))
    t.equal(compared.length, all)
    t.notMatch(text, /NaN|undefined/)
    t.match(toHtml(index), `<a href="${ran[0]!.experiment.id}.${extension}">`)
  }
})

t.test('the index adds up the times: of the first seed, of all, and of a shared training once', (t) => {
  const [{ experiment, results }, other] = ran as [(typeof ran)[0], (typeof ran)[0]]
  const one = { ...results[0]!, seconds: 3600 }
  const two = { ...one, seed: 2, seconds: 7200 }
  const shared = { ...one, configuration: other.experiment.configurations[0]!.id, keepsakes: {} }
  const entries = (first: readonly RunResult[]) => [
    { experiment, results: first },
    { experiment: other.experiment, results: [shared] },
  ]
  const text = (first: readonly RunResult[]) => toMarkdown(indexOf(entries(first), 'md'), '.').text
  const sum =
    'One after the other, trainings with the first seed (1) took 1.0 hours, what experiments share counted once'
  t.match(text([one]), `${sum}.\n`)
  t.match(text([one, two]), `${sum}; those with all seeds (2) 3.0 hours.\n`)
  t.match(text([one, two]), / \| 60\.0 \|\n/, 'its minutes are those of the first seed')
  t.end()
})

t.test('all pages open in Chromium without a word or a request', { skip: withoutChromium }, async (t) => {
  const folder = await temporaryFolder(t)
  const all = [...pages, { name: 'index', html: toHtml(indexOf(ran, 'html')) }]
  const files = all.map(({ name }) => join(folder, `${name}.html`))
  for (const [i, { html }] of all.entries()) await writeFile(files[i]!, html)
  const { status, lines } = openInChromium(files)
  for (const file of files) t.ok(lines.includes(`ok ${file}`), lines.join('\n'))
  t.equal(status, 0)
})
