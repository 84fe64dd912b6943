/**
 * Opens damaged files of one kind, in a process of its own: `node --expose-gc fuzz-files.js KIND FIRST COUNT`. Prints what
 * came of them as JSON.
 */
import { LanegradError } from '../../src/index.js'
import { kindsOfFiles } from './kinds.js'
import { mutateBytes, randomOf } from './mutations.js'

/** What came of the files of one process. */
export interface Opened {
  readonly files: number
  readonly refused: number
  /** Errors that are none of the project's own: the file's number and what was thrown. */
  readonly raw: readonly string[]
  /** Seconds of processor time of the file that took most, and its number. */
  readonly slowest: { readonly file: number; readonly seconds: number }
  /** Bytes that the process had at most, above those of opening good files, and the most that a file's contents need. */
  readonly memory: number
  readonly honest: number
}

async function open(name: string, first: number, count: number): Promise<Opened> {
  const kind = (await kindsOfFiles())[name]
  if (!kind) throw new Error(`There is no kind '${name}'.`)
  const { good, mutate = mutateBytes } = kind
  for (const bytes of good) await kind.open(bytes)
  const before = process.resourceUsage().maxRSS * 1024
  const raw: string[] = []
  let [refused, honest] = [0, 0]
  let slowest = { file: first, seconds: 0 }
  for (let file = first; file < first + count; file++) {
    const random = randomOf(file)
    const bytes = await mutate(good[file % good.length]!, random)
    const start = process.cpuUsage()
    try {
      honest = Math.max(honest, await kind.open(bytes))
    } catch (error) {
      refused++
      if (!(error instanceof LanegradError)) raw.push(`${file}: ${(error as Error).stack ?? error}`)
    }
    const { user, system } = process.cpuUsage(start)
    const seconds = (user + system) / 1e6
    if (seconds > slowest.seconds) slowest = { file, seconds }
    if (file % 16 === 0) globalThis.gc?.()
  }
  const memory = Math.max(0, process.resourceUsage().maxRSS * 1024 - before)
  return { files: count, refused, raw, slowest, memory, honest }
}

const [name = '', first = '0', count = '1'] = process.argv.slice(2)
process.stdout.write(JSON.stringify(await open(name, Number(first), Number(count))))
