import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { checkError, emptyEnvironment, runCli, tiny } from './run-cli.js'

t.test('a log holds an epoch a line, in the form that its name asks for', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const train = async (log: string) => {
    const { code, stdout } = await runCli(['train', ...tiny, '--log', log, '--json'], env)
    t.equal(code, 0)
    return JSON.parse(stdout).history
  }
  const jsonl = join(folder, 'run.jsonl')
  // A second run begins the file anew.
  await train(jsonl)
  const history = await train(jsonl)
  const lines = (await readFile(jsonl, 'utf8')).split('\n')
  t.equal(lines.length, 3)
  t.equal(lines[2], '')
  for (const [i, { epoch, loss, rate, validation }] of history.entries()) {
    t.match(JSON.parse(lines[i]!), { epoch, loss, rate, validationLoss: validation.loss, complete: true })
  }

  const csv = join(folder, 'run.csv')
  await train(csv)
  const rows = (await readFile(csv, 'utf8')).split('\r\n')
  t.match(rows[0], /^epoch,steps,samples,loss,accuracy,learningRate,validationLoss/)
  t.match(rows[2], new RegExp(`^2,6,95,${history[1].loss},`))
  t.same(rows.slice(3), [''])
})

t.test('a log for TensorBoard is a file with tfevents in its name, or a new one in a folder', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const runs = join(folder, 'runs')
  await mkdir(runs)
  await Promise.all(
    [runs, join(folder, 'a.tfevents')].map(async (log) => {
      t.equal((await runCli(['train', ...tiny, '--log', log], env)).code, 0)
    }),
  )
  const [name, ...more] = await readdir(runs)
  t.match(name, /^events\.out\.tfevents\.\d+\.lanegrad\.\d+$/)
  t.same(more, [])
  for (const file of [join(runs, name!), join(folder, 'a.tfevents')]) {
    const bytes = await readFile(file)
    t.ok(bytes.includes('brain.Event:2'))
    let records = 0
    // A record: length, checksum, data, checksum.
    for (let at = 0; at < bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at))) records++
    t.equal(records, 3, 'the version and two epochs')
    t.ok(bytes.includes('loss/validation'))
  }
})

t.test('a run that is resumed goes on with its log in a folder: every epoch once', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const runs = join(folder, 'runs')
  const ck = join(folder, 'run.ck')
  await mkdir(runs)
  const train = async (epochs: number, ...more: string[]) => {
    const args = ['train', ...tiny, '--epochs', String(epochs), '--log', runs, '--checkpoint', ck, ...more]
    t.equal((await runCli(args, env)).code, 0)
  }
  await train(3)
  await train(5, '--resume', ck)
  const names = await readdir(runs)
  t.equal(names.length, 1)
  t.same(stepsOf(await readFile(join(runs, names[0]!))), [1, 2, 3, 4, 5])
})

/** The steps of an event file's records, after the first: field 2 of the message, a number below 128. */
function stepsOf(bytes: Buffer): number[] {
  const steps: number[] = []
  for (let at = 0; at < bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at))) {
    if (at > 0) steps.push(bytes[at + 12 + 9 + 1]!)
  }
  return steps
}

t.test('where the log cannot be written training does not begin', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const log = join(folder, 'none', 'run.csv')
  const result = await runCli(['train', ...tiny, '--log', log], env)
  checkError(t, result, 1, /run\.csv: cannot be written: there is no folder .*none/)
})
