/** Damage of every sort, from a seed: the same file for the same number. */
import { randomIntegers } from '../support/random.js'

export type Random = ReturnType<typeof randomIntegers>

/** A generator of its own for each number of a file. */
export function randomOf(number: number): Random {
  const integers = randomIntegers(Math.imul(number + 1, 0x9e3779b1))
  for (let i = 0; i < 8; i++) integers(0, 1)
  return integers
}

const extremes = [0, 1, 0x7f, 0x80, 0xff]

/** One to four changes of bytes: bits, bytes, numbers, pieces cut out, doubled, moved, cut off. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let found = Uint8Array.from(bytes)
  for (let left = random(1, 4); left > 0 && found.length > 0; left--) {
    // Headers stand at the beginning.
    const most = random(0, 1) === 0 ? Math.min(found.length, 64) : found.length
    const at = random(0, most - 1)
    const end = Math.min(found.length, at + random(1, 40))
    const [head, piece, tail] = [found.subarray(0, at), found.subarray(at, end), found.subarray(end)]
    switch (random(0, 7)) {
      case 0:
        found[at]! ^= 1 << random(0, 7)
        break
      case 1:
        found[at] = random(0, 255)
        break
      case 2:
        found[at] = extremes[random(0, 4)]!
        break
      case 3:
        for (let i = at; i < Math.min(at + 4, found.length); i++) found[i] = extremes[random(0, 4)]!
        break
      case 4:
        found = Uint8Array.from([...head, ...tail])
        break
      case 5:
        found = Uint8Array.from([...head, ...piece, ...piece, ...tail])
        break
      case 6:
        found = Uint8Array.from([...tail, ...piece, ...head])
        break
      default:
        found = found.slice(0, at)
    }
  }
  return found
}

const odd: readonly unknown[] = [
  ...[null, true, '', 'x', [], {}, -1, 0, 0.5, 1e20, -1e308, 2 ** 31, 2 ** 53],
  ...['__proto__', 'constructor', 'toString', [null], [[]], { type: 'dense' }, { notFinite: 'NaN' }],
]

/** A value of JSON with one to three places changed: something odd in it, a field gone, doubled or of another name. */
export function mutateJson(value: unknown, random: Random): unknown {
  let found = value
  for (let left = random(1, 3); left > 0; left--) found = changed(found, random)
  return found
}

function changed(value: unknown, random: Random): unknown {
  const isBranch = typeof value === 'object' && value !== null
  if (!isBranch || random(0, 5) === 0) return odd[random(0, odd.length - 1)]
  const entries = Object.entries(value)
  if (entries.length === 0) return odd[random(0, odd.length - 1)]
  const at = random(0, entries.length - 1)
  const [name, content] = entries[at]!
  const kind = random(0, 11)
  if (kind === 0) entries.splice(at, 1)
  else if (kind === 1) entries.splice(at, 0, [`${name}x`, content])
  else if (kind === 2) entries.splice(at, 0, ['__proto__', content])
  else entries[at] = [name, changed(content, random)]
  return Array.isArray(value) ? entries.map(([, entry]) => entry) : Object.fromEntries(entries)
}
