import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. Every other path of the build is relative to it. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** The files below `folder` whose names end in `.ts`, in order. */
export function sourcesIn(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .sort()
    .map((name) => `${folder}/${name}`)
}

export function read(file) {
  return readFileSync(join(root, file), 'utf8')
}

/** Writes a file whose contents have changed; what depends on its age, such as a type checker, sees the others as old. */
export function write(file, contents) {
  const path = join(root, file)
  try {
    if (readFileSync(path).equals(Buffer.from(contents))) return
  } catch {
    mkdirSync(dirname(path), { recursive: true })
  }
  writeFileSync(path, contents)
}
