/** What was typed wrong ends with exit code 2, whichever command, option or argument it is. */
import type { Command, Option } from 'commander'
import t from 'tap'
import { ExitCode } from '../../src/cli/exit-codes.js'
import { createProgram, report } from '../../src/cli/program.node.js'
import { emptyEnvironment, runCli } from './run-cli.js'

/** A value of each option that is not right. */
const wrong: Record<string, readonly string[]> = {
  '--activation': ['swish', 'constructor', '{"leakyRelu":2}'],
  '--augment': ['{"foo":1}', '2'],
  '--batch': ['0', 'all'],
  '--cache-dir': [''],
  '--categories': ['', ','],
  '--channels': ['2', 'rgb'],
  '--checkpoint': [''],
  '--clip-norm': ['0', '1e99'],
  '--clip-value': ['-1', 'x'],
  '--count': ['0'],
  '--data': ['cifar'],
  '--data-dir': [''],
  '--delimiter': ['', 'ab', '"'],
  '--dropout': ['1'],
  '--early-stopping': ['0'],
  '--engine': ['gpu', 'constructor'],
  '--engines': ['gpu', ','],
  '--epochs': ['0', '1.5'],
  '--hidden': ['0', '1,x'],
  '--holdout': ['1', '-0.1'],
  '--ignore': ['', ','],
  '--init': ['foo', '{"type":"normal"}'],
  '--jobs': ['0'],
  '--limit': ['0'],
  '--log': ['', 'run.txt'],
  '--loss': ['hinge', 'toString'],
  '--missing': ['skip'],
  '--mirror': ['mirror', 'ftp://a/'],
  '--model': [''],
  '--momentum': ['1'],
  '--only': ['nothing', ','],
  '--optimizer': ['foo', 'constructor', '{"type":"adam","beta9":1}'],
  '--out': [''],
  '--part': ['all'],
  '--png': [''],
  '--profile': ['W99'],
  '--learning-rate': ['-1', '1e99', '{"type":"foo"}', '{"type":"cosineDecay"}'],
  '--resume': [''],
  '--save': [''],
  '--seconds': ['0'],
  '--seed': ['-1', '4294967296'],
  '--seeds': ['0'],
  '--size': ['0', '28x', '1x2x3', '99999'],
  '--start': ['-1'],
  '--svg': [''],
  '--target': ['', ','],
  '--task': ['guess'],
  '--threads': ['0', '65'],
  '--weight-decay': ['-1'],
  '--windows': ['0'],
}

/** Arguments that a command cannot do without, or does nothing without. */
const needed: Record<string, readonly string[]> = {
  ...{ eval: ['model'], predict: ['model', 'picture'], reproduce: ['confusion'] },
}

const visibleCommands = (command: Command): Command[] => [...command.createHelp().visibleCommands(command)]

/** Every command that does something, with the words that call it. */
function leaves(command: Command, words: readonly string[] = []): { command: Command; words: string[] }[] {
  const below = visibleCommands(command)
  if (below.length === 0) return [{ command, words: [...words, ...(needed[words.at(-1) ?? ''] ?? [])] }]
  return below.flatMap((each) => leaves(each, [...words, each.name()]))
}

async function codeOf(words: readonly string[]): Promise<ExitCode> {
  try {
    await createProgram().parseAsync(words, { from: 'user' })
    return ExitCode.Done
  } catch (error) {
    return report(error)
  }
}

const all = leaves(createProgram())

t.test('every option of every command refuses a wrong value', async (t) => {
  let tried = 0
  for (const { command, words } of all) {
    for (const { long, isBoolean } of command.options.map((option: Option) => ({
      long: option.long!,
      isBoolean: option.isBoolean() || option.negate,
    }))) {
      const values = isBoolean ? ['3'] : wrong[long]
      t.ok(values, `${words.join(' ')} ${long} has a wrong value to be tried with`)
      for (const value of values ?? []) {
        t.equal(
          await codeOf([...words, `${long}=${value}`]),
          ExitCode.Usage,
          `${words.join(' ')} ${long}=${value}`,
        )
        tried++
      }
    }
    t.equal(await codeOf([...words, '--no-such-option']), ExitCode.Usage)
  }
  t.ok(tried > 100, `${tried}`)
})

