/** The report of an experiment, and the page that compares all of them. */
import type { Configuration, Experiment, Role } from '../experiments/experiment.js'
import { limited, type RunResult } from '../experiments/results.js'
import {
  comparisons,
  describeMeasure,
  type Spread,
  shown,
  shownSpread,
  spreadOf,
  verdicts,
} from './compare.js'
import type { Block, Document, Table } from './document.js'
import { drawFigure } from './figures.js'

export interface ReportContext {
  /** What was typed to run it. */
  readonly command: string
  /** Of the data: they were generated. */
  readonly synthetic: boolean
  /** False when trainings are missing. */
  readonly complete: boolean
}

const roles: Record<Role, string> = {
  ...{ study: 'the study', reading: 'another reading', variant: 'variant', beyond: 'beyond the study' },
}

export function reportOf(
  experiment: Experiment,
  results: readonly RunResult[],
  { command, synthetic, complete }: ReportContext,
): Document {
  const { id, study, source, title, shows, notes, figures } = experiment
  const pictures = figures.flatMap((figure) => drawFigure(experiment, results, figure))
  return {
    title: `${id}: ${title}`,
    blocks: [
      text(
        `Study ${study.letter}, ${study.author}, "${study.title}", ${source}. ${shows} On ${dataOf(results)}.`,
      ),
      ...(synthetic ? [text('These digits are generated: no number here says anything about MNIST.')] : []),
      ...quickWarning(experiment, results),
      ...(complete ? [] : [text('It was stopped early: trainings are missing.')]),
      { type: 'code', text: command },
      ...comparisonTable(experiment, results),
      ...(pictures.length > 0 ? [heading('Figures'), ...pictures] : []),
      heading('What each configuration reached'),
      outcomeTable(experiment, results),
      ...beyond(experiment, results),
      ...(notes.length > 0 ? [heading('Notes'), { type: 'list', items: notes } as const] : []),
      heading('Trainings'),
      trainingTable(experiment, results),
      heading('Recipes'),
      ...recipes(experiment, results),
    ],
  }
}

const text = (text: string): Block => ({ type: 'text', text })
const heading = (text: string): Block => ({ type: 'heading', text })

function dataOf(results: readonly RunResult[]): string {
  const data = results[0]?.data
  return data ? `${data.name}, ${grouped(data.train)} and ${grouped(data.test)} images` : 'no data'
}

function quickWarning({ configurations }: Experiment, results: readonly RunResult[]): Block[] {
  const limits = results.find(({ limits }) => limits !== null)?.limits
  if (!limits) return []
  const cut = configurations.map(({ recipe }) => `${limited(recipe, limits).epochs} of ${recipe.epochs}`)
  const samples =
    limits.samples < 1 ? `, on ${(100 * limits.samples).toFixed(1)}% of the training samples` : ''
  const epochs = [...new Set(cut)].join(', ')
  return [
    text(
      `A quick run: it trained for ${epochs} epochs${samples}, so that its numbers are not those of the recipes.`,
    ),
  ]
}

function comparisonTable(experiment: Experiment, results: readonly RunResult[]): Block[] {
  const rows = comparisons(experiment, results)
  if (rows.length === 0) return []
  return [
    heading('Beside the published numbers'),
    {
      ...{ type: 'table', words: 2 },
      head: ['configuration', 'measure', 'published', 'ours', 'seeds', 'difference', 'verdict'],
      rows: rows.map(({ published, label, ours, verdict }) => [
        ...[label, describeMeasure(published)],
        `${published.about ? '~' : ''}${published.value}`,
        shownSpread(ours, published.measure),
        String(ours?.seeds ?? 0),
        ours ? difference(ours.median - published.value, published.measure) : '-',
        verdict,
      ]),
    },
    text(verdicts),
  ]
}

function difference(value: number, measure: Parameters<typeof shown>[1]): string {
  return `${value < 0 ? '-' : '+'}${shown(Math.abs(value), measure)}`
}

