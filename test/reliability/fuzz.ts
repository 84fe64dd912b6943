/** Damaged files of every kind: none may end in an error that is not the project's own, or take more than it needs. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Opened } from './fuzz-files.js'

const script = fileURLToPath(new URL('./fuzz-files.js', import.meta.url))

/** Files that one process opens, so that its peak of memory says something of each. */
const PER_PROCESS = 500
const MOST_SECONDS = 2
const MOST_MEMORY = 256 * 2 ** 20

export const kinds = [
  ...['IDX', 'gzip', 'gzip, content', 'safetensors', 'model', 'model, signed'],
  ...['checkpoint', 'checkpoint, signed', 'JSON model', 'PNG', 'JPEG'],
]

export interface Findings extends Opened {
  readonly kind: string
}

/** Opens `count` damaged files of a kind. */
export async function fuzz(kind: string, count: number): Promise<Findings> {
  let found: Findings = {
    ...{ kind, files: 0, refused: 0, raw: [], memory: 0, honest: 0 },
    slowest: { file: 0, seconds: 0 },
  }
  for (let first = 0; first < count; first += PER_PROCESS) {
    const some = Math.min(PER_PROCESS, count - first)
    const args = ['--expose-gc', script, kind, String(first), String(some)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 28 })
    const more = JSON.parse(stdout) as Opened
    const excess = ({ memory, honest }: Opened) => memory - honest
    found = {
      kind,
      files: found.files + more.files,
      refused: found.refused + more.refused,
      raw: [...found.raw, ...more.raw],
      slowest: more.slowest.seconds > found.slowest.seconds ? more.slowest : found.slowest,
      ...(first === 0 || excess(more) > excess(found)
        ? { memory: more.memory, honest: more.honest }
        : { memory: found.memory, honest: found.honest }),
    }
  }
  return found
}

/** What is wrong, if anything; times are left out where others use the machine, too. */
export function faults({ kind, raw, slowest, memory, honest }: Findings, timed: boolean): string[] {
  const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`
  return [
    ...raw.map((error) => `${kind}, file ${error}`),
    ...(memory - honest > MOST_MEMORY ? [`${kind}: ${megabytes(memory)} for ${megabytes(honest)}`] : []),
    ...(timed && slowest.seconds > MOST_SECONDS
      ? [`${kind}, file ${slowest.file}: ${slowest.seconds.toFixed(1)} s`]
      : []),
  ]
}
