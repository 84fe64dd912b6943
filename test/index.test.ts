/** Wrong calls of all public functions: each is refused in words, by an error of the project's own. */
import t from 'tap'
import * as lanegrad from '../src/index.js'

const { DataError, EngineError, LanegradError, ModelError } = lanegrad
const { adam, createEngine, createTrainer, dataset, dense, flatten, holdout, sequential, sgd, warmUp } =
  lanegrad

type Anything = never
type Failure = typeof LanegradError

const engine = await createEngine({ engine: 'js' })
const model = sequential([flatten(), dense(3)], { input: [2, 2] })
const data = dataset({
  ...{ name: 'few', inputs: new Uint8Array(16), targets: Uint8Array.of(0, 1, 2, 0) },
  ...{ sampleShape: [2, 2], classes: 3 },
})
const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.1 }) })
await trainer.fit(data, { epochs: 1 })
const [epoch] = trainer.history
const prediction = await trainer.predict(data)
const program = trainer.trainingProgram(data)
const settings = { data: 'few', standardisation: null, loss: 'softmaxCrossEntropy' } as const
const file = await lanegrad.writeModel(model, settings)
const idx = { shape: [2], data: Uint8Array.of(1, 2) }
const flowers = lanegrad.readCsv('length,kind\n1,a\n2,b', 'flowers.csv')
const encoding = lanegrad.learnEncoding(flowers, { target: 'kind' })
const decode = () => ({ width: 1, height: 1, channels: 1, data: Uint8Array.of(1) })
const picture = { path: 'a/1.png', bytes: Uint8Array.of(1) }
const pictures = {
  ...{ inputs: Uint8Array.of(1, 2), sampleShape: [1, 1], targets: Int32Array.of(0, 1) },
  ...{ classNames: ['a', 'b'], paths: ['a/1.png', 'b/1.png'] },
}
const confusion = new lanegrad.ConfusionMatrix(2, new Int32Array(4))

class Something {}
const cyclic: Record<string, unknown> = {}
cyclic.itself = cyclic
const hostile = new Proxy(
  {},
  {
    get() {
      throw new TypeError('a trap')
    },
    getPrototypeOf() {
      throw new TypeError('a trap')
    },
    ownKeys() {
      throw new TypeError('a trap')
    },
  },
)

/** What no argument may be, but for those that an entry of the table excepts. */
const wrongValues: Record<string, unknown> = {
  nothing: undefined,
  null: null,
  NaN: Number.NaN,
  negative: -1.5,
  text: 'constructor',
  truth: true,
  list: [[]],
  fields: { constructor: 1 },
  proto: JSON.parse('{"__proto__": 1}'),
  function: sgd,
  class: Something,
  instance: new Something(),
  map: new Map([[1, 2]]),
  promise: Promise.resolve(model),
  symbol: Symbol('s'),
  bigint: 10n ** 400n,
  cyclic,
  hostile,
}

interface Entry {
  /** Its arguments by name, right ones. */
  readonly right: Record<string, unknown>
  readonly error: Failure | readonly Failure[]
  /** Those that may be left out. */
  readonly optional?: readonly string[]
  /** Kinds of values that are right for an argument. */
  readonly except?: Record<string, readonly string[]>
  readonly call?: (...values: Anything[]) => unknown
}

const options = { options: {} }
const x = lanegrad.input([2])
const graph = { inputs: x, outputs: lanegrad.apply(dense(2), x) }
const layer = (right: Record<string, unknown>, more: Partial<Entry> = {}): Entry => ({
  ...{ right, error: ModelError, optional: ['options'], ...more },
})
const optimizer: Entry = { right: { options: { learningRate: 0.1 } }, error: ModelError }
const schedule = (fields: object): Entry => ({ right: { options: fields }, error: ModelError })
const named = ['text']

