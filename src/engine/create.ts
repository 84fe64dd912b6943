import { parallelism } from '#runtime'
import { EngineError } from '../errors.js'
import { Fault, leaf, object, optional, read, type Schema } from '../schema/schema.js'
import { oneOf, wholeNumber } from '../schema/values.js'
import { type CoreSource, coreSource } from './core-source.js'
import { type Engine, type EngineName, engineNames } from './engine.js'

export interface EngineOptions {
  /** Which engine to create; without it the fastest of those that give the same bits. */
  readonly engine?: EngineName
  /** How many threads, 1 to 64; by default as many as the machine offers. With 1 there are no workers. */
  readonly threads?: number
  /** Where the engine's wasm core comes from, the simd engine's if none is named; by default the bytes inside this package. */
  readonly core?: CoreSource
  /** The script of a worker, `lanegrad/worker.js`; by default it is created from a text inside this package. */
  readonly worker?: URL | string
}

const MOST_THREADS = 64

// As the engines are, it is imported when one is created.
const support = () => import('./support.js')

/** Those that give the same bits, fastest first. */
const preferred = ['threads', 'simd', 'scalar', 'js'] as const

/** What an engine with threads is with only one. */
const alone = { threads: 'simd', 'relaxed-threads': 'relaxed' } as const

/**
 * Creates the fastest bit-identical engine that runs here, or the one that is asked for. `describe` says which it is and
 * why.
 * @throws EngineError when the engine asked for is unknown or cannot run here, or an option is not right.
 */
export async function createEngine(given: EngineOptions = {}): Promise<Engine> {
  const options = read(EngineError, 'createEngine', 'options', engineOptions, given)
  checkThreads(options)
  return options.engine === undefined ? await fastest(options) : await asked(options.engine, options)
}

const engineFields = object<EngineOptions>({
  engine: optional(oneOf(...engineNames)),
  threads: optional(wholeNumber(1, MOST_THREADS)),
  core: optional(coreSource),
  worker: optional(leaf('a URL', (value) => typeof value === 'string' || value instanceof URL)),
})

/** An engine's name alone is easily taken for the options. */
const engineOptions: Schema<EngineOptions> = {
  expected: engineFields.expected,
  read(value, path) {
    if (!(engineNames as readonly unknown[]).includes(value)) return engineFields.read(value, path)
    throw new Fault(path, `an object: createEngine({ engine: '${String(value)}' })`, value)
  },
}

function checkThreads({ engine, threads = 1 }: EngineOptions): void {
  if (engine !== undefined && !Object.hasOwn(alone, engine) && threads > 1) {
    throw new EngineError(`The ${engine} engine has one thread, and ${threads} were asked for.`)
  }
}

async function asked(name: EngineName, options: EngineOptions): Promise<Engine> {
  if (threadsFor(options) === 1 && (name === 'threads' || name === 'relaxed-threads')) {
    const why = options.threads === 1 ? 'one thread was asked for' : 'the machine offers one thread'
    return because(await create(alone[name], options), why)
  }
  return because(await create(name, options), 'asked for')
}

async function fastest(options: EngineOptions): Promise<Engine> {
  const candidates = options.core === undefined ? preferred : (['simd', 'js'] as const)
  const drawbacks: string[] = []
  for (const name of candidates) {
    if (name === 'threads' && threadsFor(options) === 1) {
      drawbacks.push(options.threads === 1 ? 'one thread was asked for' : 'the machine offers one thread')
      continue
    }
    try {
      const engine = await create(name, options)
      return because(engine, drawbacks.join('; ') || 'the fastest that gives the same bits everywhere')
    } catch (error) {
      // A core of the caller's own that is not right is not passed over in silence.
      if (!(error instanceof EngineError) || (options.core && (await support()).supportOf(name) === true))
        throw error
      drawbacks.push(`no ${name}: ${error.message.replace(/\.$/, '')}`)
    }
  }
  throw new EngineError(`No engine can run here: ${drawbacks.join('; ')}.`)
}

function threadsFor({ threads }: EngineOptions): number {
  return threads ?? Math.min(parallelism(), MOST_THREADS)
}

async function create(name: EngineName, options: EngineOptions): Promise<Engine> {
  const { supportOf } = await support()
  const found = supportOf(name)
  if (found !== true) throw new EngineError(`The ${name} engine cannot run here. ${found}`)
  switch (name) {
    case 'js':
      return (await import('./js/engine.js')).createJsEngine()
    case 'threads':
    case 'relaxed-threads': {
      const { core, worker } = options
      const { createThreadsEngine } = await import('./threads.js')
      return await createThreadsEngine(name, threadsFor(options), { core, worker, processors: parallelism() })
    }
    default:
      return await (await import('./wasm.js')).createWasmEngine(name, options.core)
  }
}

/** Puts the reason for the choice into the engine's description. */
function because(engine: Engine, reason: string): Engine {
  const line = engine.describe()
  engine.describe = () => `${line} (${reason})`
  return engine
}
