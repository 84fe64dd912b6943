import { postReport } from './send.mjs'

await postReport()
