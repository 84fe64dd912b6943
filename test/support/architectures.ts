import {
  type ActivationSpec,
  activation,
  add,
  apply,
  averagePooling2d,
  batchNormalization,
  bidirectional,
  columns,
  concatenate,
  conv1d,
  conv2d,
  type Dataset,
  dataset,
  dense,
  dropout,
  flatten,
  type GraphConfig,
  globalAveragePooling2d,
  gru,
  input,
  type LayerSpec,
  type LossSpec,
  layerNormalization,
  lstm,
  masking,
  maxPooling2d,
  model,
  multiply,
  patches,
  pixels,
  type RecurrentOptions,
  reshape,
  rows,
  type SequentialConfig,
  type Symbolic,
  sequential,
  simpleRNN,
  tiedDense,
  timeDistributed,
} from '../../src/index.js'

type Draw = (low: number, high: number) => number
type Shape = readonly number[]
type Maker = (draw: Draw, shape: Shape) => LayerSpec
/** A layer that needs another before it. */
type PairMaker = (draw: Draw, before: readonly LayerSpec[]) => readonly LayerSpec[]

/** A random network, and what it can be trained on. */
export interface Architecture {
  readonly config: SequentialConfig
  readonly loss: LossSpec
  readonly classes: number
  readonly batch: number
}

const sizeOf = (shape: Shape) => shape.reduce((product, n) => product * n, 1)
const coin = (draw: Draw) => draw(0, 1) === 1
const part = (draw: Draw) => draw(1, 9) / 10
const pick = <T>(draw: Draw, from: readonly T[]): T => from[draw(0, from.length - 1)]!

function divisor(draw: Draw, of: number): number {
  const size = draw(1, of)
  return of % size === 0 ? size : divisor(draw, of)
}

const activationNames = [
  ...(['none', 'relu', 'tanh', 'sigmoid', 'hardSigmoid'] as const),
  ...(['softplus', 'elu', 'silu', 'gelu', 'geluTanh'] as const),
]

const drawActivation = (draw: Draw): ActivationSpec =>
  pick<ActivationSpec>(draw, [...activationNames, { leakyRelu: part(draw) }, { elu: part(draw) }])

/** No penalty, or one or both. */
const drawPenalty = (draw: Draw) => ({ ...(draw(0, 3) === 0 && { l1: 0.01, l2: pick(draw, [0, 0.1]) }) })

/** A sequence is never cut where gradients flow, for truncated ones are not the slope of the loss. */
const drawRecurrent = (draw: Draw, [steps]: Shape): RecurrentOptions => ({
  ...{
    returnSequences: coin(draw),
    goBackwards: coin(draw),
    useBias: coin(draw),
    zeroOutputForMask: coin(draw),
  },
  ...(draw(0, 2) === 0 && { dropout: part(draw) }),
  ...(draw(0, 2) === 0 && { recurrentDropout: part(draw) }),
  ...pick<RecurrentOptions>(draw, [{}, {}, { initialState: 'trained' }, { stateful: true }]),
  ...(draw(0, 3) === 0 && { truncate: steps! + draw(0, 1) }),
  ...drawPenalty(draw),
})

const gateActivation = (draw: Draw) => pick(draw, ['sigmoid', 'hardSigmoid'] as const)

const recurrent = {
  simpleRNN: (draw: Draw, shape: Shape) =>
    simpleRNN(draw(1, 5), { ...drawRecurrent(draw, shape), activation: pick(draw, ['tanh', 'relu']) }),
  lstm: (draw: Draw, shape: Shape) =>
    lstm(draw(1, 5), { ...drawRecurrent(draw, shape), recurrentActivation: gateActivation(draw) }),
  gru: (draw: Draw, shape: Shape) =>
    gru(draw(1, 5), {
      ...{ ...drawRecurrent(draw, shape), recurrentActivation: gateActivation(draw) },
      reset: pick(draw, ['after', 'before']),
    }),
}

const drawWindow = (draw: Draw, [height, width]: Shape): [number, number] => [
  draw(1, Math.min(height!, 3)),
  draw(1, Math.min(width!, 3)),
]

/** Branches that give sequences of one length, or images of one size, or vectors. */
function drawBranch(draw: Draw, shape: Shape): LayerSpec[] {
  if (coin(draw)) return coin(draw) ? [] : [layerNormalization(), dropout(part(draw))]
  if (shape.length === 1) return [dense(draw(1, 4), { activation: drawActivation(draw) })]
  if (shape.length === 3) return [conv2d(draw(1, 3), drawWindow(draw, shape), { padding: 'same' })]
  const layer = { ...pick(draw, Object.values(recurrent))(draw, shape), returnSequences: true }
  return [coin(draw) ? bidirectional(layer) : layer]
}

const vector = (shape: Shape) => shape.length === 1
const sequence = (shape: Shape) => shape.length === 2
const image = (shape: Shape) => shape.length === 3
const atLeastTwoAxes = (shape: Shape) => shape.length > 1
const anything = () => true

/** Layers of networks whose input is floats. */
type LayerType = Exclude<LayerSpec['type'], 'embedding'>

