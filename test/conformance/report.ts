import {
  type CoreSource,
  createEngine,
  type EngineName,
  type EngineOptions,
  engineNames,
  engineSupport,
} from '../../src/index.js'
import { programs } from './programs.js'
import { type Outcome, runProgram } from './run.js'

/** The engines that have to give the same bits. */
export const sameBits = engineNames.filter((name) => !name.startsWith('relaxed'))

/** What a runtime is asked to run. */
export interface ReportOptions {
  readonly engines: readonly EngineName[]
  /** Numbers of threads for the engines that have some. */
  readonly threads: readonly number[]
  /** Names of programs. */
  readonly programs: readonly string[]
}

/** What a runtime says: a line for each program on each engine, and why where there is none. */
export type ReportLine =
  | { readonly type: 'begin'; readonly choice: string }
  | ({ readonly type: 'outcome'; readonly program: string } & Place & Outcome)
  | { readonly type: 'unsupported'; readonly engine: EngineName; readonly reason: string }
  | ({ readonly type: 'failed'; readonly program?: string; readonly error: string } & Place)
  | { readonly type: 'end' }

interface Place {
  readonly engine: EngineName
  readonly threads: number
}

/** The numbers of threads that an engine is tried with. */
export function countsOf(engine: EngineName, threads: readonly number[]): readonly number[] {
  return engine.endsWith('threads') ? threads : [1]
}

/** The cores to hand to engines, where the runtime cannot compile those inside the package. */
export type Cores = { readonly [E in EngineName]?: CoreSource }

/** Runs the conformance set on every engine that is asked for and can run here. */
export async function* report(
  { engines, threads, programs: names }: ReportOptions,
  cores: Cores = {},
): AsyncGenerator<ReportLine, void, undefined> {
  const chosen = await createEngine(withCore(cores.simd))
  yield { type: 'begin', choice: chosen.describe() }
  chosen.close()
  const support = engineSupport()
  for (const engine of engines) {
    const supported = support[engine]
    if (supported !== true) {
      yield { type: 'unsupported', engine, reason: supported }
      continue
    }
    for (const count of countsOf(engine, threads)) {
      yield* reportEngine({ engine, threads: count }, names, cores[engine])
    }
  }
  yield { type: 'end' }
}

const withCore = (core: CoreSource | undefined): EngineOptions => ({ ...(core && { core }) })

async function* reportEngine(
  place: Place,
  names: readonly string[],
  core: CoreSource | undefined,
): AsyncGenerator<ReportLine, void, undefined> {
  let name: string | undefined
  try {
    const engine = await createEngine({ ...withCore(core), ...place })
    try {
      for (const program of programs) {
        if (!names.includes(program.name)) continue
        name = program.name
        yield { type: 'outcome', ...place, program: name, ...(await runProgram(engine, program)) }
      }
    } finally {
      engine.close()
    }
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    yield { type: 'failed', ...place, ...(name !== undefined && { program: name }), error: text }
  }
}
