import { DataError } from '../errors.js'
import { assemble } from './assemble.js'
import type { Dataset } from './dataset.js'
import type { IdxArray } from './idx-format.js'

/** An IDX array and the file or URL it was read from. */
export interface NamedIdx {
  readonly name: string
  readonly array: IdxArray
}

/**
 * A data set from two IDX arrays: images [count, ...sample shape] of bytes or float32, labels [count] of bytes.
 *
 * @throws DataError naming the file, and as dataset
 */
export function datasetFromIdx(name: string, images: NamedIdx, labels: NamedIdx, classes: number): Dataset {
  const { data, shape } = images.array
  if (!(data instanceof Uint8Array || data instanceof Float32Array)) {
    throw new DataError(
      `${images.name}: expected images of element type 0x08 (bytes) or 0x0d (float32), found ${typeName(data)}`,
    )
  }
  if (shape.length < 2) {
    throw new DataError(`${images.name}: expected images of 2 or more dimensions, found ${shape.length}`)
  }
  const classOf = labels.array.data
  if (!(classOf instanceof Uint8Array) || labels.array.shape.length !== 1) {
    throw new DataError(
      `${labels.name}: expected labels of 1 dimension and element type 0x08 (bytes), found ` +
        `${labels.array.shape.length} dimensions of ${typeName(classOf)}`,
    )
  }
  if (shape[0] !== classOf.length) {
    throw new DataError(
      `${labels.name}: expected one label for each of the ${shape[0]} images of ${images.name}, found ${classOf.length}`,
    )
  }
  const wrong = classOf.findIndex((label) => label >= classes)
  if (wrong >= 0) {
    throw new DataError(
      `${labels.name}: expected labels of 0 to ${classes - 1}, found ${classOf[wrong]} at label ${wrong} (byte ` +
        `${8 + wrong} of the file)`,
    )
  }
  return assemble({ name, inputs: data, targets: classOf, sampleShape: shape.slice(1), classes })
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}
