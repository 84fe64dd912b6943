/** Descriptions: data as JSON holds it, of any depth. */
import { Fault, isPlainObject, type Schema } from './schema.js'

/** Far beyond any description that means something, and far from the end of the stack. */
const MOST_DEPTH = 100
const MOST_VALUES = 2 ** 18

/**
 * A deep copy of a description: its lists and plain objects, everything else as it is. Refuses one that contains itself or
 * is too deep or too large to be worked through, so that whoever reads the copy may recur.
 */
export const plainData: Schema<unknown> = {
  expected: 'data as JSON holds it',
  read(value, path) {
    const around = new Set<object>()
    let values = 0
    const copy = (value: unknown, path: string): unknown => {
      const isList = Array.isArray(value)
      if (!isList && !isPlainObject(value)) return value
      if (around.has(value)) throw new Fault(path, 'a description that does not contain itself', value)
      if (around.size === MOST_DEPTH) {
        throw new Fault(shortened(path), `nested at most ${MOST_DEPTH} deep`, value)
      }
      values += isList ? value.length : Object.keys(value).length
      if (values > MOST_VALUES) {
        throw new Fault(shortened(path), `part of a description of at most ${MOST_VALUES} values`, value)
      }
      around.add(value)
      const found = isList
        ? Array.from(value, (entry, i) => copy(entry, `${path}[${i}]`))
        : Object.fromEntries(Object.keys(value).map((name) => [name, copy(value[name], `${path}.${name}`)]))
      around.delete(value)
      return found
    }
    return copy(value, path)
  },
}

/** The beginning of a path: where it is deep, that is what can be found in a program's text. */
function shortened(path: string): string {
  return path.length > 60 ? `${path.slice(0, 57)}...` : path
}

/** A schema of descriptions: it reads a deep copy. */
export function deep<T>(schema: Schema<T>): Schema<T> {
  return {
    expected: schema.expected,
    read: (value, path) => schema.read(plainData.read(value, path), path),
  }
}
