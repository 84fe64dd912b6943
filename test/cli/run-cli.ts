/** Runs the command line as users do: the built executable in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

export const executable = fileURLToPath(new URL('../../cli/lanegrad.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that is under way. */
export interface Running {
  readonly process: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when the output of either kind contains `text`; fails when the process ends without. */
  saw(text: string): Promise<void>
}

/** A hundred built-in digits and a small network: quick, and without files or network. */
export const tiny = '--data digits --limit 100 --hidden 8 --epochs 2 --batch 16'.split(' ')

/** An environment without data: no LANEGRAD_DATA, and an empty cache. */
export async function emptyEnvironment(t: Test): Promise<{ env: NodeJS.ProcessEnv; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'lanegrad-cli-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { LANEGRAD_DATA: _, NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env
  return { env: { ...rest, XDG_CACHE_HOME: join(folder, 'cache') }, folder }
}

export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  const watchers = new Set<() => void>()
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const watcher of watchers) watcher()
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const watcher of watchers) watcher()
  })
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return {
    process: child,
    finished,
    saw: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stdout.includes(text) && !stderr.includes(text)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
        finished.then(() => reject(new Error(`ended without '${text}':\n${stdout}\n${stderr}`)), reject)
      }),
  }
}

/** Starts `lanegrad` with these arguments. */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv): Running {
  return start(process.execPath, [executable, ...args], env)
}

export function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  return startCli(args, env).finished
}

/** Control characters but for the end of a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const controlCharacters = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/

/** The error that a failed command printed: one sentence, without a stack trace. */
export function checkError(t: Test, { code, stdout, stderr }: Finished, expected: number, message: RegExp) {
  t.equal(code, expected, 'exit code')
  t.match(stderr, message)
  t.match(stderr, /^error: /m)
  t.notMatch(stderr, /\n +at /, 'no stack trace')
  t.equal(stdout, '', 'nothing on standard output')
}