const table: Record<string, Entry> = {
  activation: layer({ activation: 'relu', ...options }),
  add: layer({ values: [lanegrad.input([2]), lanegrad.input([2])] }),
  adagrad: optimizer,
  adam: optimizer,
  adamw: optimizer,
  apply: layer({ layer: dense(2), x: lanegrad.input([2]) }),
  averagePooling2d: layer({ size: 2, ...options }),
  batchNormalization: layer(options),
  bidirectional: layer({ layer: lanegrad.lstm(2), ...options }),
  builtInDigits: { right: { options: { train: 1, test: 1 } }, optional: ['options'], error: DataError },
  calibration: {
    right: { prediction, data, ...options },
    optional: ['options'],
    error: [ModelError, DataError],
  },
  checkGradients: {
    right: { model, batch: data, ...options },
    optional: ['options'],
    error: [ModelError, DataError],
  },
  completeRows: { right: { table: flowers, columns: ['length'] }, optional: ['columns'], error: DataError },
  columns: layer(options),
  concatenate: layer({ branches: [[dense(2)]], ...options }, { except: { branches: ['list'] } }),
  conv1d: layer({ filters: 2, kernelSize: 2, ...options }),
  ConfusionMatrix: {
    ...{ right: { classes: 2, counts: new Int32Array(4) }, error: ModelError },
    call: (...values) => new lanegrad.ConfusionMatrix(...(values as unknown as [number, Int32Array])),
  },
  'ConfusionMatrix.at': {
    ...{ right: { label: 0, predicted: 1 }, error: ModelError },
    call: (...values) => confusion.at(...(values as unknown as [number, number])),
  },
  conv2d: layer({ filters: 2, size: 2, ...options }),
  cosineDecay: schedule({ start: 1, steps: 2 }),
  createEngine: { right: options, optional: ['options'], error: EngineError },
  createEvaluator: { right: { engine, model, ...options }, optional: ['options'], error: ModelError },
  createPredictor: { right: { engine, model, ...options }, optional: ['options'], error: ModelError },
  createTrainer: {
    right: { engine, model, options: { optimizer: sgd({ learningRate: 1 }) } },
    error: ModelError,
  },
  csvLine: { right: { result: epoch }, error: LanegradError },
  dataset: { right: { options: data }, error: DataError },
  defineLayer: {
    right: { type: 'my:nothing', fields: {}, build: () => undefined },
    except: { build: ['function', 'class'], fields: ['fields'] },
    error: ModelError,
  },
  dense: layer({ units: 2, ...options }),
  dropout: layer({ rate: 0.5, ...options }),
  earlyStopping: { right: { options: { patience: 1 } }, error: ModelError },
  embedding: layer({ inputDim: 2, outputDim: 2, ...options }),
  encodeTable: { right: { table: flowers, encoding }, error: DataError },
  evaluate: {
    right: { data },
    error: [DataError, ModelError],
    call: (...values) => trainer.evaluate(...(values as [Anything])),
  },
  exponentialDecay: schedule({ start: 1, factor: 1 }),
  fashionMnist: { right: options, optional: ['options'], error: DataError },
  flatten: layer(options),
  fit: {
    ...{ right: { data, options: { epochs: 1 } }, error: [DataError, ModelError] },
    call: (...values) => trainer.fit(...(values as unknown as [Anything, Anything])).next(),
  },
  globalAveragePooling2d: layer(options),
  gru: layer({ units: 2, ...options }),
  holdout: { right: { set: data, fraction: 0.5, ...options }, optional: ['options'], error: DataError },
  input: layer({ shape: [2], ...options }),
  holdoutRows: {
    right: { table: flowers, fraction: 0.5, ...options },
    optional: ['options'],
    error: DataError,
  },
  inverseTimeDecay: schedule({ start: 1, decay: 1 }),
  jsonLine: { right: { result: epoch }, error: LanegradError },
  kfold: { right: { set: data, k: 2, ...options }, optional: ['options'], error: DataError },
  kmnist: { right: options, optional: ['options'], error: DataError },
  layerNormalization: layer(options),
  learnEncoding: { right: { table: flowers, ...options }, optional: ['options'], error: DataError },
  lstm: layer({ units: 2, ...options }),
  masking: layer({ value: 0 }, { optional: ['value'], except: { value: ['negative'] } }),
  maxPooling2d: layer({ size: 2, ...options }),
  mnist: { right: options, optional: ['options'], error: DataError },
  model: layer({ options: graph }, { optional: [] }),
  modelFromConfig: { right: { config: model.config }, error: ModelError },
  multiply: layer({ values: [lanegrad.input([2]), lanegrad.input([2])] }),
  npyDataset: {
    right: { options: { name: 'n', inputs: idx, targets: idx } },
    error: DataError,
  },
  oneCycle: schedule({ highest: 1, steps: 2 }),
  picturesByClass: {
    right: { files: [picture], name: 'p', options: { decode } },
    except: { name: named },
    error: DataError,
  },
  picturesDataset: { right: { pictures, name: 'p' }, except: { name: named }, error: DataError },
  picturesInZip: { right: { zip: Uint8Array.of(1), name: 'p' }, except: { name: named }, error: DataError },
  padSequences: {
    right: { sequences: [[1], [2, 3]], ...options },
    optional: ['options'],
    except: { sequences: ['list'] },
    error: DataError,
  },
  patches: layer({ size: 2, ...options }),
  pixels: layer(options),
  predict: {
    right: { inputs: data },
    error: [DataError, ModelError],
    call: (...values) => trainer.predict(...(values as [Anything])),
  },
  preparePictures: {
    right: { files: [picture], name: 'p', options: { decode, size: [1, 1] } },
    except: { name: named },
    error: DataError,
  },
  predictedNumbers: {
    right: {
      preparation: { type: 'arrays', targets: [{ mean: 0, deviation: 1 }] },
      outputs: new Float32Array(1),
    },
    error: DataError,
  },
  prepareImage: { right: { pixels: Uint8Array.of(0, 1), width: 2, height: 1 }, error: DataError },
  preparePhoto: {
    ...{ right: { luminance: new Uint8Array(4), width: 2, height: 2 }, error: DataError },
  },
  printProgram: { right: { program }, error: LanegradError },
  programCost: { right: { program }, error: LanegradError },
  readCsv: {
    right: { source: 'a\n1', name: 'f', ...options },
    except: { source: named, name: named },
    optional: ['options'],
    error: DataError,
  },
  readIdx: { right: { bytes: lanegrad.writeIdx(idx), name: 'f' }, except: { name: named }, error: DataError },
  readIdxOrGzip: {
    right: { bytes: lanegrad.writeIdx(idx), name: 'f' },
    except: { name: named },
    error: DataError,
  },
  readJsonLines: { right: { source: '{"a":1}', name: 'f' }, except: { name: named }, error: DataError },
  readModel: { right: { bytes: file, file: 'f' }, except: { file: named }, error: DataError },
  readNpy: { right: { bytes: Uint8Array.of(1), name: 'f' }, except: { name: named }, error: DataError },
  readNpz: { right: { bytes: Uint8Array.of(1), name: 'f' }, except: { name: named }, error: DataError },
  readSafetensors: { right: { bytes: file, file: 'f' }, except: { file: named }, error: DataError },
  reduceOnPlateau: schedule({ start: 1 }),
  reshape: layer({ shape: [4], ...options }),
  restore: {
    ...{ right: { checkpoint: trainer.checkpoint() }, error: ModelError },
    call: (...values) => trainer.restore(...(values as [Anything])),
  },
  rmsprop: optimizer,
  rows: layer({ count: 1, ...options }, { optional: ['count', 'options'] }),
  sequential: { right: { layers: [dense(2)], options: { input: [2] } }, error: ModelError },
  loadWeights: {
    ...{ right: { weights: model.weights() }, error: ModelError },
    call: (...values) => model.loadWeights(...(values as [Anything])),
  },
  setWeights: {
    ...{ right: { weights: model.weights() }, error: ModelError },
    call: (...values) => model.setWeights(...(values as [Anything])),
  },
  sgd: optimizer,
  shuffled: { right: { set: data, seed: 1 }, error: DataError },
  shuffleBuffer: {
    right: { stream: [1, 2], size: 2, seed: 1 },
    optional: ['seed'],
    error: DataError,
    except: { stream: ['list', 'function', 'map'] },
  },
  simpleRNN: layer({ units: 2, ...options }),
  standardisation: { right: { set: data }, error: DataError },
  stepDecay: schedule({ start: 1, factor: 1, every: 1 }),
  subset: { right: { set: data, positions: [0] }, error: DataError },
  tableDataset: { right: { table: flowers, encoding }, error: DataError },
  take: { right: { set: data, count: 1 }, error: DataError },
  tensorboardEpoch: {
    right: { result: epoch, wallTime: 0 },
    except: { wallTime: ['negative'] },
    error: LanegradError,
  },
  tensorboardHeader: { right: { wallTime: 0 }, except: { wallTime: ['negative'] }, error: LanegradError },
  tensorboardScalars: {
    ...{ right: { scalars: { a: 1 }, step: 1, wallTime: 0 }, error: LanegradError },
    except: { scalars: ['fields', 'proto'], wallTime: ['negative'] },
  },
  tiedDense: layer({ to: 'dense_1', ...options }, { except: { to: named } }),
  timeDistributed: layer({ layer: dense(2), ...options }),
  topKAccuracy: { right: { prediction, data, k: 1 }, error: [ModelError, DataError] },
  trainingProgram: {
    ...{ right: { data }, error: ModelError },
    call: (...values) => trainer.trainingProgram(...(values as [Anything])),
  },
  warmUp: schedule({ steps: 1, next: 1 }),
  writeIdx: { right: { array: idx }, error: DataError },
  writeIdxGzip: { right: { array: idx }, error: DataError },
  writeModel: { right: { model, options: settings }, error: ModelError },
  writeSafetensors: { right: { content: { tensors: new Map(), metadata: {} } }, error: DataError },
}

