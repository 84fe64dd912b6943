/** Standard output for results, standard error for notes: the one place that writes to either. */
import { ExitCode } from './exit-codes.js'

/** How many colours a terminal shows; `ascii` also stands for what is not a terminal. */
export type Colours = 'ascii' | '256' | '24bit'

/**
 * Control and format characters, among them those that move the cursor, begin a line or turn the direction of writing;
 * and halves of surrogate pairs. Not the two joiners, which scripts and emoji are written with.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * A text as one line of a terminal: whatever a name of a file, a model or a data set brings along, it is shown and does
 * nothing.
 */
export function visible(text: string): string {
  return text.replace(UNPRINTABLE, escapeOf)
}

function escapeOf(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
  return short ?? Array.from({ length: character.length }, (_, i) => unitOf(character, i)).join('')
}

/** As JSON writes it. */
const unitOf = (text: string, i: number) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`

/** Prints lines of results; an empty one without any. */
export function printLine(...lines: readonly string[]): void {
  write(process.stdout, asLines(lines))
}

/** Prints lines that are not results: progress, a warning. */
export function printNote(...lines: readonly string[]): void {
  write(process.stderr, asLines(lines))
}

export function printError(message: string): void {
  printNote(`error: ${message}`)
}

/** Prints one line of JSON that is safe on a terminal, too. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value)
  write(process.stdout, `${text.replace(UNPRINTABLE, escapeOf)}\n`)
}

/** Prints a text of our own as it is, with the line ends and the colours that are in it. */
export function printDrawing(text: string): void {
  write(process.stdout, `${text}\n`)
}

/** What Commander prints: help, the version. */
export const helpOutput = {
  writeOut: (text: string) => write(process.stdout, text),
  writeErr: (text: string) => write(process.stderr, text),
}

function asLines(lines: readonly string[]): string {
  return lines.length === 0 ? '\n' : lines.map((line) => `${visible(line)}\n`).join('')
}

/** Streams that take no more. */
const lost = new Set<NodeJS.WriteStream>()
let hasFilesToWrite = false

function write(stream: NodeJS.WriteStream, text: string): void {
  if (!lost.has(stream)) stream.write(text)
}

/** Says that a command is to write files: it goes on to its end when nobody can read what it prints any more. */
export function finishUnread(): void {
  hasFilesToWrite = true
}

/**
 * Looks after the two streams. When standard output can take no more, since its reader has gone as `head` does, or its
 * disk is full, printing stops; the process ends, or goes on where it has files to write. When standard error can take
 * no more, there is only less to be read.
 */
export function watchOutput(): void {
  process.stderr.on('error', () => lost.add(process.stderr))
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (lost.has(process.stdout)) return
    lost.add(process.stdout)
    const code = error.code === 'EPIPE' ? ExitCode.ReaderGone : ExitCode.Unprinted
    if (code === ExitCode.Unprinted) {
      const full = error.code === 'ENOSPC' ? 'no space left on the device' : error.message
      printError(`standard output cannot be written: ${full}.`)
    }
    if (!hasFilesToWrite) process.exit(code)
    process.on('exit', (ending) => {
      if (ending === ExitCode.Done) process.exitCode = code
    })
  })
}

/** Where a progress bar may be drawn, or null where there is no terminal. */
export function barStream(): NodeJS.WriteStream | null {
  return process.stderr.isTTY && process.env.TERM !== 'dumb' ? process.stderr : null
}

/** Columns of the terminal; 80 where there is none. */
export function columns(): number {
  return process.stdout.columns || 80
}

/** What standard output shows; NO_COLOR, FORCE_COLOR and TERM are respected. */
export function colours(): Colours {
  if (!process.stdout.isTTY) return 'ascii'
  const depth = process.stdout.getColorDepth()
  return depth >= 24 ? '24bit' : depth >= 8 ? '256' : 'ascii'
}
