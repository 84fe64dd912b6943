import { report } from '../../../build/test/conformance/report.js'

/** Sends a line of the report to the server that the page came from. */
export async function send(line) {
  await fetch('/line', { method: 'POST', body: JSON.stringify(line) })
}

/** Runs the report with the server's options. */
export async function postReport() {
  const options = await (await fetch('/options')).json()
  for await (const line of report(options)) await send(line)
}
