/** Writes new expected values: a decision that needs a reason, which is kept beside them. */
import { writeFileSync } from 'node:fs'
import { readExpected } from '../../build/test/conformance/judge.js'
import { report } from '../../build/test/conformance/report.js'

/** Words of a reason that says something. */
const FEWEST_WORDS = 4

/** True when the values were written; they are not unless all of this Node's engines agree on them. */
export async function renew(file, reason, options, say) {
  if (reason.trim().split(/\s+/).length < FEWEST_WORDS) {
    say('--renew takes a sentence that says why other bits are right now; it is kept in expected.json.')
    return false
  }
  const { programs: before } = readExpected(file)
  const found = {}
  for await (const line of report(options)) {
    if (line.type === 'unsupported') say(`${line.engine} cannot run here, so it has no say: ${line.reason}`)
    if (line.type === 'failed') {
      say(`${line.engine} ${line.threads}: ${line.error}`)
      return false
    }
    if (line.type !== 'outcome') continue
    const { engine, threads, program, weights, losses } = line
    const first = found[program]
    if (!first) found[program] = { weights, losses }
    else if (first.weights !== weights || first.losses !== losses) {
      say(
        `${program}: ${engine} with ${threads} threads differs from ${options.engines[0]}; nothing is written.`,
      )
      return false
    }
  }
  for (const [program, { weights, losses }] of Object.entries(found)) {
    const same = before[program]?.weights === weights && before[program]?.losses === losses
    if (!same) say(`${before[program] ? 'changed' : 'new'}: ${program}`)
  }
  for (const program of Object.keys(before)) if (!found[program]) say(`gone: ${program}`)
  writeFileSync(file, `${JSON.stringify({ reason, programs: found }, null, 2)}\n`)
  return true
}
