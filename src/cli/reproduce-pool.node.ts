/** Trains the configurations of experiments in processes of their own, several side by side. */
import { type ChildProcess, fork } from 'node:child_process'
import type { RunResult, Task } from '../experiments/results.js'
import type { TaskEvents } from '../experiments/train.js'
import { EngineError } from '../index.js'
import type { DataChoice } from './data-options.js'
import type { EngineChoice } from './engine-options.js'

/** The hidden command that such a process runs. */
export const WORKER_COMMAND = 'reproduce-worker'

/** What a process needs before its first training. */
export type WorkerOptions = Pick<DataChoice, 'data' | 'dataDir' | 'download' | 'limit'> & EngineChoice

export type ToWorker =
  | { readonly type: 'start'; readonly options: WorkerOptions }
  | { readonly type: 'task'; readonly task: Task; readonly file: string }
  | { readonly type: 'stop' }

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly share: number }
  | { readonly type: 'done'; readonly result: RunResult | null }
  | { readonly type: 'failed'; readonly message: string }

type WorkerEvents = Pick<TaskEvents, 'signal' | 'onProgress'>

/** Processes that wait for trainings. */
export class WorkerPool {
  private readonly idle: Worker[]
  private readonly workers: readonly Worker[]

  /** @param jobs how many processes there are: never more trainings at once */
  constructor(jobs: number, options: WorkerOptions) {
    this.workers = Array.from({ length: jobs }, () => new Worker(options))
    this.idle = [...this.workers]
  }

  /**
   * @param file of the task's checkpoint
   * @returns null when the signal stopped it
   */
  async train(task: Task, file: string, events: WorkerEvents): Promise<RunResult | null> {
    const worker = this.idle.pop()!
    const result = await worker.train(task, file, events)
    this.idle.push(worker)
    return result
  }

  close(): void {
    for (const worker of this.workers) worker.close()
  }
}

class Worker {
  private readonly process: ChildProcess
  private receive: (message: FromWorker) => void = () => {}
  private fail: (error: Error) => void = () => {}
  private closed = false

  constructor(options: WorkerOptions) {
    this.process = fork(process.argv[1]!, [WORKER_COMMAND], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.process.on('message', (message) => this.receive(message as FromWorker))
    this.process.on('error', (error) => this.fail(error))
    this.process.on('exit', (code, signal) => {
      if (!this.closed)
        this.fail(new EngineError(`A training process ended with ${signal ?? `code ${code}`}.`))
    })
    this.send({ type: 'start', options })
  }

  train(task: Task, file: string, { signal, onProgress }: WorkerEvents): Promise<RunResult | null> {
    const stop = () => this.send({ type: 'stop' })
    signal?.addEventListener('abort', stop)
    const finished = new Promise<RunResult | null>((resolve, reject) => {
      this.fail = reject
      this.receive = (message) => {
        if (message.type === 'progress') onProgress?.(message.share)
        if (message.type === 'done') resolve(message.result)
        if (message.type === 'failed') reject(new EngineError(message.message))
      }
      this.send({ type: 'task', task, file })
    })
    return finished.finally(() => signal?.removeEventListener('abort', stop))
  }

  close(): void {
    this.closed = true
    this.process.disconnect()
  }

  private send(message: ToWorker): void {
    this.process.send(message)
  }
}
