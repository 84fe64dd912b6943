import { ModelError } from '../errors.js'
import type { Shape } from '../nn/layer.js'
import type { Prediction } from './metrics.js'

/** A model's answers, with probabilities and classes where its loss gives them a meaning. */
export function predictionOf(
  loss: string,
  outputs: Float32Array,
  outputShape: Shape,
  probabilities: Float32Array | null,
): Prediction {
  const last = outputShape.at(-1)!
  const hasClasses = probabilities !== null && !(loss === 'meanSquaredError' && last === 1)
  if (hasClasses) {
    return { outputs, outputShape, probabilities, classes: argMaxRows(probabilities, last) }
  }
  const meaningless = (what: string) => ({
    get(): never {
      throw new ModelError(`predict: ${what} mean nothing by ${loss}; what the model gives is in outputs.`)
    },
  })
  // Not enumerable: copying the others does not ask for them.
  return Object.defineProperties(
    { outputs, outputShape },
    {
      probabilities: meaningless('probabilities'),
      classes: meaningless('classes'),
    },
  ) as unknown as Prediction
}

/** The first of the largest in each row; of one probability a row, class 1 where it is above a half. */
function argMaxRows(values: Float32Array, columns: number): Int32Array {
  const classes = new Int32Array(values.length / columns)
  for (let row = 0; row < classes.length; row++) {
    if (columns === 1) classes[row] = values[row]! > 0.5 ? 1 : 0
    let best = 0
    for (let c = 1; c < columns; c++) {
      if (values[row * columns + c]! > values[row * columns + best]!) best = c
    }
    if (columns > 1) classes[row] = best
  }
  return classes
}
