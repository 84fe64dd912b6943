import { spawn } from 'node:child_process'
import { access, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { visible } from '../../src/cli/output.node.js'
import { readModel } from '../../src/index.js'
import { controlCharacters, emptyEnvironment, executable, runCli, startCli, tiny } from './run-cli.js'

t.test('names are shown and do nothing', async (t) => {
  t.equal(visible('a\u001b[31mb\nc\r\td\u009be'), 'a\\u001b[31mb\\nc\\r\\td\\u009be')
  t.equal(
    visible('gpj.\u202egnp \u2066x\u2069 \u2028 \ufeff \ud800'),
    'gpj.\\u202egnp \\u2066x\\u2069 \\u2028 \\ufeff \\ud800',
  )
  t.equal(visible('\u{e0041}'), '\\udb40\\udc41')
  const harmless = 'schön 数字 \u{1f468}\u200d\u{1f469}\u200d\u{1f467} می\u200cخواهم'
  t.equal(visible(harmless), harmless)
})

t.test('no name reaches the terminal raw', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const name = '\u001b]0;owned\u0007\u001b[2J\nerror: forged\r\u202e\u009b1m'
  const lines = [
    ['eval', name],
    ['eval', join(folder, name)],
    ['predict', name, name],
    ['train', ...tiny, '--save', join(folder, name, 'x')],
    ['train', '--model', name],
    ['train', '--log', name],
    ['train', '--data', name],
    ['train', '--activation', name],
    ['train', `--${name}`],
    ['train', '--data-dir', name],
    ['data', 'fetch', '--mirror', `http://127.0.0.1:9/${name}`, '--cache-dir', join(folder, 'cache')],
    ['reproduce', name],
    ['reproduce', 'confusion', '--only', name],
    ['bench', '--only', name],
    ['help', name],
    [name],
  ]
  await Promise.all(
    lines.map(async (words) => {
      const { code, stdout, stderr } = await runCli(words, env)
      t.not(code, 0)
      t.notMatch(stdout + stderr, controlCharacters, JSON.stringify(stderr))
      t.notMatch(stdout + stderr, '\u202e')
      t.notMatch(stderr, /^error: forged/m)
    }),
  )
  const file = join(folder, `m\u001b[31m\n\u202e.safetensors`)
  const { code, stdout } = await runCli(['train', ...tiny, '--save', file], env)
  t.equal(code, 0)
  t.notMatch(stdout, controlCharacters)
  t.match(stdout, `saved      ${visible(file)}`)
  const json = await runCli(['eval', file, '--limit', '100', '--json'], env)
  t.notMatch(json.stdout, controlCharacters)
  t.notMatch(json.stdout, '\u202e')
  t.equal(JSON.parse(json.stdout).file, file)
})

t.test('a run whose reader goes away saves what it was to save', async (t) => {
  const { env, folder } = await emptyEnvironment(t)
  const model = join(folder, 'm.safetensors')
  const checkpoint = join(folder, 'm.checkpoint')
  const log = join(folder, 'log.csv')
  const running = startCli(['train', ...tiny, '--save', model, '--checkpoint', checkpoint, '--log', log], env)
  await running.saw('data ')
  running.process.stdout!.destroy()
  const { code, stderr } = await running.finished
  t.equal(code, 141)
  t.equal(stderr, '')
  await readModel(new Uint8Array(await readFile(model)), model)
  await access(checkpoint)
  t.equal((await readFile(log, 'utf8')).trimEnd().split('\n').length, 3)
})

t.test('a run that saves nothing ends when its reader goes away', async (t) => {
  const { env } = await emptyEnvironment(t)
  const running = startCli(['train', ...tiny, '--epochs', '1000000'], env)
  await running.saw('epoch 1/')
  running.process.stdout!.destroy()
  t.equal((await running.finished).code, 141)
})

t.test('a run goes on without anybody to read its notes', async (t) => {
  const { env } = await emptyEnvironment(t)
  const running = startCli(['train', ...tiny, '--json'], env)
  await running.saw('epoch 1/')
  running.process.stderr!.destroy()
  const { code, stdout } = await running.finished
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { interrupted: false })
})

const full = await open('/dev/full', 'w').catch(() => null)
t.teardown(() => full?.close())

t.test(
  'a full device is said, and the model is saved',
  { skip: full ? false : 'no /dev/full' },
  async (t) => {
    const { env, folder } = await emptyEnvironment(t)
    const onto = (args: readonly string[]) =>
      new Promise<{ code: number | null; stderr: string }>((resolve) => {
        let stderr = ''
        const child = spawn(process.execPath, [executable, ...args], {
          env,
          stdio: ['ignore', full!.fd, 'pipe'],
        })
        child.stderr!.setEncoding('utf8').on('data', (text: string) => {
          stderr += text
        })
        child.on('close', (code) => resolve({ code, stderr }))
      })
    const said = 'error: standard output cannot be written: no space left on the device.\n'
    const model = join(folder, 'm.safetensors')
    t.same(await onto(['train', ...tiny, '--save', model]), { code: 3, stderr: said })
    await readModel(new Uint8Array(await readFile(model)), model)
    for (const args of [
      ['--help'],
      ['--version'],
      ['inspect', '--json'],
      ['data', 'show', 'digits'],
      ['eval', model],
    ]) {
      t.same(await onto(args), { code: 3, stderr: said }, args.join(' '))
    }
  },
)
