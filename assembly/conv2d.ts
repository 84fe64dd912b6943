/**
 * Two-dimensional convolution (cross-correlation: filters are not flipped) of images in NHWC, as matrix products whose
 * left operand is never stored: the micro-kernel reads patches where they lie in the image.
 *
 *   x [batch, height, width, channels]     w [kernelHeight, kernelWidth, channels, filters]     bias [filters]
 *   y [batch, outHeight, outWidth, filters],   outHeight = floor((height - kernelHeight) / stride) + 1, width likewise
 *
 * Every sum starts from +0 and adds its terms one by one:
 *
 *   y[b, oy, ox, o]    = sum over (ky, kx, c), the last fastest, of x[b, oy stride + ky, ox stride + kx, c] w[ky, kx, c, o],
 *                        then + bias[o], then the activation
 *   dw[ky, kx, c, o]   = sum over (b, oy, ox) of x[b, oy stride + ky, ox stride + kx, c] dy[b, oy, ox, o]
 *   dx[b, iy, ix, c]   = sum over (ky, kx, o) of w[ky, kx, c, o] dy[b, oy, ox, o], where iy + top = oy stride + ky and
 *                        ix + left = ox stride + kx; terms outside dy are left out
 *
 * An image is padded beforehand, by `pad2d`; only dx is computed without its padding, `top` rows above and `left` columns
 * before it. The plainest form of these sums is the twin, src/engine/js/conv2d.ts.
 */
import { activateSpan } from './activation'
import { columnPanel, EDGE_BYTES, ENTRY_BYTES, listRow } from './conv2d-kernel'
import { skipsZeros, sparseFilters, sparseInput } from './conv2d-sparse'
import { MR, NR } from './gemm-kernel'
import { packB } from './gemm-pack'
import { Activation } from './codes'
import { scratch } from './scratch'
import { shareBegin, shareEnd } from './threads'

/** Terms in a K-block, where whole rows of a patch allow it: a column panel of B, 8 KiB, then lies in the L1 cache. */
const KC: i32 = 256
/** The packed part of B, which stays in the L2 cache. */
const PACKED_B_BYTES: usize = 1 << 19
const PANEL_ROW: usize = (<usize>NR) << 2
/** Positions of the output that use a column panel of B while it is in the L1 cache. */
const MC: i32 = 64
/** Images' bytes that are worked on together: while they lie in the L1 cache, or, with filters too large, the L2 cache. */
const BLOCK_BYTES: i32 = 1 << 15
const LARGE_BLOCK_BYTES: i32 = 1 << 18
/** Columns of an image, or rows of dw, that are worked on together, which bounds the list of addresses. */
const SEGMENT: i32 = 1024

/** y [batch, paddedHeight, paddedWidth, channels] = x [batch, height, width, channels] at (top, left), else zeros. */
export function pad2d(
  x: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  paddedHeight: i32,
  paddedWidth: i32,
): void {
  const rowBytes = (<usize>width * <usize>channels) << 2
  const paddedRowBytes = (<usize>paddedWidth * <usize>channels) << 2
  const before = (<usize>left * <usize>channels) << 2
  const rows = batch * paddedHeight
  const end = shareEnd(rows, 1)
  for (let r = shareBegin(rows, 1); r < end; r++) {
    const to = y + <usize>r * paddedRowBytes
    const image = r / paddedHeight
    const row = (r % paddedHeight) - top
    if (row < 0 || row >= height) {
      memory.fill(to, 0, paddedRowBytes)
    } else {
      memory.fill(to, 0, before)
      memory.copy(to + before, x + <usize>(image * height + row) * rowBytes, rowBytes)
      memory.fill(to + before + rowBytes, 0, paddedRowBytes - before - rowBytes)
    }
  }
}

