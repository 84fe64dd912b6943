/** What the figures of an experiment need of a trained network beside its numbers: pictures and answers. */
import { rowOf } from '../data/dataset.js'
import { type Dataset, dataset, type Model, prepareImage, type Trainer } from '../index.js'
import type { Experiment } from './experiment.js'
import { drawnDigits, drawStrokes, scaledTo } from './own-digits.js'
import { type Answer, type GreyPictures, type Keepsakes, toBase64 } from './results.js'

/** @param test the test images that its recipe has */
export async function keepsakes(
  experiment: Experiment,
  configuration: string,
  trainer: Trainer,
  model: Model,
  test: Dataset,
): Promise<Keepsakes> {
  let kept: Keepsakes = {}
  for (const figure of experiment.figures) {
    if (figure.type === 'sweep' || !figure.configurations.includes(configuration)) continue
    if (figure.type === 'weights') {
      kept = { ...kept, weights: unitPictures(model, figure.parameter, figure.shape) }
    }
    if (figure.type === 'feedBackward') kept = { ...kept, feedBackward: feedBackward(model) }
    if (figure.type === 'samples') kept = { ...kept, samples: await samplesOf(trainer, test) }
    if (figure.type === 'ownDigits') kept = { ...kept, ownDigits: await ownDigits(trainer) }
  }
  return kept
}

const UNITS = 40

/** The weights of the first units. */
function unitPictures(model: Model, name: string, [height, width]: readonly [number, number]): GreyPictures {
  const weights = model.weights().get(name)!
  const units = weights.length / (height * width)
  const pictures = Array.from({ length: Math.min(units, UNITS) }, (_, unit) =>
    Float32Array.from({ length: height * width }, (_, i) => weights[i * units + unit]!),
  )
  return greyOf(pictures, width, height)
}

/** Each class sent back through W^T of every dense layer. */
function feedBackward(model: Model): GreyPictures {
  const kernels = [...model.weights()].filter(([name]) => /^dense_\d+\/kernel$/.test(name)).reverse()
  const classes = model.output.at(-1)!
  const pictures = Array.from({ length: classes }, (_, label) => {
    let values = Float32Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0))
    for (const [, weights] of kernels) {
      const [outputs, before] = [values.length, values]
      values = Float32Array.from({ length: weights.length / outputs }, (_, i) => {
        let sum = 0
        for (let j = 0; j < outputs; j++) sum += weights[i * outputs + j]! * before[j]!
        return sum
      })
    }
    return values
  })
  const [height, width] = model.input as [number, number]
  return greyOf(pictures, width, height)
}

/** Pictures of signed values: 0 is middle grey, the largest of each is black or white. */
function greyOf(pictures: readonly Float32Array[], width: number, height: number): GreyPictures {
  const bytes = pictures.map((values) => {
    const most = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12)
    return Uint8Array.from(values, (value) => 127.5 + (127.4 * value) / most)
  })
  return packed(bytes, width, height)
}

function packed(pictures: readonly Uint8Array[], width: number, height: number): GreyPictures {
  const all = new Uint8Array(pictures.length * width * height)
  for (const [i, pixels] of pictures.entries()) all.set(pixels, i * width * height)
  return { width, height, pixels: toBase64(all) }
}

const RIGHT = 10
const WRONG = 20

/** The first test samples, and the errors that the network is surest of. */
async function samplesOf(trainer: Trainer, test: Dataset): Promise<NonNullable<Keepsakes['samples']>> {
  const answers = await answersOf(trainer, test)
  const wrong = answers
    .map((answer, i) => ({ ...answer, i }))
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability || a.i - b.i)
    .slice(0, WRONG)
  const shown = [...answers.keys()].slice(0, RIGHT).concat(wrong.map(({ i }) => i))
  const [height, width] = test.sampleShape as [number, number]
  const pictures = shown.map((i) => {
    const row = rowOf(test, i) * test.sampleSize
    return test.inputs.subarray(row, row + test.sampleSize) as Uint8Array
  })
  return { pictures: packed(pictures, width, height), answers: shown.map((i) => answers[i]!) }
}

async function answersOf(trainer: Trainer, set: Dataset): Promise<Answer[]> {
  const { probabilities, classes } = await trainer.predict(set)
  return Array.from(classes, (predicted, i) => ({
    ...{ label: set.targets[rowOf(set, i)]!, predicted },
    probability: Number(
      probabilities[i * (probabilities.length / classes.length) + predicted]!.toPrecision(4),
    ),
  }))
}

/** Width and height that digits of our own are drawn with. */
const DRAWN = 84

async function ownDigits(trainer: Trainer): Promise<NonNullable<Keepsakes['ownDigits']>> {
  const drawn = drawnDigits.map((digit) => drawStrokes(digit, DRAWN))
  const labels = Uint8Array.from(drawnDigits, ({ label }) => label)
  const answered = async (name: string, pictures: readonly Uint8Array[]) => {
    const images = new Uint8Array(pictures.length * 784)
    for (const [i, pixels] of pictures.entries()) images.set(pixels, i * 784)
    const set = dataset({ name, inputs: images, targets: labels, sampleShape: [28, 28], classes: 10 })
    return { pictures: packed(pictures, 28, 28), answers: await answersOf(trainer, set) }
  }
  return {
    drawn: packed(drawn, DRAWN, DRAWN),
    scaled: await answered(
      'own digits, scaled',
      drawn.map((pixels) => scaledTo(28, pixels, DRAWN)),
    ),
    prepared: await answered(
      'own digits, prepared',
      drawn.map((pixels) => prepareImage(pixels, DRAWN, DRAWN)),
    ),
  }
}
