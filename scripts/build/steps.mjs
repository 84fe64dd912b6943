import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, write } from './paths.mjs'

/** Does a step of the build and says what it took, where that was long enough to wait for. */
export async function step(name, work) {
  const start = performance.now()
  const result = await work()
  const seconds = (performance.now() - start) / 1000
  if (seconds > 0.1) console.error(`build: ${name.padEnd(24)} ${seconds.toFixed(1)} s`)
  return result
}

/**
 * Makes `output` by `work` unless it was already made from the same `inputs`: files, whose contents count, not their age.
 */
export async function cached(output, inputs, work) {
  const hash = createHash('sha256')
  for (const file of inputs) hash.update(file).update(readFileSync(join(root, file)))
  const digest = hash.digest('hex')
  const stamp = `build/stamps/${output.replaceAll('/', '-')}.sha256`
  const isCurrent = existsSync(join(root, output)) && existsSync(join(root, stamp))
  if (isCurrent && readFileSync(join(root, stamp), 'utf8') === digest) return
  await work()
  write(stamp, digest)
}
