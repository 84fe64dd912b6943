/// <reference lib="esnext.disposable" preserve="true" />

/**
 * The names of the methods that `using` and `await using` call. Runtimes without them have compilers and helpers in their
 * place, which look under the same names.
 */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')
