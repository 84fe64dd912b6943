/** The page of a browser's report: it runs the report itself or, so that threads can be used, in a worker. */
import { postReport, send } from './send.mjs'

addEventListener('error', ({ message }) => send({ type: 'crashed', error: `in the page: ${message}` }))
addEventListener('unhandledrejection', ({ reason }) =>
  send({ type: 'crashed', error: `in the page: ${reason}` }),
)

if (location.pathname === '/in-worker') {
  const worker = new Worker('/worker.js', { type: 'module' })
  worker.onerror = ({ message }) => send({ type: 'crashed', error: `in the worker: ${message}` })
} else await postReport()
