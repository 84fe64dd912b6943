import { ModelError } from '../errors.js'

/** Says what a field's value should have been, or nothing when it is right. */
export type Check = (value: unknown) => string | undefined

export const wholeNumber =
  (least: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least ? undefined : `a whole number from ${least} up`

export const seed: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
    ? undefined
    : 'a whole number from 0 to 4294967295'

export const finite: Check = (value) => (Number.isFinite(value) ? undefined : 'a finite number')

export const atLeast =
  (low: number): Check =>
  (value) =>
    Number.isFinite(value) && (value as number) >= low ? undefined : `a finite number from ${low} up`

/** Above 0 as a float32 too, since it may stand in for a divisor of 0. */
export const positive: Check = (value) =>
  Number.isFinite(value) && Math.fround(value as number) > 0 ? undefined : 'a finite number above 1e-45'

export const between =
  (low: number, high: number): Check =>
  (value) =>
    typeof value === 'number' && value >= low && value < high
      ? undefined
      : `a number from ${low} up to, but not, ${high}`

export const truth: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false')

export const oneOf =
  (...names: readonly string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `one of ${names.map((name) => `'${name}'`).join(', ')}`

/** A value as an error message shows it: short, and with quotes where it is text. */
export function show(value: unknown): string {
  const text = typeof value === 'number' || value === undefined ? String(value) : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/**
 * Checks a plain object such as a layer's description: every field known and right, none missing but the optional ones.
 * @throws ModelError that names `where`, the field, what was expected and what was found.
 */
export function checkFields(
  where: string,
  value: object,
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): void {
  const known = { ...required, ...optional }
  for (const [field, found] of Object.entries(value)) {
    if (field === 'type') continue
    if (!(field in known)) {
      throw new ModelError(`${where}: unknown field '${field}'; known are ${Object.keys(known).join(', ')}.`)
    }
    const expected = found === undefined && field in optional ? undefined : known[field]!(found)
    if (expected) throw new ModelError(`${where}: ${field} should be ${expected}, found ${show(found)}.`)
  }
  for (const field of Object.keys(required)) {
    if (!(field in value)) throw new ModelError(`${where}: the field '${field}' is missing.`)
  }
}
