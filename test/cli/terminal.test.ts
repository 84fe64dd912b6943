import { spawnSync } from 'node:child_process'
import t from 'tap'
import { emptyEnvironment, executable, start, tiny } from './run-cli.js'

/** `script` of util-linux runs a command in a pseudo-terminal. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
const skip = hasScript ? false : 'script of util-linux is not installed'

/** What `lanegrad` writes to a terminal of this kind. */
async function inTerminal(args: string[], env: NodeJS.ProcessEnv) {
  const command = [process.execPath, executable, ...args].map((word) => `'${word}'`).join(' ')
  return await start('script', ['-qec', command, '/dev/null'], env).finished
}

t.test('a terminal gets a progress bar with speed and time left', { skip }, async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout } = await inTerminal(['train', ...tiny], { ...env, TERM: 'xterm-256color' })
  t.equal(code, 0)
  t.match(stdout, /epoch 1\/2 {2}[█░]{24} \d+% {2}[\d,]+ samples\/s {2}[\d.:]+ (s|min) left {2}loss [\d.]+/)
  t.match(stdout, /^.*epoch 2\/2 {2}loss .*\r$/m, 'lines stand on their own')
  const [hide, show] = ['\u001b[?25l', '\u001b[?25h']
  t.ok(stdout.lastIndexOf(show) > stdout.lastIndexOf(hide), 'the cursor is back')
})

t.test('a dumb terminal gets plain lines', { skip }, async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout } = await inTerminal(['train', ...tiny], { ...env, TERM: 'dumb' })
  t.equal(code, 0)
  t.notMatch(stdout, '\u001b')
})

t.test('images are drawn in the colours that the terminal has', { skip }, async (t) => {
  const { env } = await emptyEnvironment(t)
  const show = ['data', 'show', 'digits', '--limit', '2', '--count', '2']
  const draw = async (extra: NodeJS.ProcessEnv) => {
    const { COLORTERM: _, TERM_PROGRAM: _program, TMUX: _tmux, CI: _ci, ...rest } = env
    const { stdout } = await inTerminal(show, { ...rest, ...extra })
    return stdout.replaceAll('\u001b', 'ESC')
  }
  t.match(await draw({ TERM: 'xterm', COLORTERM: 'truecolor' }), /ESC\[38;2;\d+;\d+;\d+;48;2;\d+;\d+;\d+m▀/)
  t.match(await draw({ TERM: 'xterm-256color' }), /ESC\[38;5;2\d\d;48;5;2\d\dm▀/)
  t.notMatch(await draw({ TERM: 'xterm-256color', NO_COLOR: '1' }), 'ESC')
})
