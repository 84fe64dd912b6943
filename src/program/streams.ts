/**
 * Random streams: with the seed they key Philox, so that no two uses of one seed ever draw the same numbers. The upper
 * half of a stream's number is its purpose, the lower half counts within it.
 */
export enum Purpose {
  Initialise = 1,
  Dropout = 2,
  Shuffle = 3,
  Split = 4,
  Digits = 5,
  Augment = 6,
  InputDropout = 7,
  RecurrentDropout = 8,
  StreamShuffle = 9,
}

/** Number of the `index`-th stream for this purpose. */
export function streamOf(purpose: Purpose, index = 0): number {
  return (purpose << 16) | index
}
