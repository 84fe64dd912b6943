import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const here = fileURLToPath(new URL('.', import.meta.url))
export const root = join(here, '../..')

/** A file of a package of this folder. */
export const packaged = (file) => join(here, 'node_modules', file)
