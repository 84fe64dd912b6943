/**
 * What arguments and descriptions have to look like, declared once: a schema reads a value, and what it returns has the
 * type that it stands for. Objects and lists are copied, so that nothing that changes them later, and no getter that
 * answers differently the next time, gets past a check.
 */
import { isClass, show } from './show.js'

/** A value's schema. */
export interface Schema<T> {
  /** What a right value is, to follow "should be". */
  readonly expected: string
  /**
   * The value itself, or a copy of its fields or entries.
   * @param path of the value within the argument, such as `.augment.shift` or `.rate: stepDecay: factor`; empty for the
   *   argument itself
   * @throws Fault
   */
  read(value: unknown, path: string): T
}

/** What the first wrong value of an argument is, and what it should have been. */
export class Fault {
  constructor(
    readonly path: string,
    readonly expected: string,
    readonly found: unknown,
    /** In place of "should be ..., found ...". */
    readonly sentence?: string,
  ) {}
}

/** The class of the errors that a function throws. */
type Failure = new (message: string) => Error

/**
 * Reads one argument of a public function.
 *
 * @param where the function, or the layer, that the argument is given to; may be empty
 * @param argument its name; the fields of `options` are named without it
 * @throws Failure naming `where`, the argument or the field within it, what was expected and what was found
 */
export function read<T>(
  failure: Failure,
  where: string,
  argument: string,
  schema: Schema<T>,
  value: unknown,
): T {
  try {
    return schema.read(value, '')
  } catch (fault) {
    throw new failure(`${where === '' ? '' : `${where}: `}${explain(argument, schema, fault)}`)
  }
}

function explain(argument: string, schema: Schema<unknown>, fault: unknown): string {
  if (!(fault instanceof Fault)) {
    return `${nameOf(argument, '')} should be ${schema.expected}, found an object that cannot be read.`
  }
  const { path, expected, found, sentence } = fault
  const name = nameOf(argument, path)
  if (sentence !== undefined) {
    return name === 'it' || name === 'options' ? sentence : `${name.replace(/: $/, '')}: ${sentence}`
  }
  return `${name} should be ${expected}, found ${show(found)}${advice(found)}.`
}

function nameOf(argument: string, path: string): string {
  if (path === '') return argument === '' ? 'it' : argument
  const isField = path.startsWith('.') || path.startsWith('[')
  return isField && argument !== 'options' && argument !== '' ? `${argument}${path}` : path.replace(/^\./, '')
}

/** The path of a field of what lies at `path`. */
function fieldOf(path: string, name: string): string {
  return path.endsWith(': ') ? `${path}${name}` : `${path}.${name}`
}

/** What is easily forgotten. */
function advice(found: unknown): string {
  try {
    if (found instanceof Promise) return '; did you forget await?'
    if (typeof found !== 'function') return ''
    const { name } = found
    return isClass(found) ? `; did you mean an instance, new ${name}(...)?` : `; did you mean ${name}(...)?`
  } catch {
    return ''
  }
}

/** A value that is right or wrong as a whole. */
export function leaf<T>(expected: string, isRight: (value: unknown) => boolean): Schema<T> {
  return {
    expected,
    read(value, path) {
      if (isRight(value)) return value as T
      throw new Fault(path, expected, value)
    },
  }
}

/** A field that may be left out, or be undefined. */
export interface Optional<T> extends Schema<T> {
  readonly isOptional: true
}

export function optional<T>(schema: Schema<T>): Optional<T> {
  return { ...schema, isOptional: true }
}

/** A schema for every field of T, for which the compiler sees that none is missing, left over or of another type. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Schema<T[K]>
}

type AnyFields = Readonly<Record<string, Schema<unknown> & { readonly isOptional?: true }>>

/**
 * A plain object with these fields and no others.
 * @param older names under which fields are read, too, as they were once called
 */
