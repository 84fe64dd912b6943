/** The script of a worker thread of Node, Deno or Bun. */
import { runThread, type ThreadStart } from './thread.js'

// As a text it is taken for a module or for a script, depending on how the process was started: this works in both.
import('node:worker_threads').then(({ parentPort }) => {
  // A port with no listener left does not keep the thread alive.
  parentPort!.once('message', (start: ThreadStart) => runThread(start))
})
