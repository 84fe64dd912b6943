/**
 * Packing: copying a block of a matrix into panels that a micro-kernel reads from first to last byte. Strides are in
 * bytes. Columns or rows that a panel has beyond the matrix are filled with zeros, so that nothing outside is read.
 */

/** Terms in each of the blocks, at most `most`, that k terms are evenly divided into: a short last block is slow. */
export function blockDepth(k: i32, most: i32): i32 {
  const blocks = (k + most - 1) / most
  return (k + blocks - 1) / blocks
}

/**
 * Packs the block B[kc, nc] into panels [kc, width], one after the other, `width` being 8 or 32; the columns that are
 * left over follow as a panel [kc, restWidth]. B's rows, or where it is transposed its columns, are `bRow` bytes apart.
 */
export function packB(
  b: usize,
  bRow: usize,
  transposed: bool,
  kc: i32,
  nc: i32,
  width: i32,
  restWidth: i32,
  packed: usize,
): void {
  const rest = nc % width
  const whole = nc - rest
  if (transposed) {
    const panelBytes = (<usize>(kc * width)) << 2
    for (let j = 0; j < whole; j += width) {
      packTransposed(b + <usize>j * bRow, bRow, kc, width, packed + <usize>(j / width) * panelBytes)
    }
  } else if (width == 8) {
    pack8(b, bRow, kc, whole, packed)
  } else {
    pack32(b, bRow, kc, whole, packed)
  }
  if (rest == 0) return
  const step: usize = transposed ? 4 : bRow
  const column: usize = transposed ? bRow : 4
  packColumns(
    b + <usize>whole * column,
    step,
    column,
    kc,
    rest,
    restWidth,
    packed + ((<usize>(kc * whole)) << 2),
  )
}

/**
 * Panels of 8 columns. Whole rows of B are walked, so that the processor sees what to fetch next, and two at once, so
 * that a cache line of a panel is written at once: 1.5 to 2 times as fast as panel after panel or in stretches of 64.
 */
function pack8(b: usize, bRow: usize, kc: i32, nc: i32, packed: usize): void {
  const panelBytes = (<usize>kc) << 5
  let p = 0
  for (; p + 2 <= kc; p += 2) {
    let x0 = b
    let x1 = b + bRow
    let y = packed
    for (let j = 0; j < nc; j += 8) {
      v128.store(y, v128.load(x0))
      v128.store(y, v128.load(x0, 16), 16)
      v128.store(y, v128.load(x1), 32)
      v128.store(y, v128.load(x1, 16), 48)
      x0 += 32
      x1 += 32
      y += panelBytes
    }
    b += 2 * bRow
    packed += 64
  }
  if (p == kc) return
  for (let j = 0; j < nc; j += 8) {
    v128.store(packed, v128.load(b))
    v128.store(packed, v128.load(b, 16), 16)
    b += 32
    packed += panelBytes
  }
}

/** Panels of 32 columns, two whole cache lines a row. */
function pack32(b: usize, bRow: usize, kc: i32, nc: i32, packed: usize): void {
  const panelBytes = (<usize>kc) << 7
  for (let p = 0; p < kc; p++) {
    let x = b
    let y = packed
    for (let j = 0; j < nc; j += 32) {
      v128.store(y, v128.load(x))
      v128.store(y, v128.load(x, 16), 16)
      v128.store(y, v128.load(x, 32), 32)
      v128.store(y, v128.load(x, 48), 48)
      v128.store(y, v128.load(x, 64), 64)
      v128.store(y, v128.load(x, 80), 80)
      v128.store(y, v128.load(x, 96), 96)
      v128.store(y, v128.load(x, 112), 112)
      x += 128
      y += panelBytes
    }
    b += bRow
    packed += 128
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
 * Packs `columns` columns of length kc as a panel [kc, width]: element [p, j] from `x + p * step + j * column`. Also packs
 * rows of A, which are the columns of its transpose.
 */
export function packColumns(
  x: usize,
  step: usize,
  column: usize,
  kc: i32,
  columns: i32,
  width: i32,
  y: usize,
): void {
  const yRow = (<usize>width) << 2
  for (let j = 0; j < width; j++) {
    let from = x + <usize>j * column
    let to = y + ((<usize>j) << 2)
    for (let p = 0; p < kc; p++) {
      store<f32>(to, j < columns ? load<f32>(from) : 0)
      from += step
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