/** Configurations with results, in the experiment's order. */
function run(experiment: Experiment, results: readonly RunResult[]): Configuration[] {
  return experiment.configurations.filter(({ id }) =>
    results.some(({ configuration }) => configuration === id),
  )
}

function outcomeTable(experiment: Experiment, results: readonly RunResult[]): Table {
  return {
    ...{ type: 'table', words: 2 },
    head: [
      'configuration',
      'of',
      'test accuracy',
      'test loss',
      'best validation accuracy',
      'epochs',
      'seeds',
    ],
    rows: run(experiment, results).map(({ id, label, role }) => {
      const own = results.filter(({ configuration }) => configuration === id)
      const accuracy = spreadOf(results, id, { measure: 'test accuracy' })
      const best = Math.max(
        ...own.flatMap(({ epochs }) => epochs.map(({ validationAccuracy }) => validationAccuracy)),
      )
      return [
        ...[label, roles[role], shownSpread(accuracy, 'test accuracy')],
        shownSpread(spreadOf(results, id, { measure: 'test loss' }), 'test loss'),
        Number.isFinite(best) ? best.toFixed(4) : '-',
        [...new Set(own.map(({ epochs }) => epochs.length))].join(', '),
        String(own.length),
      ]
    }),
  }
}

/** The best test accuracy among configurations of some roles. */
function bestOf(
  experiment: Experiment,
  results: readonly RunResult[],
  wanted: readonly Role[],
): { configuration: Configuration; accuracy: Spread } | null {
  const all = run(experiment, results)
    .filter(({ role }) => wanted.includes(role))
    .map((configuration) => ({
      configuration,
      accuracy: spreadOf(results, configuration.id, { measure: 'test accuracy' })!,
    }))
  if (all.length === 0) return null
  return all.reduce((a, b) => (b.accuracy.median > a.accuracy.median ? b : a))
}

function beyond(experiment: Experiment, results: readonly RunResult[]): Block[] {
  const ours = bestOf(experiment, results, ['beyond'])
  const theirs = bestOf(experiment, results, ['study'])
  if (!ours || !theirs) return []
  const { layers: _, data: _data, ...how } = ours.configuration.recipe
  return [
    text(
      `Beyond the study: ${ours.configuration.label} reaches a test accuracy of ${shownSpread(ours.accuracy, 'test accuracy')}; the study's own best configuration here, ${theirs.configuration.label}, ${shownSpread(theirs.accuracy, 'test accuracy')}. How: \`${JSON.stringify(how)}\`.`,
    ),
  ]
}

function trainingTable(experiment: Experiment, results: readonly RunResult[]): Table {
  const failures = results.some(({ failure }) => failure !== null)
  return {
    ...{ type: 'table', words: 1 },
    head: [
      ...['configuration', 'seed', 'seconds', 'samples/s', 'engine', 'SHA-256 of the weights'],
      ...(failures ? ['ended early'] : []),
    ],
    rows: run(experiment, results).flatMap(({ id, label }) =>
      results
        .filter(({ configuration }) => configuration === id)
        .map(({ seed, seconds, samples, epochs, engine, sha256, failure }) => {
          const training = epochs.reduce((sum, { seconds }) => sum + seconds, 0)
          return [
            ...[label, String(seed), seconds.toFixed(1), training > 0 ? grouped(samples / training) : '-'],
            `${engine.name}${engine.threads > 1 ? `, ${engine.threads} threads` : ''}`,
            `\`${sha256}\``,
            ...(failures ? [failure ?? ''] : []),
          ]
        }),
    ),
  }
}

function recipes(experiment: Experiment, results: readonly RunResult[]): Block[] {
  return run(experiment, results).flatMap(({ label, recipe }): Block[] => [
    text(`${label}:`),
    { type: 'code', text: JSON.stringify(recipe) },
  ])
}

