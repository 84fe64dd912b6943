import t from 'tap'
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  createEngine,
  createTrainer,
  dataset,
  dense,
  flatten,
  globalAveragePooling2d,
  type LayerSpec,
  layerNormalization,
  type Model,
  maxPooling2d,
  reshape,
  sequential,
  sgd,
} from '../../src/index.js'
import type { Layer } from '../../src/nn/layer.js'
import { effort } from '../support/effort.js'
import { randomIntegers } from '../support/random.js'

type Values = number[]

/** [batch, height, width, channels] of a layer's side, whatever it calls its axes. */
const imageOf = (shape: readonly number[]) => [shape[0]!, shape[1]!, shape[2] ?? 1] as const

function convolve(spec: Extract<LayerSpec, { type: 'conv2d' }>, layer: Layer, x: Values, weights: Values[]) {
  const [height, width, channels] = imageOf(layer.input)
  const [outHeight, outWidth, filters] = imageOf(layer.output)
  const [kernelHeight, kernelWidth] =
    typeof spec.kernelSize === 'number' ? [spec.kernelSize, spec.kernelSize] : spec.kernelSize
  const { strides: stride = 1, padding } = spec
  const before = (out: number, size: number, extent: number) =>
    padding === 'same' ? Math.floor(Math.max((out - 1) * stride + size - extent, 0) / 2) : 0
  const [top, left] = [before(outHeight, kernelHeight, height), before(outWidth, kernelWidth, width)]
  const [kernel, bias] = weights as [Values, Values | undefined]
  const y: Values = []
  for (let b = 0; b * height * width * channels < x.length; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let o = 0; o < filters; o++) {
          let sum = bias?.[o] ?? 0
          for (let ky = 0; ky < kernelHeight; ky++) {
            for (let kx = 0; kx < kernelWidth; kx++) {
              const [iy, ix] = [oy * stride + ky - top, ox * stride + kx - left]
              if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue
              for (let c = 0; c < channels; c++) {
                const weight = kernel[((ky * kernelWidth + kx) * channels + c) * filters + o]!
                sum += x[((b * height + iy) * width + ix) * channels + c]! * weight
              }
            }
          }
          y.push(spec.activation === 'relu' ? Math.max(sum, 0) : Math.tanh(sum))
        }
      }
    }
  }
  return y
}

function pool(layer: Layer, x: Values, size: number, stride: number, of: (window: Values) => number): Values {
  const [height, width, channels] = imageOf(layer.input)
  const y: Values = []
  for (let b = 0; b * height * width * channels < x.length; b++) {
    for (let oy = 0; oy * stride + size <= height; oy++) {
      for (let ox = 0; ox * stride + size <= width; ox++) {
        for (let c = 0; c < channels; c++) {
          const window: Values = []
          for (let p = 0; p < size * size; p++) {
            const [iy, ix] = [oy * stride + Math.floor(p / size), ox * stride + (p % size)]
            window.push(x[((b * height + iy) * width + ix) * channels + c]!)
          }
          y.push(of(window))
        }
      }
    }
  }
  return y
}

const mean = (values: Values) => values.reduce((sum, v) => sum + v, 0) / values.length

/** Brings each group of elements, given by its places, to mean 0 and variance 1, then scales and shifts by the last axis. */
function normalise(x: Values, groups: number[][], weights: Values[]): Values {
  const y = x.slice()
  const [scale, shift] = weights as [Values, Values]
  for (const places of groups) {
    const centre = mean(places.map((i) => x[i]!))
    const deviation = Math.sqrt(mean(places.map((i) => (x[i]! - centre) ** 2)) + 1e-5)
    for (const i of places) {
      y[i] = ((x[i]! - centre) / deviation) * scale[i % scale.length]! + shift[i % scale.length]!
    }
  }
  return y
}

/** One layer in float64 by the plainest code. */
function referenceLayer(spec: LayerSpec, layer: Layer, x: Values, weights: Values[]): Values {
  const last = layer.input.at(-1)!
  switch (spec.type) {
    case 'conv2d':
      return convolve(spec, layer, x, weights)
    case 'maxPooling2d':
      return pool(layer, x, spec.poolSize as number, spec.strides!, (window) => Math.max(...window))
    case 'averagePooling2d':
      return pool(layer, x, spec.poolSize as number, spec.strides!, mean)
    case 'globalAveragePooling2d': {
      const size = layer.input[0]! * layer.input[1]! * last
      return Array.from({ length: (x.length / size) * last }, (_, i) => {
        const image = x.slice(Math.floor(i / last) * size, (Math.floor(i / last) + 1) * size)
        return mean(image.filter((_, j) => j % last === i % last))
      })
    }
    case 'batchNormalization':
      return normalise(
        x,
        Array.from({ length: last }, (_, c) => x.flatMap((_, i) => (i % last === c ? [i] : []))),
        weights,
      )
    case 'layerNormalization':
      return normalise(
        x,
        Array.from({ length: x.length / last }, (_, r) =>
          Array.from({ length: last }, (_, c) => r * last + c),
        ),
        weights,
      )
    case 'dense': {
      const [kernel, bias] = weights as [Values, Values]
      const units = bias.length
      return Array.from({ length: (x.length / last) * units }, (_, i) => {
        const row = Math.floor(i / units) * last
        let sum = bias[i % units]!
        for (let j = 0; j < last; j++) sum += x[row + j]! * kernel[j * units + (i % units)]!
        return sum
      })
    }
    default:
      return x
  }
}

