/** Writes files so that a reader finds all of a file or nothing of it, whenever the writer is killed. */
import { randomBytes } from 'node:crypto'
import { lstat, open, readdir, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import * as path from 'node:path'

/** Of a file that is being written: which process writes it, so that what a killed one left can be told. */
const PART = /^\.lanegrad-(\d+)-[0-9a-f]{8}\.part$/

/** As many symbolic links in a row as Linux follows. */
const MOST_LINKS = 40

/**
 * Writes a file under another name in the same folder, and renames it when all of it is on the disk. A symbolic link is
 * followed, the rights of a file that is replaced are kept, and what is no file, such as a pipe, is written to as it is.
 * What writers that were killed have left in the folder is removed.
 *
 * @throws the file system's errors; nothing of the file is left then
 */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const target = await followLinks(file)
  const present = await stat(target).catch(() => null)
  if (present && !present.isFile() && !present.isDirectory()) return writeFile(target, bytes)
  const folder = path.dirname(target)
  await removeLeftovers(folder)
  const temporary = path.join(folder, `.lanegrad-${process.pid}-${randomBytes(4).toString('hex')}.part`)
  try {
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(bytes)
      if (present) await handle.chmod(present.mode)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}

/** Where a path leads when symbolic links are followed, the last one to nothing included. */
export async function followLinks(file: string): Promise<string> {
  let target = file
  for (let i = 0; i < MOST_LINKS; i++) {
    const found = await lstat(target).catch(() => null)
    if (!found?.isSymbolicLink()) break
    const folder = await realpath(path.dirname(target))
    target = path.resolve(folder, await readlink(target))
  }
  return target
}

async function removeLeftovers(folder: string): Promise<void> {
  const names: readonly string[] = await readdir(folder).catch(() => [])
  for (const name of names) {
    const writer = PART.exec(name)?.[1]
    if (writer === undefined || isAlive(Number(writer))) continue
    await rm(path.join(folder, name), { force: true }).catch(() => undefined)
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
