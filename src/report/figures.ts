/** The pictures of an experiment's report. */
import type {
  Curves,
  Experiment,
  Figure,
  Measure,
  Portrait,
  Sweep,
  WeightPictures,
} from '../experiments/experiment.js'
import { configurationOf } from '../experiments/experiment.js'
import {
  type Answer,
  FIELDS,
  type GreyPictures,
  median,
  type RunResult,
  unpacked,
} from '../experiments/results.js'
import { shortenings, titleOf } from '../experiments/titles.js'
import { barChart, heatMap, type LineSeries, lineChart } from './charts.js'
import { spreadOf } from './compare.js'
import type { Block } from './document.js'
import { pictureSheet } from './pictures.js'

/** A figure as pictures; none where nothing of it has been run. */
export function drawFigure(experiment: Experiment, results: readonly RunResult[], whole: Figure): Block[] {
  const ran = experiment.configurations.filter(({ id }) => results.some((one) => one.configuration === id))
  const short = results[0] ? shortenings(ran, results[0]) : null
  const figure = short ? { ...whole, title: `${whole.title} (shortened)` } : whole
  switch (figure.type) {
    case 'curves':
      return drawCurves(experiment, results, figure)
    case 'sweep':
      return drawSweep(experiment, results, figure)
    default:
      return figure.configurations.flatMap((id) => {
        // Pictures are those of the first seed.
        const result = results.find(({ configuration }) => configuration === id)
        return result ? drawPortrait(experiment, figure, result) : []
      })
  }
}

function drawCurves(experiment: Experiment, results: readonly RunResult[], figure: Curves): Block[] {
  const series = figure.configurations.flatMap((id, colour): LineSeries[] => {
    const configuration = configurationOf(experiment, id)
    const own = results.filter((result) => result.configuration === id)
    const label = own[0] ? titleOf(configuration, own[0]) : configuration.label
    const published = figure.published?.[id]
    const ours = own.length === 0 ? [] : figure.measures
    return [
      ...ours.map((measure, i) => ({
        ...lineOf(own.map((result) => curveOf(result, measure, figure.by))),
        ...{ name: figure.measures.length > 1 ? `${label}: ${measure}` : label, colour, dashed: i > 0 },
      })),
      ...(published
        ? [
            {
              name: `${configuration.label}, published`,
              points: published,
              dashed: true,
              marks: published.length < 20,
              colour,
            },
          ]
        : []),
    ]
  })
  if (series.every(({ name }) => name.endsWith(', published'))) return []
  const [measure] = figure.measures as [Measure]
  const title = `${figure.title}`
  const unit = measure.split(' ')[1]!
  const svg = lineChart({
    ...{ title, x: { title: figure.by }, y: { title: figure.measures.length > 1 ? unit : measure }, series },
  })
  return [{ type: 'picture', name: figure.id, title, svg }]
}

type Points = (readonly [x: number, y: number])[]

function curveOf(result: RunResult, measure: Measure, by: 'epoch' | 'step'): Points {
  if (by === 'step') return result.steps.filter(([, loss]) => Number.isFinite(loss)).map(([x, y]) => [x, y])
  const field = FIELDS[measure as keyof typeof FIELDS]
  return result.epochs.map((figures, i) => [i + 1, figures[field]])
}

/** The median of several curves and their spread. */
function lineOf(curves: readonly Points[]): Pick<LineSeries, 'points' | 'band'> {
  const longest = curves.reduce((a, b) => (b.length > a.length ? b : a))
  const at = (i: number) => curves.flatMap((curve) => (curve[i] ? [curve[i][1]] : []))
  const points = longest.map(([x], i) => [x, median(at(i))] as const)
  if (curves.length === 1) return { points }
  return { points, band: longest.map(([x], i) => [x, Math.min(...at(i)), Math.max(...at(i))] as const) }
}

