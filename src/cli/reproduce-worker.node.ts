import type { Command } from 'commander'
import type { Task } from '../experiments/results.js'
import { LanegradError } from '../index.js'
import { loadData } from './data-options.js'
import { type FromWorker, type ToWorker, WORKER_COMMAND, type WorkerOptions } from './reproduce-pool.node.js'
import { trainTask } from './reproduce-task.node.js'

/** What `lanegrad reproduce --jobs` starts: it listens to its parent, and ends when that goes. */
export function addReproduceWorker(program: Command): void {
  program.command(WORKER_COMMAND, { hidden: true }).action(work)
}

async function work(): Promise<void> {
  // Ctrl-C reaches every process of the terminal; the parent says what is to be done about it.
  process.on('SIGINT', () => {})
  const send = (message: FromWorker) => process.connected && process.send!(message)
  let options: WorkerOptions
  let data: ReturnType<typeof loadData>
  let stopping = new AbortController()

  const train = async (task: Task, file: string): Promise<void> => {
    stopping = new AbortController()
    let told = 0
    const result = await trainTask(task, await data, options, file, {
      signal: stopping.signal,
      onProgress(share) {
        if (told > 0 && share < 1 && performance.now() - told < 200) return
        told = performance.now()
        send({ type: 'progress', share })
      },
    })
    send({ type: 'done', result })
  }
  process.on('message', (message: ToWorker) => {
    if (message.type === 'stop') stopping.abort()
    if (message.type === 'start') {
      options = message.options
      const quiet = { signal: new AbortController().signal, onProgress() {}, onStandIn() {} }
      data = loadData(options, quiet)
      data.catch(() => {})
    }
    if (message.type === 'task') {
      train(message.task, message.file).catch((error) => {
        if (!(error instanceof LanegradError)) throw error
        send({ type: 'failed', message: error.message })
      })
    }
  })
  await new Promise((resolve) => process.on('disconnect', resolve))
  process.exit()
}
