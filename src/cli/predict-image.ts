/** Pictures with see-through parts as luminance. */
import type { Raster } from './raster.js'

/**
 * Puts a picture on the paper that its opaque parts can be seen on.
 *
 * @returns [height, width], 0 to 255
 */
export function luminanceOf({ grey, alpha }: Raster): Float32Array {
  if (alpha === null) return grey
  let [weighted, weight] = [0, 0]
  for (let i = 0; i < grey.length; i++) {
    weighted += alpha[i]! * grey[i]!
    weight += alpha[i]!
  }
  const paper = weighted < 128 * weight ? 255 : 0
  return grey.map((value, i) => paper + ((value - paper) * alpha[i]!) / 255)
}
