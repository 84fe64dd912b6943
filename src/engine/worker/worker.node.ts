/** The script of a worker thread of Node, Deno or Bun. */
import { parentPort } from 'node:worker_threads'
import { runThread } from './thread.js'

// A port with no listener left does not keep the thread alive.
parentPort!.once('message', runThread)
