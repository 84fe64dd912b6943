import { philox4x32 } from '../engine/js/philox.js'
import { DataError } from '../errors.js'
import { Purpose, streamOf } from '../program/streams.js'
import { read } from '../schema/schema.js'
import { seed as seedSchema, wholeNumber } from '../schema/values.js'
import { aBatchStream, iteratorOf } from './stream.js'

/**
 * The entries of a stream in another order: it holds `size` of them and gives one of these at random, for which the next
 * comes in. A function of the seed alone; every pass has the same order, a function `() => shuffleBuffer(..., seed + pass)`
 * another each time. What shuffles batches leaves samples together that came together: give it batches of one for more.
 * @throws DataError for what is no stream, and sizes below 1
 */
export function shuffleBuffer<T>(
  stream: Iterable<T> | AsyncIterable<T> | ReadableStream<T> | (() => Iterable<T> | AsyncIterable<T>),
  size: number,
  seed = 0,
): AsyncIterable<T> {
  const where = 'shuffleBuffer'
  read(DataError, where, 'stream', aBatchStream, stream)
  read(DataError, where, 'size', wholeNumber(1), size)
  read(DataError, where, 'seed', seedSchema, seed)
  return {
    async *[Symbol.asyncIterator]() {
      const source = iteratorOf<T>(typeof stream === 'function' ? stream() : stream)
      if (!source) throw new DataError(`${where}: the function should give something to be looped over.`)
      const held: T[] = []
      let draw = 0
      const take = (): T => {
        const words = new Uint32Array(4)
        philox4x32(draw++, 0, 0, 0, seed, streamOf(Purpose.StreamShuffle), words)
        const at = Math.floor((words[0]! / 2 ** 32) * held.length)
        const found = held[at]!
        const last = held.pop()!
        if (at < held.length) held[at] = last
        return found
      }
      try {
        for (let next = await source.next(); !next.done; next = await source.next()) {
          held.push(next.value)
          if (held.length === size) yield take()
        }
        while (held.length > 0) yield take()
      } finally {
        await source.return?.()
      }
    },
  }
}
