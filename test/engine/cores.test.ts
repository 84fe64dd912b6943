import binaryen from 'assemblyscript/binaryen'
import t from 'tap'
import { type CoreVariant, coreBytes } from '../../src/engine/cores.js'
import { supportOf } from '../../src/engine/support.js'
import { createWasmEngine } from '../../src/engine/wasm.js'
import { gemm } from '../../src/program/instructions.js'
import { runInstruction } from '../support/run.js'

const { BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SignExt } = binaryen.Features
const scalarFeatures = BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SignExt

async function validWith(variant: CoreVariant, features: number): Promise<boolean> {
  const module = binaryen.readBinary(await coreBytes(variant))
  module.setFeatures(features)
  // What is wrong with a module is printed, which is no news here.
  const { warn } = console
  console.warn = () => {}
  try {
    return module.validate() === 1
  } finally {
    console.warn = warn
    module.dispose()
  }
}

t.test('the scalar core does without SIMD, which the others use', async (t) => {
  t.ok(await validWith('scalar', scalarFeatures))
  t.notOk(await validWith('simd', scalarFeatures))
  t.ok(await validWith('simd', scalarFeatures | binaryen.Features.SIMD128))
  t.notOk(await validWith('relaxed', scalarFeatures | binaryen.Features.SIMD128))
})

t.test('only the relaxed core fuses multiply-add, where it can, and says so', async (t) => {
  const supported = supportOf('relaxed')
  if (supported !== true) {
    t.pass(supported)
    return
  }
  const k = 1
  // 1 + e and its square rounded: the product less the latter is 0 rounded, and e^2 fused.
  const root = 1 + 2 ** -23
  const a = new Float32Array(8 * k).fill(root)
  const b = new Float32Array(k * 8).fill(root)
  for (const name of ['simd', 'relaxed'] as const) {
    const engine = await createWasmEngine(name)
    const c = new Float32Array(64).fill(-Math.fround(root * root))
    const size = { m: 8, n: 8, k, lda: k, ldb: 8, ldc: 8, flags: 4, bias: null, activation: 0, slope: 0 }
    runInstruction(engine, gemm, { a, b, c, ...size })
    const fused = / multiply-add fused/.test(engine.describe())
    t.match(
      engine.describe(),
      name === 'simd' ? /^simd: wasm SIMD128, one thread$/ : /multiply-add (not )?fused here/,
    )
    t.ok(
      c.every((value) => value === (fused ? 2 ** -46 : 0)),
      engine.describe(),
    )
  }
})
