import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let gc: (() => void) | undefined

/** Collects garbage. */
export function collect(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
}

/** Collects garbage and runs finalisers until `isDone`; false when it never is. */
export async function collectUntil(isDone: () => boolean): Promise<boolean> {
  for (let round = 0; round < 200 && !isDone(); round++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return isDone()
}
