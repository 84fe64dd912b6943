/** Rows of named columns as a file has them: texts, before anyone has said what they mean. */
export interface Table {
  /** File or URL, for messages. */
  readonly name: string
  readonly columns: readonly string[]
  /** [rows][columns]; an empty text where there is no value. */
  readonly rows: readonly (readonly string[])[]
  /** [rows] line of the file on which each row begins, from 1. */
  readonly lines: readonly number[]
}

/** A cell as messages show it: cut where it is long, without line breaks and control characters. */
export function showCell(text: string): string {
  const most = 40
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}...` : text)
}

/** Bytes of UTF-8, or a text as it is, without a byte order mark. */
export function textOf(source: Uint8Array | string): string {
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source.slice())
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}
