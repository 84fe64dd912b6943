import t from 'tap'
import { checkError, controlCharacters, emptyEnvironment, runCli } from './run-cli.js'

t.test('every command has help with examples and exit codes', async (t) => {
  const { env } = await emptyEnvironment(t)
  const commands = [[], ['train'], ['eval'], ['data'], ['data', 'fetch'], ['data', 'info'], ['data', 'show']]
  for (const command of [...commands, ['inspect']]) {
    const { code, stdout, stderr } = await runCli([...command, '--help'], env)
    t.equal(code, 0, command.join(' '))
    t.equal(stderr, '')
    t.match(stdout, new RegExp(`^Usage: ${['lanegrad', ...command].join(' ')}`))
    t.match(stdout, /\nExamples:\n {2}lanegrad /)
    t.match(stdout, /\nExit codes:\n {2}0 /)
    t.notMatch(stdout, controlCharacters)
  }
})

t.test('--version is the package’s', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stdout } = await runCli(['--version'], env)
  t.equal(code, 0)
  t.match(stdout, /^\d+\.\d+\.\d+\n$/)
})

t.test('no command at all prints the help and fails', async (t) => {
  const { env } = await emptyEnvironment(t)
  const { code, stderr } = await runCli([], env)
  t.equal(code, 2)
  t.match(stderr, /^Usage: lanegrad/)
})

t.test('wrong options and arguments end with exit code 2 and say what was expected', async (t) => {
  const { env } = await emptyEnvironment(t)
  const cases: [string, RegExp][] = [
    ['frain', /unknown command 'frain'/],
    ['train --epoch 3', /unknown option '--epoch'/],
    ['train extra', /too many arguments/],
    ['train --epochs', /'--epochs <number>' argument missing/],
    ['train --epochs 0', /'--epochs <number>' argument '0' is invalid. Expected a whole number from 1 up/],
    ['train --epochs 1.5', /Expected a whole number from 1 up/],
    ['train --batch all', /Expected a whole number from 1 up, or 'full'/],
    ['train --learning-rate fast', /Expected a number from 0 up/],
    ['train --learning-rate -1', /Expected a number from 0 up/],
    ['train --momentum 1', /Expected a number from 0 up to, but not, 1/],
    ['train --dropout 1', /Expected a number from 0 up to, but not, 1/],
    ['train --hidden 12,x', /Expected whole numbers from 1 up, separated by commas/],
    ['train --hidden 0', /Expected whole numbers from 1 up, separated by commas/],
    ['train --seed 4294967296', /Expected a whole number of 0 to 4294967295/],
    ['train --init {"type"', /Expected a name or JSON/],
    [
      'train --engine gpu',
      /'--engine <name>' argument 'gpu' is invalid. Allowed choices are threads, simd, /,
    ],
    ['train --data cifar', /Allowed choices are mnist, fashion-mnist, kmnist, digits/],
    ['train --model m.json --hidden 3', /'--model <file>' cannot be used with option '--hidden <units>'/],
    ['train --data digits --data-dir .', /--data-dir does not go with the built-in digits/],
    ['eval', /missing required argument 'file'/],
    ['data fetch digits', /Allowed choices are mnist, fashion-mnist, kmnist/],
    ['data show --part all', /Allowed choices are train, test/],
    ['inspect --batch full', /inspect loads no data/],
  ]
  await Promise.all(
    cases.map(async ([line, message]) => {
      checkError(t, await runCli(line.split(' '), env), 2, message)
    }),
  )
})