function referenceLoss(
  model: Model,
  specs: LayerSpec[],
  weights: Values[],
  x: Values,
  labels: Uint8Array,
): number {
  let values = x
  let at = 0
  for (const [i, spec] of specs.entries()) {
    const layer = model.layers[i]!
    values = referenceLayer(spec, layer, values, weights.slice(at, at + layer.parameters.length))
    at += layer.parameters.length
  }
  const classes = values.length / labels.length
  const losses = [...labels].map((label, sample) => {
    const logits = values.slice(sample * classes, (sample + 1) * classes)
    return Math.log(logits.reduce((sum, v) => sum + Math.exp(v), 0)) - logits[label]!
  })
  return mean(losses)
}

/** A random stack of image layers that ends in a dense one. */
function randomNetwork(integers: (low: number, high: number) => number, input: number[], classes: number) {
  const specs: LayerSpec[] = integers(0, 1) === 0 ? [reshape([...input, 1])] : []
  let [height, width] = input as [number, number]
  for (let depth = integers(1, 3); depth > 0; depth--) {
    const kind = integers(0, 5)
    const stride = integers(1, 2)
    if (kind === 0 && Math.min(height, width) >= 2) {
      specs.push(
        integers(0, 1) === 0
          ? maxPooling2d(2, { strides: stride })
          : averagePooling2d(2, { strides: stride }),
      )
    } else if (kind === 1) specs.push(batchNormalization())
    else if (kind === 2) specs.push(layerNormalization())
    else {
      const size = [integers(1, Math.min(3, height)), integers(1, Math.min(3, width))] as const
      const padding = integers(0, 1) === 0 ? 'same' : 'valid'
      specs.push(
        conv2d(integers(1, 18), size, {
          ...{
            strides: stride,
            padding,
            useBias: integers(0, 3) > 0,
            activation: integers(0, 2) > 0 ? 'tanh' : 'relu',
          },
          biasInitializer: { type: 'normal', deviation: 0.5 },
        }),
      )
    }
    const output = sequential(specs, { input }).output
    height = output[0]!
    width = output[1]!
  }
  if (sequential(specs, { input }).output.length < 3) specs.push(reshape([height, width, 1]))
  specs.push(integers(0, 2) === 0 ? globalAveragePooling2d() : flatten(), dense(classes))
  return specs
}

t.test('gradients of random image networks agree with central differences in float64', async (t) => {
  const integers = randomIntegers(31)
  const engines = [await createEngine({ engine: 'simd' }), await createEngine({ engine: 'js' })]
  for (let network = 0; network < effort(20, 40); network++) {
    const engine = engines[network % 2]!
    const [classes, batch] = [integers(2, 4), integers(1, 3)]
    const input = [integers(1, 7), integers(1, 7)]
    const specs = randomNetwork(integers, input, classes)
    const size = input[0]! * input[1]!
    const images = Float32Array.from({ length: batch * size }, () => integers(-1000, 1000) / 1000)
    const labels = Uint8Array.from({ length: batch }, () => integers(0, classes - 1))
    const data = dataset({ name: 'random', inputs: images, targets: labels, sampleShape: input, classes })
    const model = sequential(specs, { input, seed: network })
    const before = [...model.weights().values()].map((values) => [...values])
    const rate = 1
    const trainer = createTrainer(engine, model, {
      optimizer: sgd({ learningRate: rate }),
      batchSize: 'full',
      shuffle: false,
    })
    for await (const _ of trainer.fit(data, { epochs: 1 }));
    const after = [...model.weights().values()]

    const h = 1e-5
    let worst = 0
    for (const [p, values] of before.entries()) {
      if (model.parameters[p]!.trained === false) continue
      // A handful of each parameter: a wrong index or sum shows in most of its elements.
      for (let n = 0; n < Math.min(values.length, 8); n++) {
        const i = values.length <= 8 ? n : integers(0, values.length - 1)
        const value = values[i]!
        const at = (shifted: number) => {
          values[i] = shifted
          const loss = referenceLoss(model, specs, before, [...images], labels)
          values[i] = value
          return loss
        }
        const expected = (at(value + h) - at(value - h)) / (2 * h)
        const found = (value - after[p]![i]!) / rate
        worst = Math.max(worst, Math.abs(found - expected) / (1e-2 + Math.abs(expected)))
      }
    }
    const shape = `${input.join('x')} ${specs.map(({ type }) => type).join(', ')}, batch ${batch}`
    t.ok(worst < 2e-5, `${engine.name} ${shape}: worst relative error ${worst}`)
  }
})
