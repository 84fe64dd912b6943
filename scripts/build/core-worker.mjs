/** A thread of the build: compiles the variant of the core that it is told, and answers null or what went wrong. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import asc from 'assemblyscript/asc'
import { lowerSimd } from './lower-simd.mjs'
import { root } from './paths.mjs'

async function compile(variant) {
  const args = ['--config', 'asconfig.json', '--target', variant, '--baseDir', root]
  const { error, stderr } = await asc.main(args)
  if (error) throw new Error(`${stderr}${error.message}`)
  if (variant !== 'scalar') return
  const file = `${root}/build/core/${variant}.wasm`
  writeFileSync(file, lowerSimd(readFileSync(file)))
}

parentPort.on('message', async (variant) => {
  try {
    await compile(variant)
    parentPort.postMessage(null)
  } catch (error) {
    parentPort.postMessage(error.message)
  }
})
