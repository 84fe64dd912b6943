/** The report of an experiment, and the page that compares all of them. */
import type { Configuration, Experiment, Role } from '../experiments/experiment.js'
import { limited, type RunResult } from '../experiments/results.js'
import { grouped, shortenings, titleOf } from '../experiments/titles.js'
import {
  type Comparison,
  comparisons,
  describeMeasure,
  NOT_COMPARABLE,
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
    title: `${id}: ${title}${shortMark(experiment, results)}`,
    blocks: [
      text(
        `Study ${study.letter}, ${study.author}, "${study.title}", ${source}. ${shows} On ${dataOf(results)}.`,
      ),
      ...(synthetic ? [text('These digits are generated: no number here says anything about MNIST.')] : []),
      ...shortWarning(experiment, results),
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

/** All results of a report are run alike. */
function shortOf(experiment: Experiment, results: readonly RunResult[]): string | null {
  const [first] = results
  return first ? shortenings(run(experiment, results), first) : null
}

/** Goes behind titles. */
function shortMark(experiment: Experiment, results: readonly RunResult[]): string {
  return shortOf(experiment, results) ? ' (shortened)' : ''
}

function shortWarning(experiment: Experiment, results: readonly RunResult[]): Block[] {
  const short = shortOf(experiment, results)
  if (!short) return []
  const how = results[0]!.limits ? 'A quick run' : 'A run on few samples'
  return [
    text(
      `${how}: ${short}. So its numbers are not those of the recipes, nor to be held against the study's.`,
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
      rows: rows.map(({ published, label, ours, verdict, comparable }) => [
        ...[label, describeMeasure(published)],
        `${published.about ? '~' : ''}${published.value}`,
        shownSpread(ours, published.measure),
        String(ours?.seeds ?? 0),
        ours && comparable ? difference(ours.median - published.value, published.measure) : '-',
        verdict,
      ]),
    },
    text(explained(rows)),
  ]
}

/** What the verdicts mean that a table has. */
function explained(rows: readonly Comparison[]): string {
  if (rows.every(({ comparable }) => comparable)) return verdicts
  const none = 'Not comparable: run with fewer epochs or samples than the study, or on other images.'
  return rows.some(({ comparable }) => comparable) ? `${verdicts} ${none}` : none
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
    rows: run(experiment, results).map((configuration) => {
      const { id, role } = configuration
      const own = results.filter(({ configuration }) => configuration === id)
      const accuracy = spreadOf(results, id, { measure: 'test accuracy' })
      const best = Math.max(
        ...own.flatMap(({ epochs }) => epochs.map(({ validationAccuracy }) => validationAccuracy)),
      )
      return [
        ...[titleOf(configuration, own[0]!), roles[role], shownSpread(accuracy, 'test accuracy')],
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
  const [first] = results as [RunResult]
  const { layers: _, data: _data, ...how } = limited(ours.configuration.recipe, first.limits)
  return [
    text(
      `Beyond the study: ${titleOf(ours.configuration, first)} reaches a test accuracy of ${shownSpread(ours.accuracy, 'test accuracy')}; the study's own best configuration here, ${titleOf(theirs.configuration, first)}, ${shownSpread(theirs.accuracy, 'test accuracy')}. How: \`${JSON.stringify(how)}\`.`,
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
    rows: run(experiment, results).flatMap((configuration) =>
      results
        .filter((result) => result.configuration === configuration.id)
        .map(({ limits, data, seed, seconds, samples, epochs, engine, sha256, failure }) => {
          const training = epochs.reduce((sum, { seconds }) => sum + seconds, 0)
          return [
            ...[titleOf(configuration, { limits, data }), String(seed), seconds.toFixed(1)],
            training > 0 ? grouped(samples / training) : '-',
            `${engine.name}${engine.threads > 1 ? `, ${engine.threads} threads` : ''}`,
            `\`${sha256}\``,
            ...(failures ? [failure ?? ''] : []),
          ]
        }),
    ),
  }
}

function recipes(experiment: Experiment, results: readonly RunResult[]): Block[] {
  const [first] = results
  return run(experiment, results).flatMap((configuration): Block[] => [
    text(`${titleOf(configuration, first!)}:`),
    { type: 'code', text: JSON.stringify(limited(configuration.recipe, first!.limits)) },
  ])
}

export interface IndexEntry {
  readonly experiment: Experiment
  readonly results: readonly RunResult[]
}

/** "Of 40 comparisons with published numbers: 12 matched, 3 within chance, 20 better, 5 worse." */
function tally(found: readonly Comparison[]): string {
  const parts = ['matched', 'within chance', 'better', 'worse', NOT_COMPARABLE, 'not run'].flatMap(
    (verdict) => {
      const count = found.filter((row) => row.verdict.startsWith(verdict)).length
      return count > 0 ? [`${count} ${verdict}`] : []
    },
  )
  return `Of ${found.length} comparisons with published numbers: ${parts.join(', ')}.`
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
  const link = ({ experiment, results }: IndexEntry) =>
    `[${experiment.id}](${experiment.id}.${extension})${shortMark(experiment, results)}`
  const compared = entries.flatMap((entry) =>
    comparisons(entry.experiment, entry.results).map((comparison) => ({ entry, ...comparison })),
  )
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
        rows: entries.map((entry) => {
          const { experiment, results } = entry
          const [theirs, ours] = [['study'] as const, ['beyond'] as const].map((roles) =>
            bestOf(experiment, results, roles),
          )
          return [
            ...[link(entry), `${experiment.study.letter}, ${experiment.study.author}`],
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
        `${tally(compared)} ${explained(compared)} Where ours is worse, the notes of its report say what is known of it.`,
      ),
      {
        ...{ type: 'table', words: 3 },
        head: ['experiment', 'configuration', 'measure', 'published', 'ours', 'seeds', 'verdict'],
        rows: compared.map(({ entry, published, label, ours, verdict }) => [
          ...[link(entry), label, describeMeasure(published)],
          `${published.about ? '~' : ''}${published.value}`,
          shownSpread(ours, published.measure),
          String(ours?.seeds ?? 0),
          verdict,
        ]),
      },
    ],
  }
}
