/** What the process ends with. */
export enum ExitCode {
  Done = 0,
  /** Bad data, a model that cannot be built, training that cannot go on. */
  Failed = 1,
  /** What was typed is unknown or not right. */
  Usage = 2,
  /** Standard output cannot be written. */
  Unprinted = 3,
  /** 128 + SIGINT: stopped by Ctrl-C. */
  Interrupted = 130,
  /** 128 + SIGPIPE: nobody reads standard output any more. */
  ReaderGone = 141,
}

export const exitCodeHelp = `
Exit codes:
  0    done
  1    failed: one sentence on stderr says why
  2    a command, an option or an argument is unknown or not right
  3    standard output cannot be written, as on a full disk
  130  stopped by Ctrl-C
  141  the reader of standard output has gone, as \`head\` does
After 3 and 141 all files that were asked for are written nevertheless.`