t.test('options that do not go together are refused by every command that has them', async (t) => {
  const together: [string, string][] = [
    ['--engine=simd', '--threads=2'],
    ['--engine=js', '--threads=64'],
    ['--optimizer=adagrad', '--momentum=0.5'],
    ['--optimizer=adam', '--nesterov'],
    ['--momentum=0', '--nesterov'],
    ['--clip-norm=1', '--clip-value=1'],
    ['--model=m.json', '--hidden=3'],
    ['--profile=W1', '--svg=a.svg'],
    ['--profile=W1', '--only=gemm'],
    ['--jobs=2', '--threads=2'],
    ['--early-stopping=2', '--holdout=0'],
  ]
  for (const pair of together) {
    const names = pair.map((option) => option.replace(/=.*/, ''))
    const having = all.filter(({ command }) =>
      names.every((name) => command.options.some(({ long }) => long === name)),
    )
    t.ok(having.length > 0, pair.join(' '))
    for (const { words } of having) {
      t.equal(await codeOf([...words, ...pair]), ExitCode.Usage, [...words, ...pair].join(' '))
    }
  }
})

t.test('what the options ask of the data they cannot have', async (t) => {
  const digits = ['--data=digits', '--limit=20', '--engine=simd']
  t.equal(await codeOf(['train', ...digits, '--holdout=0.999']), ExitCode.Usage)
  t.equal(await codeOf(['train', ...digits, '--loss=averagedSoftmaxCrossEntropy']), ExitCode.Usage)
  t.equal(await codeOf(['inspect', '--loss=averagedSoftmaxCrossEntropy']), ExitCode.Usage)
  t.equal(await codeOf(['data', 'show', 'digits', '--limit=20', '--start=20']), ExitCode.Usage)
  t.equal(await codeOf(['data', 'info', 'digits', '--data-dir=x']), ExitCode.Usage)
})

t.test('commands that are unknown, also to help', async (t) => {
  const { env } = await emptyEnvironment(t)
  const cases: [string, RegExp][] = [
    ['foo', /^error: unknown command 'foo' \(lanegrad help lists them all\)\n$/],
    ['trian', /^error: unknown command 'trian' \(Did you mean train\?\)\n$/],
    ['data foo', /^error: unknown command 'foo'/],
    ['help foo', /^error: help: unknown command 'foo'; there are train, eval, /],
    ['help trian', /^error: help: unknown command 'trian'; did you mean train/],
    ['help data shwo', /^error: help: unknown command 'shwo'; did you mean show\?\n$/],
    ['data help shwo', /^error: help: unknown command 'shwo'; did you mean show\?\n$/],
    ['help train epochs', /^error: help: 'train' has no command 'epochs' below it\.\n$/],
    ['help reproduce-worker', /^error: help: unknown command/],
  ]
  await Promise.all(
    cases.map(async ([line, message]) => {
      const { code, stdout, stderr } = await runCli(line.split(' '), env)
      t.equal(code, ExitCode.Usage, line)
      t.match(stderr, message)
      t.equal(stdout, '')
    }),
  )
  const known: [string, RegExp][] = [
    ['help', /^Usage: lanegrad \[/],
    ['help data show', /^Usage: lanegrad data show /],
    ['data help show', /^Usage: lanegrad data show /],
  ]
  for (const [line, usage] of known) {
    const { code, stdout } = await runCli(line.split(' '), env)
    t.equal(code, ExitCode.Done)
    t.match(stdout, usage)
  }
})

t.test('messages speak of options, not of functions or fields of the library', async (t) => {
  const { env } = await emptyEnvironment(t)
  const lines = [
    'train --optimizer foo',
    'train --learning-rate {"type":"foo"}',
    'train --activation swish',
    'train --engine simd --threads 2',
    'train --data kmnist --no-download',
    'data info mnist --no-download',
  ]
  for (const { stderr } of await Promise.all(lines.map((line) => runCli(line.split(' '), env)))) {
    t.match(stderr, /--(optimizer|learning-rate|activation|threads|data-dir)/)
    t.notMatch(stderr, /\w\(\.\.\.\)|as dir\b|dense_1/)
  }
})
