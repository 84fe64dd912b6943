/** Descriptions of layers, optimizers and the like: plain data told apart by `type`, made by functions of that name. */
import { ModelError } from '../errors.js'
import { deep } from './plain-data.js'
import { type Fields, object, read, type Schema } from './schema.js'

export interface Description<T extends { readonly type: string }> {
  /** Its fields but for `type`. */
  readonly fields: Schema<Omit<T, 'type'>>
  /**
   * What the function that makes such descriptions returns: `given`, its own arguments, and `options`, which hold the other
   * fields.
   * @throws ModelError that names the function and the field
   */
  create(given: Partial<T>, options?: unknown): T
  /**
   * A copy of a description.
   * @throws ModelError that names `where`, the field, what was expected and what was found
   */
  read(where: string, value: T): T
}

export function description<T extends { readonly type: string }>(
  type: T['type'],
  fields: Fields<Omit<T, 'type'>>,
): Description<T> {
  type Rest = Omit<T, 'type'>
  const all = object<Rest>(fields)
  return {
    fields: all,
    create(given, options = {}) {
      const entries = Object.entries(fields) as [string, Schema<unknown>][]
      const own = entries.filter(([name]) => Object.hasOwn(given, name))
      const others = entries.filter(([name]) => !Object.hasOwn(given, name))
      const part = (some: typeof entries) =>
        deep(object(Object.fromEntries(some) as unknown as Fields<object>))
      return {
        ...{ type, ...read(ModelError, type, 'options', part(own), given) },
        ...read(ModelError, type, 'options', part(others), options),
      } as unknown as T
    },
    read(where, { type, ...rest }) {
      return { type, ...read(ModelError, where, 'options', all, rest) } as unknown as T
    },
  }
}
