/** Base of every error that lanegrad throws on purpose: a sentence that says what was wrong, where, and what to do. */
export class LanegradError extends Error {
  override name = 'LanegradError'
}

/** A data file or data set that cannot be used; the message names the file, the position, expected and found. */
export class DataError extends LanegradError {
  override name = 'DataError'
}

/** A family that is on no disk here and could not be downloaded: nothing is damaged, and other data would do. */
export class DataUnavailableError extends DataError {
  override name = 'DataUnavailableError'

  /** @param reason without the advice that goes after it */
  constructor(readonly reason: string) {
    super(`${reason} Give the folder of its files as dir, or in the environment variable LANEGRAD_DATA.`)
  }
}

/** Shapes or arguments of a layer, loss or optimizer that do not fit; the message names the layer and both shapes. */
export class ModelError extends LanegradError {
  override name = 'ModelError'
}

/** An engine that cannot be created, has no memory left, or was closed. */
export class EngineError extends LanegradError {
  override name = 'EngineError'
}

/** Training that cannot go on, such as a loss that is not finite; the message names epoch and step. */
export class TrainingError extends LanegradError {
  override name = 'TrainingError'
}
