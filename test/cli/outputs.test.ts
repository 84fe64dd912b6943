import { existsSync } from 'node:fs'
import { chmod, link, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkDistinct, readInput, rescueOutput, writeOutput } from '../../src/cli/files.node.js'
import { readModel } from '../../src/formats/saved-model.js'
import { temporaryFolder } from '../support/data.js'
import { checkError, emptyEnvironment, runCli, tiny } from './run-cli.js'

const bytes = (text: string) => new TextEncoder().encode(text)

t.test(
  'a file is written through links, keeps its rights, and what killed writers left is removed',
  async (t) => {
    const folder = await temporaryFolder(t)
    await mkdir(join(folder, 'real'))
    const [file, first, second] = ['real/file', 'first', 'second'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    await symlink('real/file', first)
    await symlink(first, second)
    await writeOutput(second, bytes('new'))
    t.equal(await readFile(file, 'utf8'), 'new', 'a link to a file that is not there yet')
    await chmod(file, 0o640)
    await writeOutput(second, bytes('newer'))
    t.equal(await readFile(file, 'utf8'), 'newer')
    t.equal((await stat(file)).mode & 0o777, 0o640)
    t.ok((await lstat(second)).isSymbolicLink() && (await lstat(first)).isSymbolicLink())

    // No process has this number: the largest of Linux is 2^22.
    const dead = join(folder, '.lanegrad-99999999-0123abcd.part')
    const own = join(folder, `.lanegrad-${process.pid}-0123abcd.part`)
    const other = join(folder, '.other-99999999-0123abcd.part')
    for (const left of [dead, own, other]) await writeFile(left, 'half')
    await writeOutput(join(folder, 'file'), bytes('whole'))
    const left = (await readdir(folder))
      .filter((name) => name.startsWith('.'))
      .map((name) => join(folder, name))
    t.same(left.sort(), [own, other].sort(), 'of writers that are alive, and of others, nothing is removed')
  },
)

t.test('where an output cannot be written it is kept elsewhere, or refused', async (t) => {
  const folder = await temporaryFolder(t)
  const good = await rescueOutput(join(folder, 'a.bin'), bytes('a'), 'mark')
  t.same(good, { file: join(folder, 'a.bin'), problem: null })
  const cwd = process.cwd()
  process.chdir(folder)
  t.teardown(() => process.chdir(cwd))
  const { file, problem } = await rescueOutput(join(folder, 'none', 'b.bin'), bytes('b'), 'mark')
  t.equal(file, join(process.cwd(), 'b.mark.bin'))
  t.match(problem, /none.b\.bin: cannot be written \(1 bytes\): not found/)
  t.equal(await readFile(file, 'utf8'), 'b')
})

t.test('no output goes where an input or another output is, whatever its path looks like', async (t) => {
  const folder = await temporaryFolder(t)
  const at = (name: string) => join(folder, name)
  await writeFile(at('model'), 'x')
  await symlink('model', at('link'))
  await link(at('model'), at('hard'))
  await symlink(folder, at('here'))
  await writeFile(at('train-images-idx3-ubyte'), 'x')
  const check = (...paths: [string, string]) =>
    checkDistinct(
      paths.map((path, i) => ({ option: `--${i}`, path })),
      [{ option: '--in', path: at('model') }],
    )
  for (const path of [at('model'), at('link'), at('hard'), at('here/model'), `${folder}/./none/../model`]) {
    await t.rejects(check(path, at('x')), { name: 'UsageError', message: /^--0 and --in are one file/ }, path)
  }
  await t.rejects(check(at('new'), at('here/new')), { message: /^--1 and --0 are one file, .*here.new: / })
  await t.rejects(check(at('train-images-idx3-ubyte'), at('x')), { message: /is a file of a data set/ })
  await check(at('new'), at('newer'))
  await check('/dev/null', '/dev/null')
})

t.test('train and predict refuse outputs over each other and over inputs before they begin', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const at = (name: string) => join(folder, name)
  const [model, ck] = [at('m.safetensors'), at('run.ck')]
  const same = async (args: string[], message: RegExp) => checkError(t, await runCli(args, env), 2, message)
  await same(['train', ...tiny, '--checkpoint', ck, '--save', ck], /--checkpoint and --save are one file/)
  await same(['train', ...tiny, '--log', at('a.csv'), '--save', at('a.csv')], /--log and --save are one file/)
  t.same(
    (await readdir(folder)).filter((name) => name !== 'cache'),
    [],
    'nothing was written',
  )
  await writeFile(model, 'x')
  await writeFile(at('picture.png'), 'x')
  await same(['predict', model, at('picture.png'), '--png', model], /--png and an input are one file/)
  await same(['predict', model, at('picture.png'), '--png', at('picture.png')], /--png and an input are/)
})

/** Every write to it fails; systems other than Linux have none. */
const full = '/dev/full'
const skip = !existsSync(full)

t.test('a full disk costs neither the run nor the trained model', { skip }, async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const cwd = process.cwd()
  process.chdir(folder)
  t.teardown(() => process.chdir(cwd))
  const result = await runCli(['train', ...tiny, '--checkpoint', full, '--save', full, '--json'], env)
  t.equal(result.code, 1)
  t.match(
    result.stderr,
    /warning: .*full: cannot be written .*: no space left on the device; training goes on/,
  )
  t.match(result.stderr, /error: .*full: cannot be written .*: no space left on the device; the model is in /)
  const { saved, checkpoint, sha256, history } = JSON.parse(result.stdout)
  t.same([history.length, checkpoint], [2, null])
  t.equal(saved, join(process.cwd(), `full.${sha256.slice(0, 8)}`))
  const { model } = await readModel(await readInput(saved), saved)
  t.equal(await model.fingerprint(), sha256)
  await symlink(full, 'log.csv')
  const kept = await runCli(['train', ...tiny, '--checkpoint', full, '--log', 'log.csv'], env)
  t.equal(kept.code, 0, 'a checkpoint and a log that cannot be written do not end the run')
  t.match(kept.stderr, /warning: log\.csv: the log cannot be written: .*; training goes on/)
  t.notOk((await readdir(tmpdir())).includes(`full.${sha256.slice(0, 8)}`))
})
