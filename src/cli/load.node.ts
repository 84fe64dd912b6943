import type { DataProgress } from '../index.js'
import { type DataChoice, type LoadedData, loadData } from './data-options.js'
import { bytes } from './format.js'
import { catchInterrupt } from './interrupt.node.js'
import { printNote } from './output.node.js'
import { Progress } from './progress.node.js'

/** Loads data with the progress of downloads on standard error; Ctrl-C stops it. */
export async function loadWithProgress(choice: DataChoice): Promise<LoadedData> {
  const interrupt = catchInterrupt()
  const download = showDownloads()
  try {
    const loaded = await loadData(choice, {
      signal: interrupt.signal,
      onProgress: download.onProgress,
      onStandIn(reason) {
        download.stop()
        printNote(`note: ${reason}`)
        printNote('note: the built-in digits (synthetic) stand in for MNIST.')
      },
    })
    interrupt.signal.throwIfAborted()
    return loaded
  } finally {
    download.stop()
    interrupt.release()
  }
}

/** A line for every file, and a bar below on a terminal. */
export function showDownloads(): { onProgress(progress: DataProgress): void; stop(): void } {
  let url = ''
  let bar: Progress | null = null
  const stop = () => bar?.stop()
  return {
    onProgress({ dataset, url: next, received, total }) {
      if (next !== url) {
        stop()
        url = next
        bar = new Progress(total ?? 0, '{bar} {percentage}%  {received}')
        printNote(`${dataset}: downloading ${url}${total === undefined ? '' : `, ${bytes(total)}`}`)
      }
      if (total !== undefined) bar!.update(received, { received: bytes(received) })
    },
    stop,
  }
}