/** Functions that take no argument. */
const withoutArguments = ['csvHeader', 'engineSupport']

/** What is wrong with how a call is refused, or nothing. */
async function judged(
  what: string,
  call: () => unknown,
  errors: readonly Failure[],
  said: RegExp,
): Promise<string | undefined> {
  try {
    await call()
  } catch (error) {
    const { constructor: type, message } = error as Error
    if (!errors.some((expected) => expected === type)) return `${what}: ${type.name}: ${message}`
    if (message.length > 1000) return `${what}: ${message.length} characters`
    return said.test(message) ? undefined : `${what}: does not say ${said}: ${message}`
  }
  return `${what}: taken in silence`
}

t.test(
  'every argument of every function that is missing or of a wrong kind is refused by name',
  async (t) => {
    const functions = Object.entries(lanegrad).filter(
      ([name, value]) =>
        typeof value === 'function' && !/Error$/.test(name) && !withoutArguments.includes(name),
    )
    t.same(
      functions.map(([name]) => name).filter((name) => !Object.hasOwn(table, name)),
      [],
      'functions without an entry',
    )
    const wrong: string[] = []
    let calls = 0
    for (const [name, { right, error, optional = [], except = {}, call }] of Object.entries(table)) {
      const names = Object.keys(right)
      const values = Object.values(right)
      const called = call ?? (lanegrad as unknown as Record<string, (...values: unknown[]) => unknown>)[name]!
      for (const [at, argument] of names.entries()) {
        for (const [kind, value] of Object.entries(wrongValues)) {
          if (kind === 'nothing' && optional.includes(argument)) continue
          if (except[argument]?.includes(kind)) continue
          calls++
          const given = values.map((one, i) => (i === at ? value : one)) as Anything[]
          const found = await judged(
            `${name}: ${argument}: ${kind}`,
            () => called(...given),
            [error].flat() as Failure[],
            /should be |expected |unknown field|is missing|has no /,
          )
          if (found !== undefined) wrong.push(found)
        }
      }
    }
    t.same(wrong, [])
    t.ok(calls > 1000, `${calls} wrong calls`)
  },
)

