/** The script of a worker thread of Node, Deno or Bun. */
import { runThread, type ThreadStart } from './thread.js'

function listen({ parentPort }: typeof import('node:worker_threads')): void {
  // A port with no listener left does not keep the thread alive.
  parentPort!.once('message', (start: ThreadStart) => runThread(start))
}

// As a text this is taken for a script or for a module, depending on the runtime and on how the process was started.
// Where there is `require` it is quicker, and asks no module loader that the process may have put in place.
if (typeof require === 'function')
  listen(require('node:worker_threads') as typeof import('node:worker_threads'))
else import('node:worker_threads').then(listen)
