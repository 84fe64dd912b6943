/** Standard output for results, standard error for notes: the one place that writes to either. */

/** How many colours a terminal shows; `ascii` also stands for what is not a terminal. */
export type Colours = 'ascii' | '256' | '24bit'

/** Prints a line of results. */
export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** Prints a line that is not a result: progress, a warning. */
export function printNote(text = ''): void {
  process.stderr.write(`${text}\n`)
}

export function printError(message: string): void {
  printNote(`error: ${message}`)
}

export function printJson(value: unknown): void {
  printLine(JSON.stringify(value))
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

/** Ends quietly when the reader of a pipe, such as `head`, has gone. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      throw error
    })
  }
}