export function object<T extends object>(
  fields: Fields<T>,
  older: Readonly<Record<string, keyof T & string>> = {},
): Schema<T> {
  const known = fields as unknown as AnyFields
  const names = Object.keys(known).map((name) => (known[name]!.isOptional ? `${name}?` : name))
  const expected = names.length === 0 ? 'an object without fields' : `an object { ${names.join(', ')} }`
  return {
    expected,
    read(value, path) {
      if (!isPlainObject(value)) throw new Fault(path, expected, value)
      const found: Record<string, unknown> = {}
      for (const given of Object.keys(value)) {
        const name = Object.hasOwn(older, given) ? older[given]! : given
        if (!Object.hasOwn(known, name)) throw new Fault(path, '', value, unknownField(given, known))
        const schema = known[name]!
        const content = value[given]
        if (content === undefined && schema.isOptional) continue
        found[name] = schema.read(content, fieldOf(path, name))
      }
      const missing = Object.keys(known).find(
        (name) => !known[name]!.isOptional && !Object.hasOwn(found, name),
      )
      if (missing === undefined) return found as T
      throw new Fault(
        path,
        '',
        value,
        `the field '${missing}' is missing; it should be ${known[missing]!.expected}.`,
      )
    },
  }
}

function unknownField(given: string, known: AnyFields): string {
  const names = Object.keys(known)
  const alike = names.find((name) => name.toLowerCase() === given.toLowerCase())
  const shown = show(given).slice(1, -1)
  if (alike !== undefined) return `unknown field '${shown}'; did you mean ${alike}?`
  return `unknown field '${shown}'; known are ${names.join(', ') || 'none'}.`
}

/** Whether it is an object as braces make it, of any realm: no list, no Map, no Promise, nothing of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** A list of `least` or more. */
export function list<T>(what: string, entry: Schema<T>, least = 0): Schema<T[]> {
  const expected = least === 0 ? `a list of ${what}` : `a list of at least ${least} ${what}`
  return {
    expected,
    read(value, path) {
      if (!Array.isArray(value) || value.length < least) throw new Fault(path, expected, value)
      return Array.from(value, (content, i) => entry.read(content, `${path}[${i}]`))
    },
  }
}

/** A Map from names. It is copied. */
export function entries<T>(expected: string, entry: Schema<T>): Schema<ReadonlyMap<string, T>> {
  return {
    expected,
    read(value, path) {
      if (!(value instanceof Map)) throw new Fault(path, expected, value)
      return new Map(
        [...value].map(([name, content]) => {
          if (typeof name !== 'string') throw new Fault(path, expected, value)
          return [name, entry.read(content, `${path}.${name}`)]
        }),
      )
    },
  }
}

/** One of two kinds of value. A fault within a value that is of one kind but for that is told of. */
export function either<A, B>(first: Schema<A>, second: Schema<B>): Schema<A | B> {
  const expected = `${first.expected} or ${second.expected}`
  return {
    expected,
    read(value, path) {
      const faults: Fault[] = []
      for (const schema of [first, second]) {
        try {
          return schema.read(value, path)
        } catch (fault) {
          if (!(fault instanceof Fault)) throw fault
          faults.push(fault)
        }
      }
      throw faults.find(isWithin(path)) ?? new Fault(path, expected, value)
    },
  }
}

const isWithin = (path: string) => (fault: Fault) => fault.path !== path || fault.sentence !== undefined

/** Those of the types T whose `type` may be K, without it. */
type Kind<T, K> = T extends { readonly type: infer U } ? (K extends U ? Omit<T, 'type'> : never) : never

/** Objects told apart by their field `type`, which paths name, too. */
export function variants<T extends { readonly type: string }>(
  expected: string,
  kinds: { readonly [K in T['type']]: Schema<Kind<T, K>> },
): Schema<T> {
  return {
    expected,
    read(value, path) {
      const { type, ...fields }: Record<string, unknown> = isPlainObject(value) ? value : {}
      if (typeof type !== 'string' || !Object.hasOwn(kinds, type)) throw new Fault(path, expected, value)
      const kind = kinds[type as T['type']] as Schema<object>
      return { type, ...kind.read(fields, path === '' ? `${type}: ` : `${path}: ${type}: `) } as unknown as T
    },
  }
}

/** A schema that contains itself. */
export function lazy<T>(expected: string, schema: () => Schema<T>): Schema<T> {
  return { expected, read: (value, path) => schema().read(value, path) }
}
