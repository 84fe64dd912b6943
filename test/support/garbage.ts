import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage and runs finalisers until `isDone`; false when it never is. */
export async function collectUntil(isDone: () => boolean): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 200 && !isDone(); round++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return isDone()
}
