import { leaf, type Schema } from '../schema/schema.js'
import { isClass } from '../schema/show.js'
import type { AnyArray } from './arrays.js'
import { aDataset, type Dataset } from './dataset.js'

/** Some samples of a stream, as `dataset` takes them: lists, or typed arrays with one sample after another. */
export interface Batch {
  readonly inputs: AnyArray
  readonly targets: AnyArray
  readonly sampleWeights?: AnyArray
  readonly lengths?: AnyArray
  readonly padding?: 'pre' | 'post'
}

type Some<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>

/**
 * Batches one after another: anything that can be looped over, at once or by `for await`, or a function that gives such for
 * each pass. A batch may be a data set.
 */
export type BatchStream = Some<Batch | Dataset> | (() => Some<Batch | Dataset>)

/** Whether it is something to be gone through, and no data set. */
export function isStream(value: unknown): value is BatchStream {
  if (typeof value === 'function') return !isClass(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || 'inputs' in value)
    return false
  return Symbol.asyncIterator in value || Symbol.iterator in value || 'getReader' in value
}

/** An argument that is a stream; what is in it is checked as it comes. */
export const aBatchStream: Schema<BatchStream> = leaf('a stream of batches { inputs, targets }', isStream)

/** An argument that is a data set or a stream. */
export const dataOrStream: Schema<Dataset | BatchStream> = {
  expected: `${aDataset.expected}, or ${aBatchStream.expected}`,
  read: (value, path) => (isStream(value) ? value : aDataset.read(value, path)),
}

/** Starts a pass over what can be looped over; null where nothing can. */
export function iteratorOf<T>(value: unknown): AsyncIterator<T> | Iterator<T> | null {
  if (typeof value === 'function' || !isStream(value)) return null
  const found = value as unknown as Partial<AsyncIterable<T> & Iterable<T> & ReadableStream<T>>
  if (typeof found[Symbol.asyncIterator] === 'function') return found[Symbol.asyncIterator]!()
  if (typeof found[Symbol.iterator] === 'function') return found[Symbol.iterator]!()
  if (typeof found.getReader !== 'function') return null
  // Safari's streams cannot be looped over.
  const reader = found.getReader() as ReadableStreamDefaultReader<T>
  return {
    next: async () => (await reader.read()) as IteratorResult<T>,
    return: async () => {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}
