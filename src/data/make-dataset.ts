import { assemble, type DatasetSource } from './assemble.js'
import type { Dataset } from './dataset.js'

// Nothing in the library imports it from here. What is loaded late, such as streams, calls `assemble`: a module that the
// entry exports and a late one uses, bundlers would load with the page. Measured: 2.4 KB gzipped.

/**
 * A data set over arrays in memory. Typed arrays of the types that Dataset has are used in place: what is written into them
 * later is seen by whatever uses the data set next. Everything else is converted.
 *
 * @throws DataError naming the data set and, where there is one, the first wrong sample: no samples, numbers of inputs
 *   and targets that differ, a shape that does not divide the inputs, lists of differing lengths, targets outside
 *   0 .. classes - 1, values that are not finite
 */
export function dataset(source: DatasetSource): Dataset {
  return assemble(source)
}
