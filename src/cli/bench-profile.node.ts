import { type BenchmarkEngine, engineLabel } from '../benchmark/engines.js'
import { type EngineProfile, profile } from '../benchmark/profile.js'
import { describeMachine, rate } from '../benchmark/report.js'
import { benchmarkDigits } from '../benchmark/run.js'
import { workloads } from '../benchmark/workloads.js'
import { InterruptedError } from './errors.js'
import { percent } from './format.js'
import { catchInterrupt } from './interrupt.node.js'
import { thisMachine } from './machine.node.js'
import { printJson, printLine, printNote } from './output.node.js'
import { table } from './table.js'

/** What `bench` is told that goes for a profile too. */
export interface ProfileChoice {
  readonly engines?: readonly BenchmarkEngine[]
  readonly threads?: number
  readonly windows: number
  readonly seconds: number
  readonly json?: boolean
}

/** Engines that are profiled when none is named. */
const ENGINES: readonly BenchmarkEngine[] = ['simd']

/** Prints where a training step of the workload `id` spends its time, on one engine after the other. */
export async function benchProfile(id: string, choice: ProfileChoice): Promise<void> {
  const { engines = ENGINES, windows, seconds, threads, json } = choice
  const workload = workloads.find((each) => each.id === id)!
  const machine = thisMachine()
  const interrupt = catchInterrupt(() => {
    printNote('Stopping after this step; Ctrl-C again ends at once.')
  })
  if (!json) {
    printLine(describeMachine(machine))
    printLine(`${id} ${workload.title}: a training step, instruction by instruction; medians`)
  }
  const profiles: EngineProfile[] = []
  for (const engine of engines) {
    const found = await profile({
      ...{ workload, data: benchmarkDigits(), engine, threads, signal: interrupt.signal },
      seconds: windows * seconds,
    })
    if (found === null) break
    profiles.push(found)
    if (!json) print(found)
  }
  interrupt.release()
  if (json) printJson({ machine, workload: { id, title: workload.title }, profiles })
  if (interrupt.signal.aborted) throw new InterruptedError('Stopped by Ctrl-C.')
}

const micro = (seconds: number) => (seconds * 1e6).toFixed(1)

function print({ engine, threads, steps, step, sum, instructions }: EngineProfile): void {
  const rows = instructions.map(({ from, instruction, seconds, share, flops, bytes }, i) => [
    ...[String(i), from, instruction, micro(seconds), percent(share), flops === 0 ? '' : rate(flops)],
    rate(bytes),
  ])
  const more = 100 * (sum / step.median - 1)
  printLine()
  printLine(`${engineLabel(engine)}, ${threads === 1 ? '1 thread' : `${threads} threads`}, ${steps} steps`)
  printLine(...table([['#', 'from', 'instruction', 'us', 'share', 'FLOP/s', 'B/s'], ...rows], 3))
  printLine(
    `one by one ${micro(sum)} us; a whole step ${micro(step.median)} us (${micro(step.least)}..${micro(step.most)}): ` +
      `running and timing them apart costs ${more.toFixed(1)}%`,
  )
}
