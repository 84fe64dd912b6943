/** The light on a sheet of paper, told from the ink on it. */

/** A grey picture: [height, width], row by row. */
export interface Grey {
  readonly width: number
  readonly height: number
  readonly pixels: Float32Array
}

/**
 * The paper under dark ink: what is left of a picture when everything dark that is narrower than `reach` is filled from
 * its surroundings (the morphological closing by a square). Shadows and wider dark areas stay, with their edges.
 * Source: Serra, "Image Analysis and Mathematical Morphology" (1982), II.
 *
 * @param reach in pixels
 * @returns [height, width], nowhere darker than the picture
 */
export function paperOf({ width, height, pixels }: Grey, reach: number): Float32Array {
  const radius = Math.max(1, Math.floor(reach / 2))
  const dilated = filtered(pixels, width, height, radius, 1)
  return filtered(dilated, width, height, radius, -1)
}

/** The largest (sign 1) or smallest (sign -1) value of the square of 2 radius + 1 pixels around each, clipped at the border. */
function filtered(
  pixels: Float32Array,
  width: number,
  height: number,
  radius: number,
  sign: 1 | -1,
): Float32Array {
  const rows = new Float32Array(pixels.length)
  const result = new Float32Array(pixels.length)
  const line = new Float32Array(Math.max(width, height))
  const order = new Int32Array(line.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) line[x] = sign * pixels[y * width + x]!
    largest(line, width, radius, order, (x, value) => {
      rows[y * width + x] = value
    })
  }
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) line[y] = rows[y * width + x]!
    largest(line, height, radius, order, (y, value) => {
      result[y * width + x] = sign * value
    })
  }
  return result
}

/** Calls `emit` with the largest value around each of `length` places of a line. `order` is room for their indices. */
function largest(
  line: Float32Array,
  length: number,
  radius: number,
  order: Int32Array,
  emit: (at: number, value: number) => void,
): void {
  // Indices of values that may yet be the largest: they fall from first to last.
  let first = 0
  let last = 0
  for (let next = 0, at = 0; at < length; at++) {
    for (; next < length && next <= at + radius; next++) {
      while (last > first && line[order[last - 1]!]! <= line[next]!) last--
      order[last++] = next
    }
    while (order[first]! < at - radius) first++
    emit(at, line[order[first]!]!)
  }
}