/** y from x; threads share the positions of the output. */
export function conv2d(
  x: usize,
  w: usize,
  bias: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  filters: i32,
  stride: i32,
  activation: i32,
  slope: f32,
): void {
  const outHeight = (height - kernelHeight) / stride + 1
  const outWidth = (width - kernelWidth) / stride + 1
  const positions = batch * outHeight * outWidth
  const begin = shareBegin(positions, MR)
  const end = shareEnd(positions, MR)
  const packed = scratch()
  const edge = packed + PACKED_B_BYTES
  const list = edge + EDGE_BYTES
  const xRow = (<usize>width * <usize>channels) << 2
  const yRow = (<usize>filters) << 2
  // A row of a patch is a run of floats. A K-block is several whole runs or a part of one.
  const run = kernelWidth * channels
  const part = min(run, KC)
  const group = min(kernelHeight, max(1, KC / run))
  const ncMax = <i32>(PACKED_B_BYTES / PANEL_ROW / <usize>(group * part)) * NR

  for (let jc = 0; jc < filters; jc += ncMax) {
    const nc = min(ncMax, filters - jc)
    for (let ky = 0; ky < kernelHeight; ky += group) {
      const runs = min(group, kernelHeight - ky)
      for (let j = 0; j < run; j += part) {
        const terms = min(part, run - j)
        const k = runs * terms
        const isLast = ky + runs == kernelHeight && j + terms == run
        packB(
          w + ((<usize>(ky * run + j) * <usize>filters + <usize>jc) << 2),
          yRow,
          false,
          k,
          nc,
          NR,
          NR,
          packed,
        )
        for (let ic = begin; ic < end; ic += MC) {
          const mc = min(MC, end - ic)
          const yBlock = y + <usize>ic * yRow
          listPatches(x, yBlock, height, width, channels, outHeight, outWidth, filters, stride, ic, mc, list)
          for (let jr = 0; jr < nc; jr += NR) {
            const column = (<usize>(jc + jr)) << 2
            columnPanel(
              list,
              mc,
              <usize>ky * xRow + ((<usize>j) << 2),
              4,
              xRow - ((<usize>terms) << 2),
              terms,
              runs,
              packed + <usize>(jr / NR) * <usize>k * PANEL_ROW,
              column,
              nc - jr,
              bias && isLast ? bias + column : 0,
              ky > 0 || j > 0,
              edge,
            )
          }
          if (isLast && activation != Activation.None && jc + nc == filters) {
            activateSpan(yBlock, yBlock, mc * filters, activation, slope)
          }
        }
      }
    }
  }
}

/** Lists `count` positions of the output, from number `position` on, with their patches in the images at x. */
function listPatches(
  x: usize,
  y: usize,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  filters: i32,
  stride: i32,
  position: i32,
  count: i32,
  list: usize,
): void {
  const pixel = (<usize>channels) << 2
  const step = <usize>stride * pixel
  const row = <usize>width * pixel
  const yRow = (<usize>filters) << 2
  let ox = position % outWidth
  const outRow = position / outWidth
  let oy = outRow % outHeight
  let image = x + <usize>(outRow / outHeight) * <usize>height * row
  const end = list + <usize>count * ENTRY_BYTES
  while (list < end) {
    let patch = image + <usize>(oy * stride) * row + <usize>ox * step
    for (; ox < outWidth && list < end; ox++) {
      list = listRow(list, patch, y)
      patch += step
      y += yRow
    }
    ox = 0
    if (++oy == outHeight) {
      oy = 0
      image += <usize>height * row
    }
  }
}

/** dw from x and dy; threads share the tiles of dw. */
export function conv2dFilters(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  filters: i32,
  stride: i32,
): void {
  const outHeight = (height - kernelHeight) / stride + 1
  const outWidth = (width - kernelWidth) / stride + 1
  const packed = scratch()
  const edge = packed + PACKED_B_BYTES
  const list = edge + EDGE_BYTES
  const pixel = (<usize>channels) << 2
  const xRow = <usize>width * pixel
  const dyRow = (<usize>filters) << 2
  const step = <usize>stride * pixel
  const run = kernelWidth * channels
  const m = kernelHeight * run
  if (skipsZeros(dy, batch * outHeight * outWidth, filters, run, kernelHeight)) {
    const rows = kernelHeight
    sparseFilters(x, dy, dw, batch, height, xRow, outHeight, outWidth, rows, run, filters, stride, step)
    return
  }
  const columnPanels = (filters + NR - 1) / NR
  // A K-block is several whole rows of output positions or a part of one, within one image.
  const part = min(outWidth, KC)
  const group = min(outHeight, max(1, KC / outWidth))
  const panelsMax = <i32>(PACKED_B_BYTES / PANEL_ROW / <usize>(group * part))

  for (let ic = 0; ic < m; ic += SEGMENT) {
    const mc = min(SEGMENT, m - ic)
    let listEnd = list
    for (let i = ic; i < ic + mc; i++) {
      const patch = x + <usize>(i / run) * xRow + ((<usize>(i % run)) << 2)
      listEnd = listRow(listEnd, patch, dw + <usize>i * dyRow)
    }
    const rowPanels = (mc + MR - 1) / MR
    const tiles = rowPanels * columnPanels
    const begin = shareBegin(tiles, 1)
    const end = shareEnd(tiles, 1)
    for (let panel = begin / rowPanels; panel * rowPanels < end; panel += panelsMax) {
      const panelEnd = min(panel + panelsMax, (end + rowPanels - 1) / rowPanels)
      const jc = panel * NR
      const nc = min(filters, panelEnd * NR) - jc
      for (let image = 0; image < batch; image++) {
        for (let oy = 0; oy < outHeight; oy += group) {
          const runs = min(group, outHeight - oy)
          for (let ox = 0; ox < outWidth; ox += part) {
            const terms = min(part, outWidth - ox)
            const k = runs * terms
            const position = <usize>((image * outHeight + oy) * outWidth + ox)
            packB(dy + position * dyRow + ((<usize>jc) << 2), dyRow, false, k, nc, NR, NR, packed)
            for (let p = panel; p < panelEnd; p++) {
              const first = max(begin - p * rowPanels, 0) * MR
              const last = min((end - p * rowPanels) * MR, mc)
              columnPanel(
                list + <usize>first * ENTRY_BYTES,
                last - first,
                <usize>(image * height + oy * stride) * xRow + <usize>ox * step,
                step,
                <usize>stride * xRow - <usize>terms * step,
                terms,
                runs,
                packed + <usize>(p - panel) * <usize>k * PANEL_ROW,
                (<usize>(p * NR)) << 2,
                filters - p * NR,
                0,
                image > 0 || oy > 0 || ox > 0,
                edge,
              )
            }
          }
        }
      }
    }
  }
}

