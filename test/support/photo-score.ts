/** How many of MNIST's first test images are still recognised in pictures of each kind. */
import { flatInk } from '../../src/data/flat-ink.js'
import {
  createEngine,
  createTrainer,
  type Dataset,
  dense,
  dropout,
  type FamilyData,
  flatten,
  prepareImage,
  preparePhoto,
  sequential,
  sgd,
} from '../../src/index.js'
import type { Kind } from './photo-kinds.js'
import { draws, type Photo, photograph } from './photos.js'

/** The digits that pictures are made of. */
export const DIGITS = 100

export interface Judge {
  /** The class of each picture [28, 28]; -1 for null. */
  classes(pictures: readonly (Uint8Array | null)[]): Promise<number[]>
  close(): void
}

/** The network of `lanegrad train` without options, but for its validation part and two of its five epochs. */
export async function trainedJudge({ train }: FamilyData): Promise<Judge> {
  const engine = await createEngine({ engine: 'simd' })
  const layers = [flatten(), dense(256, { activation: 'relu' }), dropout(0.1), dense(10)]
  const trainer = createTrainer(engine, sequential(layers, { input: [28, 28], seed: 1 }), {
    ...{ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), batchSize: 128 },
  })
  for await (const _ of trainer.fit(train, { epochs: 3 }));
  return {
    async classes(pictures) {
      const inputs = new Float32Array(784 * pictures.length)
      for (const [i, picture] of pictures.entries()) {
        if (picture)
          inputs.set(
            Float32Array.from(picture, (byte) => byte / 255),
            784 * i,
          )
      }
      const { classes } = await trainer.predict(inputs)
      return pictures.map((picture, i) => (picture ? classes[i]! : -1))
    },
    close: () => engine.close(),
  }
}

/** A picture of each of the first digits. */
export function photosOf(kind: Kind, { inputs }: Dataset, seed: number): Photo[] {
  return Array.from({ length: DIGITS }, (_, i) => {
    const draw = draws(seed * DIGITS + i)
    return photograph((inputs as Uint8Array).subarray(784 * i, 784 * (i + 1)), kind.scene(draw), draw)
  })
}

/** The picture prepared, null where it is refused. */
export function prepared({ pixels, width, height }: Photo): Uint8Array | null {
  try {
    return preparePhoto(pixels, width, height)
  } catch {
    return null
  }
}

/** The same with all that differs from the border's median as ink: what does for paper of one colour. */
export function flatlyPrepared(photo: Photo): Uint8Array | null {
  const ink = flatInk(photo)
  return ink === null ? null : prepareImage(ink.pixels, ink.width, ink.height)
}

export function countRight(classes: readonly number[], { targets }: Dataset): number {
  return classes.filter((label, i) => label === targets[i]).length
}
