/** Batches that come one after another: loaded when a stream is given. */

import { assemble } from '../data/assemble.js'
import { type Dataset, hasIds } from '../data/dataset.js'
import { type Batch, type BatchStream, iteratorOf } from '../data/stream.js'
import { DataError } from '../errors.js'
import type { Shape } from '../nn/layer.js'
import { isPlainObject } from '../schema/schema.js'
import { show } from '../schema/show.js'

/** What the model and its loss make of a batch's arrays. */
export interface BatchMeaning {
  readonly input: Shape
  readonly output: Shape
  /** Whether the loss is one over classes, so that whole numbers in lists are class ids. */
  readonly overClasses: boolean
}

/** Goes through a stream once or several times, and asks for the next batch while the one at hand is used. */
export class StreamBatches {
  private iterator: AsyncIterator<Batch | Dataset> | Iterator<Batch | Dataset> | null = null
  private next: Promise<IteratorResult<Batch | Dataset>> | null = null
  private number = 0

  constructor(
    private readonly stream: BatchStream,
    private readonly meaning: BatchMeaning,
    private readonly where: string,
  ) {}

  /**
   * The next batch as a data set, or null at the end of the stream; the batch after that begins another pass.
   * @throws DataError that names the batch and what is not right in it; what the stream itself throws
   */
  async take(): Promise<Dataset | null> {
    this.next ??= this.ask()
    const { next } = this
    this.next = null
    const { done, value } = await next
    if (done) {
      this.iterator = null
      return null
    }
    const batch = this.read(value)
    this.next = this.ask()
    // Whoever takes it hears of it.
    this.next.catch(() => undefined)
    return batch
  }

  /** Tells the stream that no more is wanted. */
  async close(): Promise<void> {
    const { iterator, next } = this
    this.iterator = null
    this.next = null
    await next?.catch(() => undefined)
    await iterator?.return?.()
  }

  private async ask(): Promise<IteratorResult<Batch | Dataset>> {
    this.iterator ??= this.begin()
    return await this.iterator.next()
  }

  private begin() {
    const { stream } = this
    this.number = 0
    const found = iteratorOf<Batch | Dataset>(typeof stream === 'function' ? stream() : stream)
    if (found) return found
    throw new DataError(
      `${this.where}: the function that gives a stream should give something to be looped over, of batches { inputs, targets }.`,
    )
  }

  private read(value: unknown): Dataset {
    const name = `batch ${++this.number} of the stream`
    if (!isPlainObject(value)) {
      throw new DataError(`${name} should be an object { inputs, targets }, found ${show(value)}.`)
    }
    if ('count' in value && 'sampleSize' in value) return value as unknown as Dataset
    const { input, output, overClasses } = this.meaning
    const batch = value as unknown as Batch
    const { inputs, targets } = batch
    const isView = ArrayBuffer.isView(inputs)
    const classes = Math.max(2, output.at(-1)!)
    const areIds = ArrayBuffer.isView(targets)
      ? !(targets instanceof Float32Array || targets instanceof Float64Array)
      : overClasses && depthOf(targets) <= output.length
    const size = input.reduce((product, n) => product * n, 1)
    const rows = isView ? (inputs as unknown as ArrayLike<number>).length / size : 0
    const each = ArrayBuffer.isView(targets) ? (targets as unknown as ArrayLike<number>).length / rows : 0
    // Of typed arrays, whose rows are known, the target's shape is the one that the model's output suggests.
    const shaped = !isView || !ArrayBuffer.isView(targets) ? null : areIds ? output.slice(0, -1) : output
    const fits = shaped !== null && shaped.reduce((product, n) => product * n, 1) === each
    const found = assemble({
      ...batch,
      name,
      ...(isView && { sampleShape: input }),
      ...(areIds && { classes }),
      ...(fits && { targetShape: shaped }),
    })
    return hasIds(found) ? found : { ...found, classes: 0 }
  }
}

function depthOf(lists: unknown): number {
  let depth = 0
  for (let value = lists; Array.isArray(value); value = value[0]) depth++
  return depth
}
