/** How much of a value a message shows. */
const MOST_CHARACTERS = 60
/** How far into lists and objects it looks for that. */
const MOST_ENTRIES = 8
const MOST_DEPTH = 3

/**
 * Any value as an error message shows it: one short line, text in quotes, arrays of numbers by their type and length,
 * other objects by their class. It never throws, whatever the value does when it is read.
 */
export function show(value: unknown): string {
  try {
    return shorten(describe(value, 0))
  } catch {
    return 'an object that cannot be read'
  }
}

function describe(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, MOST_CHARACTERS + 1))
    case 'bigint':
      return value > -(2n ** 64n) && value < 2n ** 64n ? `${value}n` : 'a large BigInt'
    case 'function':
      return describeFunction(value)
    case 'object':
      return value === null ? 'null' : describeObject(value, depth)
    default:
      return String(value)
  }
}

/** Classes are written with `class`; their text is not looked at any further. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

function describeFunction(value: object): string {
  const { name } = value as { name?: unknown }
  return `the ${isClass(value) ? 'class' : 'function'} ${name === '' ? 'without a name' : String(name)}`
}

function describeObject(value: object, depth: number): string {
  if (Array.isArray(value)) {
    if (depth === MOST_DEPTH) return '[...]'
    // Holes of sparse arrays are shown as the undefined that reading them gives.
    const shown = Array.from({ length: Math.min(value.length, MOST_ENTRIES) }, (_, i) => value[i])
    return `[${list(shown, value.length, (entry) => describe(entry, depth + 1))}]`
  }
  if (ArrayBuffer.isView(value) && 'length' in value) {
    return `${article(classOf(value))} of ${String(value.length)} ${value.length === 1 ? 'value' : 'values'}`
  }
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return article(classOf(value))
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') return article(tag)
  if (depth === MOST_DEPTH) return '{...}'
  const fields = Object.keys(value)
  const shown = fields.slice(0, MOST_ENTRIES)
  const field = (name: string) =>
    `${JSON.stringify(name)}:${describe((value as Record<string, unknown>)[name], depth + 1)}`
  return `{${list(shown, fields.length, field)}}`
}

function list<T>(shown: readonly T[], count: number, each: (entry: T) => string): string {
  return [...shown.map(each), ...(count > shown.length ? ['...'] : [])].join(',')
}

function classOf(value: object): string {
  const { name } = (value.constructor ?? {}) as { name?: unknown }
  return typeof name === 'string' && name !== '' ? name : Object.prototype.toString.call(value).slice(8, -1)
}

function article(name: string): string {
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
}

function shorten(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 3)}...` : text
}
