/// <reference lib="esnext.disposable" preserve="true" />

/**
 * The names of the methods that `using` and `await using` call. Runtimes without them have compilers and helpers in their
 * place, which look under the same names.
 */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')

/** Notes objects that hold something which is to be given back when nobody can reach them any more. */
export interface Forgotten<T> {
  register(target: object, held: T, token?: object): void
  unregister(token: object): void
}

/**
 * A net for what its users do not close: `giveBack` is called with what an unreachable object held, which must not lead
 * back to the object. Runtimes without finalisers, such as older versions of workerd, give nothing back by themselves.
 */
export function whenForgotten<T>(giveBack: (held: T) => void): Forgotten<T> {
  if (typeof FinalizationRegistry === 'function') return new FinalizationRegistry(giveBack)
  return { register() {}, unregister() {} }
}
