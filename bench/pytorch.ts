import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** PyTorch in a process of its own, asked for one measurement after the other. */
export interface PyTorch {
  readonly version: string
  /** Samples a second of a workload trained for `seconds` on `threads` threads. */
  speed(workload: string, seconds: number, threads: number): Promise<number>
  close(): void
}

const script = fileURLToPath(new URL('../../bench/peers/pytorch.py', import.meta.url))
const pythons = ['python3', '/usr/bin/python3']

/** Starts PyTorch on MNIST in `folder`, or returns null where no Python on this machine has it. */
export async function startPyTorch(folder: string): Promise<PyTorch | null> {
  for (const python of pythons) {
    const child = spawn(python, [script, folder], { stdio: ['pipe', 'pipe', 'ignore'] })
    const nextLine = linesOf(child)
    const [ready, version] = (await nextLine()).split(' ')
    if (ready !== 'ready') continue
    return {
      version: version!,
      async speed(workload, seconds, threads) {
        child.stdin!.write(`${workload} ${seconds} ${threads}\n`)
        return Number(await nextLine())
      },
      close: () => child.stdin!.end(),
    }
  }
  return null
}

/** The lines of a child's output, one a call; empty when the child has ended. */
function linesOf(child: ChildProcess): () => Promise<string> {
  let buffered = ''
  let ended = false
  let wake = () => {}
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    buffered += text
    wake()
  })
  for (const event of ['error', 'close'] as const) {
    child.on(event, () => {
      ended = true
      wake()
    })
  }
  return async () => {
    while (!buffered.includes('\n') && !ended) await new Promise<void>((resolve) => (wake = resolve))
    const [line = '', ...rest] = buffered.split('\n')
    buffered = rest.join('\n')
    return line
  }
}
