/** What takes ids: whole numbers that stand for classes or tokens, int32 in memory. */
import { define } from './define.js'

/** y[p, :] = table[ids[p], :] for `count` places and a table [rows, size]; zeros where the table has no such row. */
export const embedding = define(68, 'embedding', {
  ids: 'read',
  table: 'read',
  y: 'write',
  count: 'int',
  rows: 'int',
  size: 'int',
})

/**
 * dtable[ids[p], :] += dy[p, :] in increasing p. Places whose id is `padding` (NO_ID for none) or no row of the table
 * give no gradient. dtable is filled with zeros beforehand, or holds what the table's other uses have given.
 */
export const embeddingBackward = define(
  69,
  'embeddingBackward',
  {
    ids: 'read',
    dy: 'read',
    dtable: 'update',
    count: 'int',
    rows: 'int',
    size: 'int',
    padding: 'int',
  },
  (v) => v.count * v.size,
)

/**
 * y[r * rowStep + j * idStep] = source[indices[r], j] from int32 [count, size], or source[r, j] without indices; NO_ID where
 * the source has no such row. A batch of sequences of ids comes time first with rowStep 1 and idStep `rows`.
 */
export const gatherIds = define(70, 'gatherIds', {
  source: 'read',
  indices: 'read',
  y: 'write',
  count: 'int',
  rows: 'int',
  size: 'int',
  rowStep: 'int',
  idStep: 'int',
})

/** mask[i] = 0 where ids[i] = id, else 1, as float32. */
export const idMask = define(71, 'idMask', { ids: 'read', mask: 'write', count: 'int', id: 'int' })
