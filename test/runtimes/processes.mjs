/** Starts runtimes in process groups of their own, so that they end with all that they have started themselves. */
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/** Milliseconds for a process to end by itself once it is told to. */
const GRACE = 2000
/** Lines of a process's other output that are kept to explain a failure. */
const KEPT = 12

let closed = false
const running = new Set()
const folders = new Set()

/** A child process: its lines go to `onLine`, or are kept. */
class Process {
  log = []
  code = null

  constructor(command, args, { env = {}, cwd, onLine } = {}) {
    const options = {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd,
      env: { ...process.env, ...env },
    }
    this.child = spawn(command, args, options)
    running.add(this)
    const keep = (line) => {
      this.log.push(line)
      if (this.log.length > KEPT) this.log.shift()
    }
    createInterface(this.child.stdout).on('line', (line) => onLine?.(line) === true || keep(line))
    createInterface(this.child.stderr).on('line', keep)
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => {
        keep(error.message)
        running.delete(this)
        resolve('could not be started')
      })
      this.child.on('close', (code, signal) => {
        this.code = code
        resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`)
      })
    })
  }

  /** Ends the whole group, whose first process may have ended before. */
  async stop() {
    if (!running.delete(this)) return
    if (signalGroup(this.child.pid, 'SIGTERM')) {
      const over = Date.now() + GRACE
      while (signalGroup(this.child.pid, 0) && Date.now() < over) await pause(20)
      signalGroup(this.child.pid, 'SIGKILL')
    }
    await this.ended
  }
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** False when nothing of the group is left. */
function signalGroup(pid, signal) {
  if (pid === undefined) return false
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

export function start(command, args, options) {
  if (closed) throw new Error('interrupted')
  return new Process(command, args, options)
}

/** A new empty folder that is removed at the end. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'lanegrad-conformance-'))
  folders.add(folder)
  return folder
}

/** Cleans up for the last time: nothing is started any more. */
export function shutDown() {
  closed = true
  return cleanUp()
}

/** Whether this process is about to exit. */
export const isEnding = () => closed

/** Makes Ctrl-C and the like, and an error that nobody has caught, leave nothing behind. */
export function endOnSignals() {
  const end = (code) => shutDown().finally(() => process.exit(code))
  process.once('SIGHUP', () => end(129))
  process.once('SIGINT', () => end(130))
  process.once('SIGTERM', () => end(143))
  process.once('uncaughtException', (error) => {
    process.stderr.write(`${error.stack}\n`)
    end(1)
  })
}

/** Leaves nothing behind: no process, no folder. */
export async function cleanUp() {
  await Promise.all([...running].map((one) => one.stop()))
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    folders.delete(folder)
  }
}

/** The first of these files and commands that can be executed, or null; commands are looked up in PATH. */
export function findExecutable(...candidates) {
  for (const candidate of candidates) {
    const places = candidate.includes('/')
      ? [candidate]
      : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, candidate))
    for (const place of places) {
      try {
        accessSync(place, constants.X_OK)
        return place
      } catch {
        // The next place may have it.
      }
    }
  }
  return null
}

/** What a command prints as its version. */
export function versionOf(command, args = ['--version'], env = {}) {
  const { stdout } = spawnSync(command, args, {
    ...{ encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' },
    env: { ...process.env, ...env },
  })
  return stdout?.trim().split('\n')[0] ?? ''
}
