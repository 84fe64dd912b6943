/** Measures in a worker of the page's: the page stays alive, and threads may wait for each other. */
import { engineLabel } from '../benchmark/engines.js'
import { allBenchmarks, runBenchmarks, selectBenchmarks } from '../benchmark/run.js'
import type { News, Order } from './bench-messages.js'

const tell = (news: News) => postMessage(news)
let stop = new AbortController()

addEventListener('message', async ({ data: order }: MessageEvent<Order>) => {
  if (order.type === 'stop') return stop.abort()
  stop = new AbortController()
  try {
    const benchmarks = selectBenchmarks(allBenchmarks(), order.only)
    if (benchmarks.length === 0) throw new Error(`There is no benchmark called ${order.only.join(' or ')}.`)
    const { engines, windows, seconds } = order
    const run = await runBenchmarks({
      ...{ benchmarks, engines, windows, seconds, signal: stop.signal },
      onProgress: ({ benchmark, engine, done, secondsLeft }) =>
        tell({ type: 'progress', done, secondsLeft, label: `${benchmark.id} on ${engineLabel(engine)}` }),
      onResult: (result) => tell({ type: 'result', result }),
    })
    tell({ type: 'done', run })
  } catch (error) {
    tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
})
