/**
 * Packing: copying a block of a matrix into panels that a micro-kernel reads from first to last byte. Strides are in
 * bytes. Columns or rows that a panel has beyond the matrix are filled with zeros, so that nothing outside is read.
 */

/**
 * Packs the block B[kc, nc] into panels of `width` columns, one after the other, each [kc, width]; a last panel with
 * fewer columns is packed by `packColumns`. B's element [p, j] lies at `b + p * bStep + j * 4`, or where B is
 * transposed at `b + j * bRow + p * 4`.
 */
export function packB(
  b: usize,
  ldb: usize,
  transposed: bool,
  kc: i32,
  nc: i32,
  width: i32,
  packed: usize,
): void {
  const panelBytes = (<usize>(kc * width)) << 2
  const whole = nc - (nc % width)
  if (transposed) {
    for (let j = 0; j < whole; j += width) {
      packTransposed(b + <usize>j * ldb, ldb, kc, width, packed)
      packed += panelBytes
    }
    return
  }
  const rowBytes = (<usize>width) << 2
  // 64 columns of a row at a time: whole cache lines are read, and few enough panels are written at once.
  for (let j = 0; j < whole; j += 64) {
    const panels = min(64, whole - j) / width
    for (let p = 0; p < kc; p++) {
      let x = b + <usize>p * ldb + ((<usize>j) << 2)
      let y = packed + <usize>p * rowBytes
      for (let panel = 0; panel < panels; panel++) {
        for (let q: usize = 0; q < rowBytes; q += 32) {
          v128.store(y + q, v128.load(x + q))
          v128.store(y + q, v128.load(x + q, 16), 16)
        }
        x += rowBytes
        y += panelBytes
      }
    }
    packed += <usize>panels * panelBytes
  }
}

/** Packs `width` (a multiple of 4) rows of length kc, `row` bytes apart, as the columns of one panel [kc, width]. */
function packTransposed(x: usize, row: usize, kc: i32, width: i32, y: usize): void {
  const yRow = (<usize>width) << 2
  for (let j = 0; j < width; j += 4) {
    let x0 = x + <usize>j * row
    let x1 = x0 + row
    let x2 = x1 + row
    let x3 = x2 + row
    let to = y + ((<usize>j) << 2)
    let p = 0
    for (; p + 4 <= kc; p += 4) {
      const r0 = v128.load(x0)
      const r1 = v128.load(x1)
      const r2 = v128.load(x2)
      const r3 = v128.load(x3)
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
      const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
      v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5))
      to += yRow
      v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7))
      to += yRow
      v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5))
      to += yRow
      v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7))
      to += yRow
      x0 += 16
      x1 += 16
      x2 += 16
      x3 += 16
    }
    for (; p < kc; p++) {
      store<f32>(to, load<f32>(x0))
      store<f32>(to, load<f32>(x1), 4)
      store<f32>(to, load<f32>(x2), 8)
      store<f32>(to, load<f32>(x3), 12)
      to += yRow
      x0 += 4
      x1 += 4
      x2 += 4
      x3 += 4
    }
  }
}

/**
 * Packs `columns` columns of length kc as a panel whose rows are `yRow` bytes apart and of which `width` columns are
 * used: element [p, j] from `x + p * step + j * column`. Also packs rows of A, the columns of its transpose.
 */
export function packColumns(
  x: usize,
  step: usize,
  column: usize,
  kc: i32,
  columns: i32,
  width: i32,
  yRow: usize,
  y: usize,
): void {
  for (let j = 0; j < columns; j++) {
    let from = x + <usize>j * column
    let to = y + ((<usize>j) << 2)
    for (let p = 0; p < kc; p++) {
      store<f32>(to, load<f32>(from))
      from += step
      to += yRow
    }
  }
  for (let j = columns; j < width; j++) {
    let to = y + ((<usize>j) << 2)
    for (let p = 0; p < kc; p++) {
      store<f32>(to, 0)
      to += yRow
    }
  }
}

/** Packs four consecutive columns of A's storage [k, m], which are four rows of op(A), as a panel [kc, 4]. */
export function packA4(a: usize, aStep: usize, kc: i32, y: usize): void {
  for (let p = 0; p < kc; p++) {
    v128.store(y, v128.load(a))
    a += aStep
    y += 16
  }
}
