/**
 * Trainings that are killed at random and resumed until they are done, each to be compared with one that nobody stopped:
 * with early stopping, a rate that follows the validation loss, distorted images, batch normalisation, any engine of the
 * same bits and any number of threads, resumptions that have nothing left to do, and a log.
 */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSafetensors } from '../../src/formats/safetensors.js'
import { randomOf } from './mutations.js'

const executable = fileURLToPath(new URL('../../cli/lanegrad.js', import.meta.url))

const EPOCHS = 12
const common = [
  ...'train --data digits --limit 400 --holdout 0.3 --batch 16 --seed 3 --json --early-stopping 4'.split(' '),
  ...['--augment', '{"shift":2,"rotate":8}'],
]
const plateau = '{"type":"reduceOnPlateau","start":0.02,"factor":0.5,"patience":1}'
const recipes: readonly (readonly string[])[] = [
  ['--hidden', '24', '--optimizer', 'adam', '--learning-rate', plateau],
  ['--hidden', '16,16', '--optimizer', 'sgd', '--momentum', '0.9', '--learning-rate', plateau],
  ['--model', 'MODEL', '--optimizer', 'rmsprop', '--learning-rate', plateau, '--clip-norm', '1'],
]
const model = {
  input: [28, 28],
  layers: [
    { type: 'flatten' },
    { type: 'dense', units: 20 },
    { type: 'batchNorm' },
    { type: 'activation', activation: 'relu' },
    { type: 'dropout', rate: 0.2 },
    { type: 'dense', units: 10 },
  ],
}
const engines = [
  ['--engine', 'threads', '--threads', '2'],
  ['--engine', 'threads', '--threads', '3'],
  ['--engine', 'simd'],
  ['--engine', 'scalar'],
]

export interface Kills {
  /** Runs that were killed, by the signal. */
  readonly killed: Readonly<Record<string, number>>
  /** Resumptions, and those of them that had nothing left to do. */
  readonly resumed: number
  readonly idle: number
  readonly chains: number
  /** What was not as it should be. */
  readonly faults: readonly string[]
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a training, and sends it a signal after so many milliseconds of its life with a checkpoint. */
async function train(
  args: readonly string[],
  kill?: { signal: NodeJS.Signals; after: number },
): Promise<Ended> {
  const child = spawn(process.execPath, [executable, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    // The first lines are said when training begins.
    if (stderr === '' && kill) setTimeout(() => child.kill(kill.signal), kill.after).unref()
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

const stepsOf = (log: string) =>
  log
    .split(/\r?\n/)
    .slice(1, -1)
    .map((line) => Number(line.split(',')[0]))

/** Epochs in a checkpoint, or null where there is none. */
async function epochsIn(file: string): Promise<number | null> {
  const bytes = await readFile(file).catch(() => null)
  if (!bytes) return null
  return JSON.parse(readSafetensors(bytes, file).metadata['lanegrad.checkpoint']!).progress.epoch
}

/** Chains of trainings until so many runs were killed; `first` numbers the first chain. */
export async function killAndResume(
  kills: number,
  first = 0,
  say: (line: string) => void = () => {},
): Promise<Kills> {
  const folder = await mkdtemp(join(tmpdir(), 'lanegrad-kills-'))
  const killed: Record<string, number> = {}
  const faults: string[] = []
  let [resumed, idle, chains] = [0, 0, 0]
  const count = () => Object.values(killed).reduce((sum, value) => sum + value, 0)
  try {
    await writeFile(join(folder, 'model.json'), JSON.stringify(model))
    const argsOf = (recipe: readonly string[]) => [
      ...common,
      ...recipe.map((option) => (option === 'MODEL' ? join(folder, 'model.json') : option)),
    ]
    const wholes = new Map<readonly string[], { sha256: string; epochs: number; seconds: number }>()
    for (let chain = first; count() < kills; chain++) {
      const recipe = recipes[chain % recipes.length]!
      let whole = wholes.get(recipe)
      if (!whole) {
        const started = performance.now()
        const { code, stdout, stderr } = await train([...argsOf(recipe), '--epochs', String(EPOCHS)])
        if (code !== 0) throw new Error(stderr)
        const { sha256, history } = JSON.parse(stdout)
        whole = { sha256, epochs: history.length, seconds: (performance.now() - started) / 1000 }
        wholes.set(recipe, whole)
      }
      const random = randomOf(chain)
      const place = join(folder, String(chain))
      await mkdir(place)
      const [checkpoint, log] = [join(place, 'run.ck'), join(place, 'run.csv')]
      let links = 0
      let ended: Ended
      for (;;) {
        const done = await epochsIn(checkpoint)
        const isIdle = done !== null && done > 0 && random(0, 5) === 0
        const isLast = ++links > 8 || count() >= kills
        const signal = random(0, 3) === 0 ? 'SIGINT' : 'SIGKILL'
        const kill = isIdle || isLast ? undefined : ({ signal, after: random(0, 400) } as const)
        ended = await train(
          [
            ...argsOf(recipe),
            ...engines[random(0, engines.length - 1)]!,
            ...['--epochs', String(isIdle ? done : EPOCHS), '--checkpoint', checkpoint, '--log', log],
            ...(done === null ? [] : ['--resume', checkpoint]),
          ],
          kill,
        )
        if (done !== null) resumed++
        if (isIdle) idle++
        const isKilled = ended.signal !== null || ended.code === 130
        if (isKilled) killed[signal] = (killed[signal] ?? 0) + 1
        else if (ended.code !== 0) {
          faults.push(`chain ${chain}, link ${links}: ended with ${ended.code}: ${ended.stderr}`)
          break
        } else if (!isIdle) break
      }
      chains++
      if (ended.code !== 0) continue
      const { sha256 } = JSON.parse(ended.stdout)
      if (sha256 !== whole.sha256)
        faults.push(`chain ${chain}: ${sha256} after ${links} runs, ${whole.sha256}`)
      const steps = stepsOf(await readFile(log, 'utf8'))
      const expected = Array.from({ length: whole.epochs }, (_, i) => i + 1)
      if (String(steps) !== String(expected)) faults.push(`chain ${chain}: the log has epochs ${steps}`)
      const names = (await readdir(place)).sort()
      if (String(names) !== 'run.ck,run.csv') faults.push(`chain ${chain}: left ${names}`)
      await rm(place, { recursive: true })
      say(`chain ${chain}: ${links} runs, ${count()} of ${kills} kills so far, ${faults.length} faults`)
    }
    return { killed, resumed, idle, chains, faults }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