const nested = (depth: number) => {
  let found: object = { type: 'dense', units: 1 }
  for (let i = 0; i < depth; i++) found = { type: 'timeDistributed', layer: found }
  return found
}
const circle: Record<string, unknown> = { type: 'bidirectional' }
circle.layer = circle
const wide = () => {
  let found: object[] = [{ type: 'flatten' }]
  for (let i = 0; i < 25; i++) found = [{ type: 'concatenate', branches: [found, found] }]
  return found
}
const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const never = (value: unknown) => value as Anything
const trained = (options: object) =>
  createTrainer(engine, model, never({ optimizer: sgd({ learningRate: 1 }), ...options }))
const fitted = (options: object, set: unknown = data) => trainer.fit(never(set), never(options)).next()

/** What people write by mistake: the call, the class of its error and what that says. */
const slips: [() => unknown, Failure, RegExp][] = [
  [
    () => createTrainer(engine, model, never(undefined)),
    ModelError,
    /^createTrainer: options should be .*optimizer.* found undefined/,
  ],
  [
    () => createTrainer(never(model), never(engine), never({})),
    ModelError,
    /^createTrainer: engine should be an engine.* found a Model/,
  ],
  [
    () => createTrainer(never(createEngine()), model, never({})),
    ModelError,
    /engine should .* found a Promise; did you forget await\?/,
  ],
  [
    () => createTrainer(engine, never(sequential), never({})),
    ModelError,
    /model should .* the function sequential; did you mean sequential\(\.\.\.\)\?/,
  ],
  [
    () => trained({ optimizer: sgd }),
    ModelError,
    /^createTrainer: optimizer should be one of .*found the function sgd; did you mean sgd\(\.\.\.\)\?/,
  ],
  [() => trained({ optimizer: 'adam' }), ModelError, /optimizer should be one of .*found "adam"/],
  [
    () => trained({ optimizer: { type: 'constructor', learningRate: 1 } }),
    ModelError,
    /optimizer should be one of/,
  ],
  [
    () => trained({ optimizer: { type: '__proto__', learningRate: 1 } }),
    ModelError,
    /optimizer should be one of/,
  ],
  [
    () => trained({ optimizer: { type: 'sgd', learningRate: { type: 'valueOf' } } }),
    ModelError,
    /optimizer: sgd: learningRate should be/,
  ],
  [
    () => trained({ loss: 'toString' }),
    ModelError,
    /^createTrainer: loss should be one of .*found "toString"/,
  ],
  [() => trained({ loss: { type: 'hasOwnProperty' } }), ModelError, /loss should be one of/],
  [() => trained({ batchsize: 3 }), ModelError, /unknown field 'batchsize'; did you mean batchSize\?/],
  [
    () => trained({ batchSize: 2.5 }),
    ModelError,
    /batchSize should be a whole number from 1 up or 'full', found 2.5/,
  ],
  [() => trained({ standardisation: {} }), ModelError, /standardisation: the field 'mean' is missing/],
  [() => trained({ seed: 2 ** 32 }), ModelError, /seed should be a whole number from 0 to 4294967295/],
  [() => trained({ augment: { shift: '1' } }), ModelError, /augment.shift should be .* found "1"/],
  [() => trained({ clip: { norm: 1e-60 } }), ModelError, /clip should be/],
  [
    () => trainer.fit(data, never(undefined)).next(),
    ModelError,
    /^fit: options should be an object \{ epochs, .* found undefined/,
  ],
  [() => fitted({ epochs: '5' }), ModelError, /^fit: epochs should be a whole number from 0 up, found "5"/],
  [() => fitted({ epochs: Infinity }), ModelError, /epochs should be .* found Infinity/],
  [() => fitted({ epochs: 1, signal: 'x' }), ModelError, /^fit: signal should be an AbortSignal, found "x"/],
  [() => fitted({ epochs: 1, onStep: 3 }), ModelError, /onStep should be a function, found 3/],
  [
    () => fitted({ epochs: 1, validationData: holdout(data, 0.5) }),
    ModelError,
    /validationData should be a data set: its part train or validation/,
  ],
  [
    () => fitted({ epochs: 1 }, holdout(data, 0.5)),
    ModelError,
    /^fit: data should be a data set: its part train or validation, found \{"train"/,
  ],
  [
    () => fitted({ epochs: 1 }, Promise.resolve(data)),
    ModelError,
    /data should .*found a Promise; did you forget await\?/,
  ],
  [() => fitted({ epochs: 1 }, { ...data, count: 99 }), ModelError, /data\.count should be 4, found 99/],
  [
    () => trainer.predict(never(new Float64Array(4))),
    ModelError,
    /^predict: inputs should be a Float32Array or Int32Array or a data set.* found a Float64Array of 4 values/,
  ],
  [
    () => trainer.predict(Float32Array.of(1, 2, 3, 4, 5, Number.NaN, 7, 8)),
    ModelError,
    /NaN.*sample 1, element 1/,
  ],
  [
    () => model.setWeights(never(new Map([['dense_1/bias', [1e300, 1, 1]]]))),
    ModelError,
    /dense_1\/bias should be a Float32Array, found \[1e\+300,1,1\]/,
  ],
  [
    () => model.setWeights(new Map([['dense_1/bias', Float32Array.of(1e300, 1, 1)]])),
    ModelError,
    /value 0 is Infinity/,
  ],
  [
    () => model.setWeights(new Map([['constructor', new Float32Array(3)]])),
    ModelError,
    /no parameter 'constructor'/,
  ],
  [
    () => model.setWeights(new Map([['dense_1/bias', new Float32Array(2)]])),
    ModelError,
    /expected 3 values .* found 2/,
  ],
  [
    () => createEngine(never('simd')),
    EngineError,
    /^createEngine: options should be an object: createEngine\(\{ engine: 'simd' \}\), found "simd"/,
  ],
  [
    () => createEngine(never(null)),
    EngineError,
    /options should be an object \{ engine\?, threads\?, core\?, worker\? \}, found null/,
  ],
  [
    () => createEngine(never({ engine: 'constructor' })),
    EngineError,
    /engine should be one of 'threads', .*found "constructor"/,
  ],
  [() => createEngine(never({ Threads: 2 })), EngineError, /unknown field 'Threads'; did you mean threads\?/],
  [
    () => createEngine({ threads: -1 }),
    EngineError,
    /threads should be a whole number from 1 to 64, found -1/,
  ],
  [
    () => createEngine({ engine: 'simd', core: emptyModule }),
    EngineError,
    /core should be one of lanegrad's, found a module without the export/,
  ],
  [() => createEngine({ core: emptyModule }), EngineError, /core should be one of lanegrad's/],
  [() => createEngine(never({ core: 5 })), EngineError, /core should be a wasm core: .* found 5/],
  [
    () => createEngine({ engine: 'simd', core: Uint8Array.of(1, 2, 3) }),
    EngineError,
    /core could not be compiled/,
  ],
  [
    () => sequential([dense(3, { activation: never('constructor') })], { input: [2] }),
    ModelError,
    /^dense: activation should be one of "none", .*found "constructor"/,
  ],
  [() => dense(3, { activation: never({ leakyRelu: 0.1, elu: 1 }) }), ModelError, /activation should be/],
  [() => dense(3, never('relu')), ModelError, /^dense: options should be an object .*found "relu"/],
  [() => dense(3, never({ units: 4 })), ModelError, /unknown field 'units'/],
  [
    () => dense(3, { kernelInitializer: { type: 'normal', deviation: -1 } }),
    ModelError,
    /kernelInitializer: normal: deviation should be a finite number from 0 up, found -1/,
  ],
  [
    () => dense(3, { kernelInitializer: { type: 'uniform', limit: 1e39 } }),
    ModelError,
    /kernelInitializer: uniform: limit should be/,
  ],
  [
    () => dense(3, never({ kernelInitializer: { type: 'toString' } })),
    ModelError,
    /kernelInitializer should be one of/,
  ],
  [
    () => sequential([dense(2 ** 28)], { input: [784] }),
    ModelError,
    /^dense_1: .*\[784, 268435456\].* 4 GiB/,
  ],
  [() => sequential([flatten()], { input: [2 ** 20, 2 ** 20] }), ModelError, /4 GiB/],
  [
    () => sequential([never(dense)], { input: [2] }),
    ModelError,
    /^layer 1 should be a layer such as dense\(10\), found the function dense/,
  ],
  [
    () => sequential(never(dense(2)), { input: [2] }),
    ModelError,
    /^sequential: layers should be a list of at least 1 layers/,
  ],
  [
    () => sequential([dense(2)], never([2])),
    ModelError,
    /^sequential: options should be an object \{ input, seed\? \}, found \[2\]/,
  ],
  [() => sequential([never({ type: '__proto__' })], { input: [2] }), ModelError, /type should be one of/],
  [
    () => sequential([never(nested(3000))], { input: [2, 2] }),
    ModelError,
    /should be nested at most 100 deep/,
  ],
  [
    () => sequential([never(circle)], { input: [2, 2] }),
    ModelError,
    /should be a description that does not contain itself/,
  ],
  [() => sequential(never(wide()), { input: [2] }), ModelError, /a description of at most \d+ values/],
  [
    () => lanegrad.modelFromConfig({ layers: [nested(3000)], input: [2, 2] }),
    ModelError,
    /nested at most 100 deep/,
  ],
  [
    () => lanegrad.modelFromConfig(JSON.parse('{"layers":[],"input":[2],"__proto__":1}')),
    ModelError,
    /unknown field '__proto__'|at least 1 layers/,
  ],
  [
    () => sgd({ learningRate: -0.1 }),
    ModelError,
    /^sgd: learningRate should be a finite number from 0 up or a schedule: .*found -0.1/,
  ],
  [() => adam({ learningRate: 1e300 }), ModelError, /learningRate should be a finite number/],
  [() => warmUp({ steps: 1, next: warmUp as never }), ModelError, /next should be .*the function warmUp/],
  [
    () => lanegrad.stepDecay({ start: -1, factor: 1, every: 1 }),
    ModelError,
    /^stepDecay: start should be a finite number from 0 up, found -1/,
  ],
  [
    () => lanegrad.subset(data, never(5)),
    DataError,
    /^subset: positions should be a list of positions.* found 5/,
  ],
  [() => lanegrad.subset(data, never('012')), DataError, /positions should be/],
  [() => lanegrad.subset(data, never(['0'])), DataError, /positions of 0 to 3 in the subset, found "0" at 0/],
  [() => lanegrad.standardisation(never({})), DataError, /^standardisation: set should be a data set/],
  [
    () => holdout(data, 0.5, never({ sed: 1 })),
    DataError,
    /^holdout: unknown field 'sed'; known are seed, shuffle/,
  ],
  [
    () => holdout(data, never('0.5')),
    DataError,
    /^holdout: fraction should be a number between 0 and 1, found "0.5"/,
  ],
  [
    () => lanegrad.kfold(data, 2, never(5)),
    DataError,
    /^kfold: options should be an object \{ seed\?, shuffle\? \}, found 5/,
  ],
  [() => lanegrad.shuffled(data, never(undefined)), DataError, /^shuffled: seed should be .*found undefined/],
  [() => lanegrad.take(never(holdout(data, 0.5)), 1), DataError, /its part train or validation/],
  [
    () => lanegrad.mnist(never({ directory: 'x' })),
    DataError,
    /^mnist: unknown field 'directory'; known are dir/,
  ],
  [() => lanegrad.mnist(never('folder')), DataError, /^mnist: options should be an object/],
  [() => lanegrad.kmnist({ signal: never('x') }), DataError, /^kmnist: signal should be an AbortSignal/],
  [
    () => lanegrad.builtInDigits(never({ count: 5 })),
    DataError,
    /^builtInDigits: unknown field 'count'; known are train, test, seed/,
  ],
  [() => dataset({ ...data, inputs: never(5) }), DataError, /^few: inputs should be/],
  [() => dataset(never({ ...data, lables: 1 })), DataError, /^few: unknown field 'lables'/],
  [() => trainer.restore(never(undefined)), ModelError, /restore/],
  [
    () => lanegrad.topKAccuracy(prediction, data, 4),
    ModelError,
    /k should be a whole number from 1 to 3, found 4/,
  ],
  [() => lanegrad.calibration(prediction, data, { bins: 1e12 }), ModelError, /bins should be/],
  [() => lanegrad.calibration(never(data), never(prediction)), ModelError, /^calibration: prediction/],
  [() => confusion.at(0, 2), ModelError, /predicted should be a whole number from 0 to 1, found 2/],
  [
    () => lanegrad.prepareImage(never([0, 1]), 2, 1),
    DataError,
    /^prepareImage: pixels should be a Uint8Array or Float32Array/,
  ],
  [
    () => lanegrad.writeIdx(never({ shape: '2', data: new Uint8Array(2) })),
    DataError,
    /array.shape should be a list of sizes, found "2"/,
  ],
]

t.test('what people write by mistake is answered with what they meant', async (t) => {
  const wrong: string[] = []
  for (const [call, type, said] of slips) {
    const found = await judged(String(call).slice(6, 90), call, [type], said)
    if (found !== undefined) wrong.push(found)
  }
  t.same(wrong, [])
})

t.test('classes are numbers of any size', async (t) => {
  const wideModel = sequential([dense(300, { kernelInitializer: 'zeros' })], { input: [1] })
  const bias = new Float32Array(300)
  bias[290] = 5
  wideModel.setWeights(new Map([['dense_1/bias', bias]]))
  const { classes } = await lanegrad.createEvaluator(engine, wideModel).predict(Float32Array.of(0))
  t.same([...classes], [290])
})
