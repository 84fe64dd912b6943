/**
 * The long forms, as docs/reliability.md shows them:
 *   npm run test:reliability                  both
 *   npm run test:reliability -- files 50000   so many damaged files
 *   npm run test:reliability -- kills 200     so many killed trainings
 */
import { faults, fuzz, kinds } from './fuzz.js'
import { killAndResume } from './kills.js'

const say = (line: string) => process.stdout.write(`${line}\n`)
const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`

async function files(count: number): Promise<string[]> {
  const each = Math.ceil(count / kinds.length)
  say('kind                 files  refused  raw errors  slowest   memory for  contents of')
  const wrong: string[] = []
  for (const kind of kinds) {
    const found = await fuzz(kind, each)
    const { refused, raw, slowest, memory, honest } = found
    const cells = [
      kind.padEnd(18),
      String(found.files).padStart(7),
      String(refused).padStart(8),
      String(raw.length).padStart(11),
      `${slowest.seconds.toFixed(2)} s`.padStart(8),
      megabytes(memory).padStart(12),
      megabytes(honest).padStart(12),
    ]
    say(cells.join(' '))
    wrong.push(...faults(found, true))
  }
  return wrong
}

async function kills(count: number): Promise<readonly string[]> {
  const { killed, resumed, idle, chains, faults } = await killAndResume(count, 0, (line) =>
    process.stderr.write(`${line}\n`),
  )
  const signals = Object.entries(killed).map(([signal, times]) => `${times} by ${signal}`)
  say(
    `${chains} trainings, killed ${signals.join(', ')}; ${resumed} resumptions, ${idle} with nothing left to do`,
  )
  say(`${chains - faults.length} of ${chains} ended with the SHA-256 of the training that nobody stopped`)
  return faults
}

const [what, count] = process.argv.slice(2)
const wrong = [
  ...(what === 'kills' ? [] : await files(Number(count ?? 50_000))),
  ...(what === 'files' ? [] : await kills(Number(count ?? 200))),
]
for (const line of wrong) say(line)
process.exitCode = wrong.length === 0 ? 0 : 1