/** 1234567 as "1,234,567". */
function grouped(value: number): string {
  return String(Math.floor(value + 0.5)).replace(/\B(?=(\d{3})+$)/g, ',')
}

export interface IndexEntry {
  readonly experiment: Experiment
  readonly results: readonly RunResult[]
}

/** "Of 40 published numbers 12 are matched, 3 within chance, 20 better and 5 worse." */
function tally(entries: readonly IndexEntry[]): string {
  const found = entries.flatMap(({ experiment, results }) => comparisons(experiment, results))
  const count = (verdict: string) => found.filter((row) => row.verdict.startsWith(verdict)).length
  const parts = ['matched', 'within chance', 'better', 'worse'].map(
    (verdict) => `${count(verdict)} ${verdict}`,
  )
  const missing = count('not run')
  return `Of ${found.length} comparisons with published numbers: ${parts.join(', ')}${missing > 0 ? `, ${missing} not run` : ''}.`
}

/** What all trainings took, one that several experiments share counted once: they hold copies of it. */
function spentOn(results: readonly RunResult[]): string {
  const trainings = [...new Map(results.map((one) => [`${one.sha256} ${one.seconds}`, one])).values()]
  const first = trainings.filter(({ seed }) => seed === 1)
  const hours = (some: readonly RunResult[]) => `${(secondsOf(some) / 3600).toFixed(1)} hours`
  const more =
    first.length < trainings.length ? `; those with all seeds (${trainings.length}) ${hours(trainings)}` : ''
  return `One after the other, trainings with the first seed (${first.length}) took ${hours(first)}, what experiments share counted once${more}.`
}

const secondsOf = (results: readonly RunResult[]) => results.reduce((sum, { seconds }) => sum + seconds, 0)

/** One page for all experiments that have been run: every published number beside ours. */
export function indexOf(entries: readonly IndexEntry[], extension: 'md' | 'html'): Document {
  const link = (id: string) => `[${id}](${id}.${extension})`
  return {
    title: 'The five studies, run again',
    blocks: [
      text(
        'Each report has its curves and pictures, the notes on what was run, run times and the fingerprints of the trained weights. `lanegrad reproduce ID` runs one of them anew.',
      ),
      heading('The studies and what we add'),
      {
        ...{ type: 'table', words: 3 },
        head: [
          'experiment',
          'study',
          'what it shows',
          'best of the study, run here',
          'our best',
          'minutes, seed 1',
        ],
        rows: entries.map(({ experiment, results }) => {
          const [theirs, ours] = [['study'] as const, ['beyond'] as const].map((roles) =>
            bestOf(experiment, results, roles),
          )
          return [
            ...[link(experiment.id), `${experiment.study.letter}, ${experiment.study.author}`],
            experiment.shows,
            shownSpread(theirs?.accuracy ?? null, 'test accuracy'),
            shownSpread(ours?.accuracy ?? null, 'test accuracy'),
            (secondsOf(results.filter(({ seed }) => seed === 1)) / 60).toFixed(1),
          ]
        }),
      },
      text(spentOn(entries.flatMap(({ results }) => results))),
      heading('Every published number'),
      text(
        `${tally(entries)} ${verdicts} Where ours is worse, the notes of its report say what is known of it.`,
      ),
      {
        ...{ type: 'table', words: 3 },
        head: ['experiment', 'configuration', 'measure', 'published', 'ours', 'seeds', 'verdict'],
        rows: entries.flatMap(({ experiment, results }) =>
          comparisons(experiment, results).map(({ published, label, ours, verdict }) => [
            ...[link(experiment.id), label, describeMeasure(published)],
            `${published.about ? '~' : ''}${published.value}`,
            shownSpread(ours, published.measure),
            String(ours?.seeds ?? 0),
            verdict,
          ]),
        ),
      },
      ...(entries.some(({ results }) => results.some(({ limits }) => limits !== null))
        ? [text('Some of these are quick runs: see their reports.')]
        : []),
    ],
  }
}
