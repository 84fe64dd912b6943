/** What the process ends with. */
export enum ExitCode {
  Done = 0,
  /** Bad data, a model that cannot be built, training that cannot go on. */
  Failed = 1,
  /** An option that is unknown or not right. */
  Usage = 2,
  /** 128 + SIGINT: stopped by Ctrl-C. */
  Interrupted = 130,
}

export const exitCodeHelp = `
Exit codes:
  0    done
  1    failed: one sentence on stderr says why
  2    an option or argument is unknown or not right
  130  stopped by Ctrl-C`
