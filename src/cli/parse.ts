/** Reads the values of options. Commander puts the option's name before these messages. */
import { InvalidArgumentError } from 'commander'
import type { Schema } from '../schema/schema.js'
import { show } from '../schema/show.js'

/** A whole number of `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `of ${least} to ${most}`
    throw new InvalidArgumentError(`Expected a whole number ${range}.`)
  }
}

/** A number from `least` up to, but not, `limit`, that float32 can hold. */
export function number(least: number, limit = Number.POSITIVE_INFINITY) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value >= least && value < limit && Number.isFinite(Math.fround(value))) return value
    const end = limit === Number.POSITIVE_INFINITY ? 'up that float32 can hold' : `up to, but not, ${limit}`
    throw new InvalidArgumentError(`Expected a number from ${least} ${end}.`)
  }
}

/** Whole numbers from 1 up, separated by commas; no text at all is an empty list. */
export function sizes(text: string): number[] {
  if (text === '') return []
  const values = text.split(',').map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : 0))
  if (values.every((value) => value >= 1)) return values
  throw new InvalidArgumentError('Expected whole numbers from 1 up, separated by commas, such as 512,256.')
}

/** Names, separated by commas. */
export function names(text: string): string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length > 0) return parts
  throw new InvalidArgumentError('Expected names, separated by commas.')
}

/** A batch size: a whole number, or all samples at once. */
export function batchSize(text: string): number | 'full' {
  if (text === 'full') return text
  const value = /^\d+$/.test(text) ? Number(text) : 0
  if (value >= 1) return value
  throw new InvalidArgumentError("Expected a whole number from 1 up, or 'full'.")
}

/** A number above 0, as a float32 too. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (Math.fround(value) > 0 && Number.isFinite(Math.fround(value))) return value
  throw new InvalidArgumentError('Expected a number above 0 that float32 can hold.')
}

/** A name, or the JSON of a description such as {"leakyRelu": 0.01}; whether it is known is the model's to say. */
export function nameOrJson(text: string): unknown {
  return text.startsWith('{') ? parseJson(text, 'a name or JSON') : text
}

/** A name or JSON that a field of the library takes. */
export function readBy<T>(schema: Schema<T>) {
  return (text: string): T => {
    const value = nameOrJson(text)
    try {
      return schema.read(value, '')
    } catch {
      throw new InvalidArgumentError(`Expected ${schema.expected}, found ${show(value)}.`)
    }
  }
}

/** The path of a file or folder. */
export function path(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('Expected a path, found nothing.')
}

/** Base URLs, one after the other. */
export function urls(text: string, before: readonly string[] = []): string[] {
  if (/^https?:/.test(text) && URL.canParse(text)) return [...before, text]
  throw new InvalidArgumentError('Expected a URL that begins with http:// or https://.')
}

/** A number from 0 up, or the JSON of a description; whether it is known is the optimizer's to say. */
export function numberOrJson(text: string): unknown {
  return text.startsWith('{') ? parseJson(text, 'a number or JSON') : number(0)(text)
}

/** A JSON object. */
export function jsonObject(text: string): object {
  if (text.startsWith('{')) return parseJson(text, 'a JSON object') as object
  throw new InvalidArgumentError('Expected a JSON object.')
}

function parseJson(text: string, expected: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(`Expected ${expected}, found ${(error as Error).message}.`)
  }
}

/** One character; `\t` stands for a tab. */
export function character(text: string): string {
  const found = text === '\\t' ? '\t' : text
  if (/^[^"\r\n]$/u.test(found)) return found
  throw new InvalidArgumentError("Expected one character, such as ; or '\\t'.")
}

/** Largest side of pictures as a network takes them. */
const LONGEST_SIDE = 4096

/** Height and width of pictures: one number for both, or two with an x between. */
export function pictureSize(text: string): [height: number, width: number] {
  const [, height, width = height] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? []
  const size: [number, number] = [Number(height), Number(width)]
  if (size.every((side) => side >= 1 && side <= LONGEST_SIDE)) return size
  throw new InvalidArgumentError(
    `Expected 1 to ${LONGEST_SIDE} pixels, such as 28, or 48x64 for height and width.`,
  )
}
