/** Matrix products and what prepares and sums their operands. */
import { define } from './define.js'

/**
 * C = activation(op(A) op(B) + bias), or without activation C += op(A) op(B): op(A) [m, k], op(B) [k, n], C [m, n],
 * bias [n], all row-major; lda, ldb and ldc are the distances between rows in elements; `flags` are GemmFlag bits.
 */
export const gemm = define(
  6,
  'gemm',
  {
    a: 'read',
    lda: 'int',
    b: 'read',
    ldb: 'int',
    c: 'update',
    ldc: 'int',
    m: 'int',
    n: 'int',
    k: 'int',
    flags: 'int',
    bias: 'read',
    activation: 'int',
    slope: 'float',
  },
  (v) => 2 * v.m * v.n * v.k,
)

/** Packs op(B) [k, n] into panels of 8 columns for the recurrent instructions; `transposed` where B is stored [n, k]. */
export const pack = define(56, 'pack', {
  b: 'read',
  ldb: 'int',
  packed: 'write',
  k: 'int',
  n: 'int',
  transposed: 'int',
})

/** y[c] = sum over r of x[r, c], in increasing r; added to y where `accumulate` is 1. */
export const columnSum = define(
  7,
  'columnSum',
  { x: 'read', y: 'update', rows: 'int', columns: 'int', accumulate: 'int' },
  (v) => v.rows * v.columns,
)
