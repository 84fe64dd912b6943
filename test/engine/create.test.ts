import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type CoreSource, createEngine } from '../../src/index.js'
import { fill } from '../../src/program/instructions.js'
import { runInstruction } from '../support/run.js'

const bytes = readFileSync(fileURLToPath(new URL('../../../build/core/simd.wasm', import.meta.url)))

t.test('the core comes from its own bytes, or from where it is said to be', async (t) => {
  const sources: [string, CoreSource | undefined][] = [
    ['inlined', undefined],
    ['bytes', bytes],
    ['an ArrayBuffer', Uint8Array.from(bytes).buffer],
    ['a module', await WebAssembly.compile(bytes)],
    ['a response', new Response(bytes)],
    ['an address', `data:application/wasm;base64,${bytes.toString('base64')}`],
    ['a URL', new URL(`data:application/wasm;base64,${bytes.toString('base64')}`)],
  ]
  for (const [name, core] of sources) {
    const engine = await createEngine({ engine: 'simd', ...(core === undefined ? {} : { core }) })
    const x = new Float32Array(3)
    runInstruction(engine, fill, { x, count: 3, value: 2 })
    t.same([...x], [2, 2, 2], name)
    t.equal(engine.threads, 1)
    t.match(engine.describe(), /^simd: wasm SIMD128/)
  }
})

t.test('a core that cannot be had is refused with the reason', async (t) => {
  const wrong: [CoreSource, RegExp][] = [
    [Uint8Array.of(1, 2, 3, 4), /^The wasm core could not be compiled: .*magic/i],
    [new Response('nothing', { status: 404, statusText: 'Not Found' }), /answered 404 Not Found/],
    ['data:application/wasm;base64,AAAA', /could not be compiled/],
    ['http://127.0.0.1:9/core.wasm', /could not be compiled: /],
  ]
  for (const [core, message] of wrong) {
    await t.rejects(createEngine({ engine: 'simd', core }), { name: 'EngineError', message })
  }
})