/** For each layer the shapes it is used on, and how to draw one. */
const makers: {
  readonly [T in Exclude<LayerType, 'tiedDense'>]: readonly [fits: (shape: Shape) => boolean, Maker]
} = {
  activation: [
    anything,
    (draw) => activation(pick(draw, [drawActivation(draw), 'softmax' as const, 'logSoftmax' as const])),
  ],
  averagePooling2d: [
    image,
    (draw, shape) => averagePooling2d(drawWindow(draw, shape), { strides: draw(1, 3) }),
  ],
  batchNormalization: [anything, (draw) => batchNormalization({ momentum: part(draw), epsilon: 0.01 })],
  bidirectional: [
    sequence,
    (draw, shape) => bidirectional(pick(draw, Object.values(recurrent))(draw, shape)),
  ],
  columns: [atLeastTwoAxes, () => columns()],
  concatenate: [
    anything,
    (draw, shape) => concatenate(Array.from({ length: draw(1, 3) }, () => drawBranch(draw, shape))),
  ],
  conv1d: [
    sequence,
    (draw, [steps]) =>
      conv1d(draw(1, 4), draw(1, Math.min(steps!, 3)), {
        ...{ padding: pick(draw, ['valid', 'same']), strides: draw(1, 3), useBias: coin(draw) },
        ...{ activation: drawActivation(draw), ...drawPenalty(draw) },
      }),
  ],
  conv2d: [
    image,
    (draw, shape) =>
      conv2d(draw(1, 4), drawWindow(draw, shape), {
        ...{ padding: pick(draw, ['valid', 'same']), strides: draw(1, 3), useBias: coin(draw) },
        ...{ activation: drawActivation(draw), ...drawPenalty(draw) },
      }),
  ],
  dense: [
    vector,
    (draw) =>
      dense(draw(1, 9), { activation: drawActivation(draw), useBias: coin(draw), ...drawPenalty(draw) }),
  ],
  dropout: [anything, (draw) => dropout(part(draw))],
  flatten: [anything, () => flatten()],
  globalAveragePooling2d: [image, () => globalAveragePooling2d()],
  gru: [sequence, recurrent.gru],
  layerNormalization: [anything, () => layerNormalization({ epsilon: 0.01 })],
  lstm: [sequence, recurrent.lstm],
  masking: [atLeastTwoAxes, (draw) => masking(0, { padding: pick(draw, ['end', 'anywhere']) })],
  maxPooling2d: [image, (draw, shape) => maxPooling2d(drawWindow(draw, shape), { strides: draw(1, 3) })],
  patches: [anything, (draw, shape) => patches(divisor(draw, sizeOf(shape)))],
  pixels: [anything, () => pixels()],
  reshape: [
    anything,
    (draw, shape) => {
      const [size, height] = [sizeOf(shape), divisor(draw, sizeOf(shape))]
      const width = divisor(draw, size / height)
      return reshape(pick(draw, [[size], [height, size / height], [height, width, size / height / width]]))
    },
  ],
  rows: [atLeastTwoAxes, (draw, [height]) => rows(draw(1, height!))],
  simpleRNN: [sequence, recurrent.simpleRNN],
  timeDistributed: [
    atLeastTwoAxes,
    (draw, shape) => {
      const inner = pick(draw, [
        'dense',
        'conv2d',
        'layerNormalization',
        'batchNormalization',
        'activation',
        'flatten',
      ] as const)
      const [fits, make] = makers[inner]
      const step = shape.slice(1)
      return timeDistributed(fits(step) ? make(draw, step) : layerNormalization())
    },
  ],
}

const tied: PairMaker = (draw, before) => {
  const number = before.filter(({ type }) => type === 'dense').length + 1
  const options = { activation: drawActivation(draw), useBias: coin(draw) }
  return [dense(draw(1, 5)), tiedDense(`dense_${number}`, options)]
}

/** All kinds of layers. */
export const layerTypes = [...Object.keys(makers), 'tiedDense'] as LayerType[]

/** The last layers, up to what a loss takes, and that loss. */
function drawHead(draw: Draw, shape: Shape, classes: number): { layers: LayerSpec[]; loss: LossSpec } {
  if (sequence(shape) && coin(draw)) {
    return { layers: [timeDistributed(dense(classes))], loss: { type: 'averagedSoftmaxCrossEntropy' } }
  }
  const layers = vector(shape) ? [] : [sequence(shape) && coin(draw) ? lstm(draw(1, 4)) : flatten()]
  const reduction = pick(draw, ['sum', 'mean'] as const)
  const loss = pick<LossSpec>(draw, [
    { type: 'softmaxCrossEntropy', labelSmoothing: pick(draw, [0, 0.1]) },
    { type: 'binaryCrossEntropy', reduction },
    { type: 'meanSquaredError', reduction },
    { type: 'categoricalCrossEntropy' },
  ])
  const final = loss.type === 'categoricalCrossEntropy' ? 'sigmoid' : 'none'
  return { layers: [...layers, dense(classes, { activation: final })], loss }
}

const drawInput = (draw: Draw): number[] => Array.from({ length: draw(1, 3) }, () => draw(1, 5))

