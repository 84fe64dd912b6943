/** Schemas of single values. */
import { leaf, type Schema } from './schema.js'
import { show } from './show.js'

export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER): Schema<number> =>
  leaf(
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number from ${least} up`
      : `a whole number from ${least} to ${most}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  )

/** Whether it is the length of something that is not empty. */
export const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1

/** Of random numbers: a uint32. */
export const seed = wholeNumber(0, 2 ** 32 - 1)

/** Numbers become float32 on their way to a kernel. */
const isFinite32 = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(Math.fround(value))

export const finite: Schema<number> = leaf('a finite number (of float32, up to 3.4e38)', isFinite32)

export const atLeast = (low: number): Schema<number> =>
  leaf(`a finite number from ${low} up`, (value) => isFinite32(value) && value >= low)

/** Above 0 as a float32 too, since it may stand in for a divisor of 0. */
export const isPositive = (value: unknown): value is number => isFinite32(value) && Math.fround(value) > 0

export const positive: Schema<number> = leaf('a finite number above 1e-45', isPositive)

/** A number from `low` up to, but not, `high`; below it as a float32 too. */
export const between = (low: number, high: number): Schema<number> =>
  leaf(
    `a number from ${low} up to, but not, ${high}`,
    (value) => typeof value === 'number' && value >= low && Math.fround(value) < high,
  )

/** A number from `low` to `high`, both included. */
export const within = (low: number, high: number): Schema<number> =>
  leaf(
    `a number from ${low} to ${high}`,
    (value) => typeof value === 'number' && value >= low && value <= high,
  )

/** The lengths of the axes of an array. */
export const shape: Schema<readonly number[]> = leaf(
  'a list of whole numbers from 1 up, such as [28, 28]',
  (value) => Array.isArray(value) && value.length > 0 && value.every(isSize),
)

export const truth: Schema<boolean> = leaf('true or false', (value) => typeof value === 'boolean')

export const text: Schema<string> = leaf('a text', (value) => typeof value === 'string')

export const oneOf = <const T extends string>(...names: readonly T[]): Schema<T> =>
  leaf(`one of ${names.map((name) => `'${name}'`).join(', ')}`, (value) => names.includes(value as T))

// biome-ignore lint/complexity/noBannedTypes: a function of any kind
export const aFunction = <T extends Function>(): Schema<T> =>
  leaf('a function', (value) => typeof value === 'function')

/** Of this or another realm. */
export const abortSignal: Schema<AbortSignal> = leaf('an AbortSignal', (value) => {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
})

/** The values of an array of numbers of one of these types. */
export const arrayOf = <T>(...types: readonly (abstract new (...args: never[]) => T)[]): Schema<T> =>
  leaf(`a ${types.map(({ name }) => name).join(' or ')}`, (value) =>
    types.some((type) => value instanceof type),
  )

export const bytes = arrayOf(Uint8Array)

/** A whole second or a part of one, since 1970. */
export const time: Schema<number> = leaf('a finite number of seconds', Number.isFinite)

/** An object of the project's own, known by what it has. */
export const instance = <T>(expected: string, ...members: readonly (keyof T & string)[]): Schema<T> =>
  leaf(
    expected,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      members.every((member) => (value as Partial<T>)[member] !== undefined),
  )

/** The names of a table, as a message lists them. */
export const quoted = (names: readonly string[]): string => names.map(show).join(', ')