function drawSweep(experiment: Experiment, results: readonly RunResult[], figure: Sweep): Block[] {
  const { id, title, measure, over, at } = figure
  const publishedOf = (configuration: string | null, epoch: number | undefined) =>
    experiment.published.find(
      (value) => value.configuration === configuration && value.measure === measure && value.epoch === epoch,
    )?.value ?? null
  const series = figure.series.map(({ name, configurations, epoch, published }) => {
    const when = { measure, ...(epoch !== undefined && { epoch }) }
    const run = results.find(({ configuration }) => configurations.includes(configuration))
    return {
      // All of a series are run alike.
      name: run ? titleOf({ label: name, recipe: run.recipe }, run) : name,
      whole: name,
      ours: configurations.map((id) => (id === null ? null : spreadOf(results, id, when))),
      published: published ? configurations.map((id) => publishedOf(id, epoch)) : null,
    }
  })
  if (series.every(({ ours }) => ours.every((spread) => spread === null))) return []
  if (figure.draw === 'bars') {
    const bars = series.map(({ name, ours }) => ({
      ...{ name, values: ours.map((spread) => spread?.median ?? null) },
      spread: ours.map((spread) =>
        spread && spread.seeds > 1 ? ([spread.low, spread.high] as const) : null,
      ),
    }))
    const axis = { title: measure, ...(measure.endsWith('accuracy') && { max: 1 }) }
    const label = (value: number) => value.toFixed(measure.endsWith('accuracy') ? 4 : 2)
    const options = { title, categories: at.map(String), x: { title: over }, y: axis, series: bars, label }
    return [{ type: 'picture', name: id, title, svg: barChart(options) }]
  }
  const lines = series.flatMap(({ name, whole, ours, published }, colour): LineSeries[] => {
    const known = ours.flatMap((spread, i) => (spread ? [{ x: Number(at[i]), spread }] : []))
    if (known.length === 0) return []
    const spread = known.some(({ spread }) => spread.seeds > 1)
    return [
      {
        ...{ name, colour, marks: true, points: known.map(({ x, spread }) => [x, spread.median] as const) },
        ...(spread && { band: known.map(({ x, spread }) => [x, spread.low, spread.high] as const) }),
      },
      ...(published
        ? [
            {
              ...{ name: `${whole}, published`, colour, marks: true, dashed: true },
              points: published.map((value, i) => [Number(at[i]), value] as const),
            },
          ]
        : []),
    ]
  })
  const numbers = at.map(Number)
  const log = Math.max(...numbers) / Math.min(...numbers) > 15 ? 2 : false
  const svg = lineChart({ title, x: { title: over, log }, y: { title: measure }, series: lines })
  return [{ type: 'picture', name: id, title, svg }]
}

function drawPortrait(experiment: Experiment, figure: Portrait | WeightPictures, result: RunResult): Block[] {
  const { configuration, test, keepsakes } = result
  const label = titleOf(configurationOf(experiment, configuration), result)
  const single = figure.configurations.length === 1
  const title = single ? figure.title : `${figure.title}: ${label}`
  const name = single ? figure.id : `${figure.id}-${configuration}`
  const picture = (svg: string, part = ''): Block => ({
    ...{ type: 'picture', name: `${name}${part}`, title, svg },
  })
  switch (figure.type) {
    case 'confusion': {
      const names = Array.from({ length: test.classes }, (_, i) => String(i))
      return [
        picture(
          heatMap({
            ...{ title, rows: names, columns: names, counts: test.confusion },
            ...{ rowTitle: 'label', columnTitle: 'predicted' },
          }),
        ),
      ]
    }
    case 'weights':
      return keepsakes.weights ? [picture(weightSheet(title, keepsakes.weights))] : []
    case 'feedBackward': {
      if (!keepsakes.feedBackward) return []
      const captions = unpacked(keepsakes.feedBackward).map((_, i) => ({ text: String(i) }))
      return [picture(sheet(title, keepsakes.feedBackward, 5, [4, 4], captions))]
    }
    case 'samples': {
      if (!keepsakes.samples) return []
      const { pictures, answers } = keepsakes.samples
      return [
        caption(title, 'the first test images, then the errors that the network was surest of'),
        picture(sheet(title, pictures, 10, [2.5, 2.5], answers.map(captionOf))),
      ]
    }
    case 'ownDigits': {
      if (!keepsakes.ownDigits) return []
      const { drawn, scaled, prepared } = keepsakes.ownDigits
      const right = (answers: readonly Answer[]) =>
        answers.filter(({ label, predicted }) => label === predicted).length
      const isFirst = configuration === figure.configurations[0]
      return [
        ...(isFirst ? [picture(sheet(`${figure.title}, as drawn`, drawn, 10, [0.85, 0.85]), '-drawn')] : []),
        caption(title, `scaled to 28x28 only, ${right(scaled.answers)} of ${scaled.answers.length} right`),
        picture(
          sheet(`${title}, scaled`, scaled.pictures, 10, [2.5, 2.5], scaled.answers.map(captionOf)),
          '-scaled',
        ),
        caption(
          title,
          `prepared as MNIST was, ${right(prepared.answers)} of ${prepared.answers.length} right`,
        ),
        picture(
          sheet(`${title}, prepared`, prepared.pictures, 10, [2.5, 2.5], prepared.answers.map(captionOf)),
          '-prepared',
        ),
      ]
    }
  }
}

const caption = (title: string, text: string): Block => ({ type: 'text', text: `${title}: ${text}.` })

function captionOf({ label, predicted, probability }: Answer) {
  const percent = `${(100 * probability).toFixed(0)}%`
  return label === predicted
    ? { text: `${predicted} (${percent})` }
    : { text: `${label} as ${predicted} (${percent})`, wrong: true }
}

function sheet(
  title: string,
  grey: GreyPictures,
  columns: number,
  scale: readonly [number, number],
  captions?: readonly { text: string; wrong?: boolean }[],
): string {
  const { width, height } = grey
  const pictures = unpacked(grey)
  return pictureSheet({ title, width, height, pictures, columns, scale, ...(captions && { captions }) })
}

/** Squares, or strips one below the other where a unit sees a single row. */
function weightSheet(title: string, weights: GreyPictures): string {
  return weights.height === 1 ? sheet(title, weights, 2, [12, 10]) : sheet(title, weights, 10, [2.5, 2.5])
}