/** A random network with a layer of the given type; the same for the same draws. */
export function drawArchitecture(draw: Draw, type: LayerType): Architecture {
  const input = drawInput(draw)
  const layers: LayerSpec[] = []
  const seed = draw(0, 1000)
  const build = () => sequential(layers, { input, seed })
  const shape = () => (layers.length === 0 ? input : build().output)
  // The length of a sequence must not depend on a weight.
  const fits = (type: LayerType) =>
    (type === 'tiedDense' ? vector(shape()) : makers[type][0](shape())) &&
    (type !== 'masking' || layers.length === 0 || build().parameters.length === 0)
  const add = (type: LayerType) =>
    layers.push(...(type === 'tiedDense' ? tied(draw, layers) : [makers[type][1](draw, shape())]))
  const addAny = () => add(pick(draw, layerTypes.filter(fits)))

  for (let i = draw(0, 2); i > 0; i--) addAny()
  if (!fits(type)) return drawArchitecture(draw, type)
  add(type)
  for (let i = draw(0, 1); i > 0; i--) addAny()
  const classes = draw(2, 4)
  const head = drawHead(draw, shape(), classes)
  layers.push(...head.layers)
  return { config: build().config as SequentialConfig, loss: head.loss, classes, batch: draw(1, 5) }
}

/** Random inputs, bytes or floats, with zeros among them and at the ends of some, where masking finds padding. */
export function drawData(
  draw: Draw,
  { config, classes }: Architecture | GraphArchitecture,
  samples: number,
): Dataset {
  const input = 'nodes' in config ? config.inputs[0]!.shape : config.input
  const size = sizeOf(input)
  const bytes = coin(draw)
  const images = new (bytes ? Uint8Array : Float32Array)(samples * size)
  for (let i = 0; i < samples; i++) {
    const end = coin(draw) ? size : draw(1, size)
    for (let j = 0; j < end; j++) {
      const isZero = j > 0 && draw(0, 4) === 0
      images[i * size + j] = isZero ? 0 : bytes ? draw(1, 255) : draw(-(2 ** 22), 2 ** 22) / 2 ** 21
    }
  }
  const labels = Uint8Array.from({ length: samples }, () => draw(0, classes - 1))
  return dataset({ name: 'random', inputs: images, targets: labels, sampleShape: input, classes })
}

/** A random network with branches that are joined, and layers that are applied several times; for the same losses. */
export interface GraphArchitecture {
  readonly config: GraphConfig
  readonly loss: LossSpec
  readonly classes: number
  readonly batch: number
}

/** Random layers and merges on one input: whatever fits the shapes that there are, then the last layers of a loss. */
export function drawGraph(draw: Draw): GraphArchitecture {
  const sample = drawInput(draw)
  const values: { symbol: Symbolic; shape: Shape }[] = [{ symbol: input(sample), shape: sample }]
  const applied: { layer: LayerSpec; takes: Shape }[] = []
  const seed = draw(0, 1000)
  const [start] = values as [(typeof values)[number]]
  const shapeOf = (symbol: Symbolic) => model({ inputs: start.symbol, outputs: symbol }).output
  const note = (symbol: Symbolic) => values.push({ symbol, shape: shapeOf(symbol) })
  const same = (a: Shape, b: Shape) => String(a) === String(b)
  const joined = (a: (typeof values)[number], b: (typeof values)[number]) => ({
    symbol: add([a.symbol, b.symbol]),
    shape: b.shape,
  })
  // The length of a sequence must not depend on a weight, and a state is that of one place.
  const plain = layerTypes.filter(
    (type) => !['masking', 'tiedDense'].includes(type),
  ) as (keyof typeof makers)[]

  for (let i = draw(3, 7); i > 0; i--) {
    const { symbol, shape } = pick(draw, values.slice(-3))
    const partners = values.filter((other) => same(other.shape, shape)).map(({ symbol }) => symbol)
    const again = applied.filter(({ takes }) => same(takes, shape))
    const kind = draw(0, 5)
    if (kind === 0) note(pick(draw, [add, multiply])([symbol, pick(draw, partners), pick(draw, partners)]))
    else if (kind === 1) note(concatenate([symbol, pick(draw, partners)], { axis: pick(draw, [-1, 0]) }))
    else if (kind <= 3 && again.length > 0) note(apply(pick(draw, again).layer, symbol))
    else {
      const [, make] =
        makers[
          pick(
            draw,
            plain.filter((type) => makers[type][0](shape)),
          )
        ]
      const layer = make(draw, shape)
      note(apply(layer, symbol))
      if (!sequential([layer], { input: shape }).stateful) applied.push({ layer, takes: shape })
    }
  }
  const classes = draw(2, 4)
  const { shape } = values.at(-1)!
  const { symbol } = values.filter((other) => same(other.shape, shape)).reduce(joined)
  const { layers, loss } = drawHead(draw, shape, classes)
  const outputs = layers.reduce((y, layer) => apply(layer, y), symbol)
  const { config } = model({ inputs: start.symbol, outputs, seed })
  return { config: config as GraphConfig, loss, classes, batch: draw(1, 5) }
}
