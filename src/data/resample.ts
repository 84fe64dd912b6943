/** One picture of bytes: [height, width, channels], row-major. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly data: Uint8Array
}

/** For each of `to` places the first of `from` pixels that counts, and the weights of it and of those that follow. */
function weightsFor(from: number, to: number): { first: number; weights: Float64Array }[] {
  const scale = from / to
  const radius = Math.max(scale, 1)
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale - 0.5
    const first = Math.max(0, Math.floor(centre - radius) + 1)
    const end = Math.min(from, Math.floor(centre + radius) + 1)
    const weights = Float64Array.from({ length: end - first }, (_, i) =>
      Math.max(0, 1 - Math.abs(first + i - centre) / radius),
    )
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return { first, weights: weights.map((weight) => weight / sum) }
  })
}

/**
 * A picture in another size, by a triangle filter whose width is that of the larger of both pixels: bilinear where it
 * grows, and where it shrinks every pixel counts (Turkowski, "Filters for Common Resampling Tasks", 1990). Only + - * /
 * are used: the same bytes in every runtime.
 */
export function resample(
  { width, height, channels, data }: Raster,
  toWidth: number,
  toHeight: number,
): Raster {
  const across = weightsFor(width, toWidth)
  const down = weightsFor(height, toHeight)
  const rows = new Float64Array(height * toWidth * channels)
  for (let y = 0; y < height; y++) {
    for (const [x, { first, weights }] of across.entries()) {
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let i = 0; i < weights.length; i++) {
          sum += weights[i]! * data[(y * width + first + i) * channels + c]!
        }
        rows[(y * toWidth + x) * channels + c] = sum
      }
    }
  }
  const resized = new Uint8Array(toHeight * toWidth * channels)
  const row = toWidth * channels
  for (const [y, { first, weights }] of down.entries()) {
    for (let x = 0; x < row; x++) {
      let sum = 0
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * rows[(first + i) * row + x]!
      resized[y * row + x] = Math.floor(sum + 0.5)
    }
  }
  return { width: toWidth, height: toHeight, channels, data: resized }
}
