/** The conformance set in a runtime with a console: Node, Deno and Bun run this file. */
import { report } from '../../build/test/conformance/report.js'

for await (const line of report(JSON.parse(process.argv[2]))) console.log(JSON.stringify(line))