/** dx from w and dy; threads share the rows of dx. */
export function conv2dInput(
  dy: usize,
  w: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  filters: i32,
  stride: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  if (skipsZeros(dy, batch * outHeight * outWidth, filters, kernelWidth * channels, kernelHeight)) {
    sparseInput(
      dy,
      w,
      dx,
      batch,
      height,
      width,
      channels,
      kernelHeight,
      kernelWidth,
      filters,
      stride,
      top,
      left,
      outHeight,
      outWidth,
    )
    return
  }
  const packed = scratch()
  const edge = packed + PACKED_B_BYTES
  const list = edge + EDGE_BYTES
  const pixel = (<usize>channels) << 2
  const dxRow = <usize>width * pixel
  const dyRow = (<usize>filters) << 2
  const kcMax = min(filters, KC)
  const ncMax = <i32>(PACKED_B_BYTES / PANEL_ROW / <usize>kcMax) * NR
  const taps = kernelHeight * kernelWidth
  const panelColumns = (channels + NR - 1) & -NR
  // All filters stay packed if they can; if not, each part is packed again for every block of rows, which are larger.
  const keep = (<usize>(taps * filters) * <usize>panelColumns) << 2 <= PACKED_B_BYTES
  const rowBytes = (width * channels + outWidth * filters) << 2
  const rowsMax = max(1, (keep ? BLOCK_BYTES : LARGE_BLOCK_BYTES) / rowBytes)
  const rows = batch * height
  const end = shareEnd(rows, 1)
  let isPacked = false
  for (let row = shareBegin(rows, 1); row < end; row += rowsMax) {
    const blockEnd = min(end, row + rowsMax)
    memory.fill(dx + <usize>row * dxRow, 0, <usize>(blockEnd - row) * dxRow)
    for (let ix = 0; ix < width; ix += SEGMENT) {
      const ixEnd = min(width, ix + SEGMENT)
      let panels = packed
      for (let tap = 0; tap < taps; tap++) {
        const ky = tap / kernelWidth - top
        const kx = (tap % kernelWidth) - left
        const wTap = w + <usize>(tap * channels) * dyRow
        const oxBegin = firstOutput(ix - kx, stride)
        const oxEnd = min(outWidth, firstOutput(ixEnd - kx, stride))
        let listEnd = list
        for (let r = row; r < blockEnd; r++) {
          const image = r / height
          const scaled = (r % height) - ky
          if (scaled < 0 || scaled % stride != 0 || scaled / stride >= outHeight) continue
          let from = dy + <usize>((image * outHeight + scaled / stride) * outWidth + oxBegin) * dyRow
          let to = dx + <usize>r * dxRow + <usize>(oxBegin * stride + kx) * pixel
          for (let ox = oxBegin; ox < oxEnd; ox++) {
            listEnd = listRow(listEnd, from, to)
            from += dyRow
            to += <usize>stride * pixel
          }
        }
        const count = <i32>((listEnd - list) / ENTRY_BYTES)
        for (let pc = 0; pc < filters; pc += kcMax) {
          const kc = min(kcMax, filters - pc)
          const panelBytes = <usize>kc * PANEL_ROW
          for (let jc = 0; jc < channels; jc += ncMax) {
            const nc = min(ncMax, channels - jc)
            const block = wTap + <usize>jc * dyRow + ((<usize>pc) << 2)
            if (!isPacked) packB(block, dyRow, true, kc, nc, NR, NR, panels)
            for (let jr = 0; jr < nc; jr += NR) {
              columnPanel(
                list,
                count,
                (<usize>pc) << 2,
                4,
                0,
                kc,
                1,
                panels + <usize>(jr / NR) * panelBytes,
                (<usize>(jc + jr)) << 2,
                nc - jr,
                0,
                true,
                edge,
              )
            }
            if (keep) panels += <usize>((nc + NR - 1) / NR) * panelBytes
          }
        }
      }
      isPacked = keep
    }
  }
}

/** The first output, from 0 on, whose `start` = number x stride is not below `from`. */
// @ts-ignore: decorator
@inline
function firstOutput(from: i32, stride: i32): i32 {
  return from <= 0 ? 0 : (from + stride - 1) / stride
}
