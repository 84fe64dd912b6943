/** Milliseconds of work after which other tasks get a turn: a signal is noticed and a page stays alive. */
const TURN = 100

/** A function to await between steps: it lets the runtime's other tasks run when `TURN` has passed since the last time. */
export function breathe(): () => Promise<void> | undefined {
  let last = performance.now()
  return () => {
    if (performance.now() - last < TURN) return undefined
    return new Promise((resolve) => {
      setTimeout(() => {
        last = performance.now()
        resolve()
      }, 0)
    })
  }
}
