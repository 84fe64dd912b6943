/** Nothing that is written here is nested more than a few levels deep, and what walks over values goes down by calls. */
const DEEPEST = 100

/**
 * The value of a JSON text from a file.
 *
 * @throws SyntaxError that says what is wrong, for a text that is nested too deep as well
 */
export function parseJson(text: string): unknown {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quoted) {
      if (character === '\\') i++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '[' || character === '{') {
      if (++depth > DEEPEST) throw new SyntaxError(`it is nested more than ${DEEPEST} levels deep`)
    } else if (character === ']' || character === '}') depth--
  }
  return JSON.parse(text)
}
