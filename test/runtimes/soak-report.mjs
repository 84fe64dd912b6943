/** Trains on threads without end, a random engine and program after the other; a line of JSON for each training. */
import { createEngine } from '../../build/src/index.js'
import { programs } from '../../build/test/conformance/programs.js'
import { runProgram } from '../../build/test/conformance/run.js'
import { larger } from './soak-programs.mjs'

const [seed, most] = process.argv.slice(2).map(Number)
const all = [...programs, ...larger]

let state = seed
/** A whole number below `count`, by Marsaglia's xorshift32. */
function draw(count) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % count
}

for (;;) {
  const engine = await createEngine({ engine: 'threads', threads: 2 + draw(most - 1) })
  // Few trainings an engine, so that starting and ending threads is tried as well.
  for (let left = 1 + draw(10); left > 0; left--) {
    const program = all[draw(all.length)]
    const { weights, losses } = await runProgram(engine, program)
    console.log(JSON.stringify({ program: program.name, threads: engine.threads, weights, losses }))
  }
  engine.close()
}
