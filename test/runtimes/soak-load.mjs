/** Keeps a core busy in bursts of random length, so that threads lose their core in the middle of a step. */
import { setTimeout as pause } from 'node:timers/promises'

const LONGEST = 200

for (;;) {
  const until = performance.now() + Math.random() * LONGEST
  while (performance.now() < until);
  await pause(Math.random() * LONGEST)
}
