/** The conformance set in workerd: a request carries the options, and the lines of the report are streamed back. */
import { createEngine, EngineError } from '../../build/src/index.js'
import { report } from '../../build/test/conformance/report.js'
import cores from './compiled-cores.js'

async function* lines(options) {
  // Without the module there is no WebAssembly here; the library must say so and go on with JavaScript.
  try {
    const engine = await createEngine({ engine: 'simd' })
    yield { type: 'failed', engine: 'simd', threads: 1, error: `compiled from bytes: ${engine.describe()}` }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
  }
  yield* report(options, cores)
}

export default {
  async fetch(request) {
    const options = await request.json()
    const encoder = new TextEncoder()
    const source = lines(options)
    return new Response(
      new ReadableStream({
        async pull(controller) {
          const { value, done } = await source.next()
          if (done) controller.close()
          else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`))
        },
      }),
    )
  },
}
