import {
  builtInDigits,
  createTrainer,
  type Dataset,
  type Engine,
  sequential,
  standardisation,
  take,
} from '../../src/index.js'
import { Training } from '../support/composition.js'
import type { ComposedProgram } from './compositions.js'
import type { ConformanceProgram } from './programs.js'

/** What a program leaves, to be the same bits everywhere. */
export interface Outcome {
  /** SHA-256 of the weights. */
  readonly weights: string
  /** SHA-256 of `curve` as little-endian float64. */
  readonly losses: string
  /** Each step's loss, after each epoch the validation's loss and accuracy. */
  readonly curve: readonly number[]
}

const MOST_SAMPLES = 331
const VALIDATION = 50

let digits: { train: Dataset; test: Dataset } | undefined

/** Trains a program on an engine, from its seeds to the hash of its weights. */
export async function runProgram(
  engine: Engine,
  program: ConformanceProgram | ComposedProgram,
): Promise<Outcome> {
  if ('batchOf' in program) return runComposed(engine, program)
  digits ??= builtInDigits({ train: MOST_SAMPLES, test: VALIDATION, seed: 4 })
  const { layers, samples, batch, epochs, optimizer, loss, clip, augment, standardised, shuffle } = program
  const data = take(digits.train, samples)
  const model = sequential(layers, { input: [28, 28] })
  const trainer = createTrainer(engine, model, {
    ...{ optimizer, batchSize: batch },
    ...(loss && { loss }),
    ...(clip && { clip }),
    ...(augment && { augment }),
    ...(standardised && { standardisation: standardisation(data) }),
    ...(shuffle !== undefined && { shuffle }),
  })
  const curve: number[] = []
  const onStep = ({ loss }: { loss: number }) => curve.push(loss)
  for await (const { validation } of trainer.fit(data, { epochs, validationData: digits.test, onStep })) {
    curve.push(validation!.loss, validation!.accuracy)
  }
  const outcome = { weights: await model.fingerprint(), losses: await sha256(doubles(curve)), curve }
  trainer.close()
  return outcome
}

async function runComposed(engine: Engine, program: ComposedProgram): Promise<Outcome> {
  const { samples, batch, epochs, batchOf } = program
  const batches = Array.from({ length: samples / batch }, (_, index) => batchOf(index))
  const training = new Training(engine, program, batches[0]!)
  const curve: number[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const found of batches) {
      training.run(found)
      curve.push(training.readDoubles('totals')[3]!)
    }
  }
  const weights = await training.model.fingerprint()
  training.close()
  return { weights, losses: await sha256(doubles(curve)), curve }
}

/** One hash for a whole set of outcomes. */
export function fingerprintOfSet(outcomes: readonly Pick<Outcome, 'weights' | 'losses'>[]): Promise<string> {
  const text = outcomes.map(({ weights, losses }) => `${weights} ${losses}\n`).join('')
  return sha256(new TextEncoder().encode(text))
}

function doubles(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(values.length * 8))
  for (const [i, value] of values.entries()) view.setFloat64(i * 8, value, true)
  return new Uint8Array(view.buffer)
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
