/** Images as sequences: which pixels make up a step. */
import { ModelError } from '../../errors.js'
import * as instruction from '../../program/instructions.js'
import { createTensor, sizeOf } from '../../program/tensor.js'
import { optional } from '../../schema/schema.js'
import { wholeNumber } from '../../schema/values.js'
import { type Layer, type LayerOptions, type Place, type Shape, showShape } from '../layer.js'
import { layerDescription } from '../layer-fields.js'

export interface RowsSpec extends LayerOptions {
  readonly type: 'rows'
  /** Only the first `count` rows; all by default. */
  readonly count?: number
}

export interface ColumnsSpec extends LayerOptions {
  readonly type: 'columns'
}

export interface PatchesSpec extends LayerOptions {
  readonly type: 'patches'
  readonly size: number
}

export interface PixelsSpec extends LayerOptions {
  readonly type: 'pixels'
}

export type FramingSpec = RowsSpec | ColumnsSpec | PatchesSpec | PixelsSpec

const described = {
  rows: layerDescription<RowsSpec>('rows', { count: optional(wholeNumber(1)) }, buildRows),
  columns: layerDescription<ColumnsSpec>('columns', {}, buildColumns),
  patches: layerDescription<PatchesSpec>('patches', { size: wholeNumber(1) }, buildPatches),
  pixels: layerDescription<PixelsSpec>('pixels', {}, buildPixels),
}

/** A step for each row of an image, from the top: [28, 28] becomes 28 steps of 28, or only the first `count` of them. */
export function rows(count?: number, options: LayerOptions = {}): RowsSpec {
  return described.rows.create({ ...(count !== undefined && { count }) }, options)
}

/** A step for each column of an image, from the left: [28, 28] becomes 28 steps of 28. */
export function columns(options: LayerOptions = {}): ColumnsSpec {
  return described.columns.create({}, options)
}

/** A step for every `size` values in reading order: with 7, [28, 28] becomes 112 steps of 7. */
export function patches(size: number, options: LayerOptions = {}): PatchesSpec {
  return described.patches.create({ size }, options)
}

/** A step for every single value in reading order: [28, 28] becomes 784 steps of 1. */
export function pixels(options: LayerOptions = {}): PixelsSpec {
  return described.pixels.create({}, options)
}

export function buildRows(spec: RowsSpec, place: Place): Layer {
  const { name, input } = place
  checkImage(name, input)
  const height = input[0]!
  const { count = height } = described.rows.read(name, spec)
  if (count > height) {
    throw new ModelError(
      `${name}: count should be at most the ${height} rows of an input of shape ${showShape(input)}, found ${count}.`,
    )
  }
  return framing(place, count, sizeOf(input) / height)
}

export function buildPatches(spec: PatchesSpec, place: Place): Layer {
  const { name, input } = place
  described.patches.read(name, spec)
  const values = sizeOf(input)
  if (values % spec.size !== 0) {
    throw new ModelError(
      `${name}: size should divide the ${values} values of an input of shape ${showShape(input)}, found ${spec.size}.`,
    )
  }
  return framing(place, values / spec.size, spec.size)
}

export function buildPixels(spec: PixelsSpec, place: Place): Layer {
  described.pixels.read(place.name, spec)
  return framing(place, sizeOf(place.input), 1)
}

/** The first `steps` pieces of `features` values of each sample, time first. */
function framing({ name, input }: Place, steps: number, features: number): Layer {
  const size = sizeOf(input)
  return {
    ...{ name, input, output: [steps, features], parameters: [] },
    layout: { takes: 'batch', gives: 'time' },
    forward({ program, batch }, x) {
      const y = createTensor('transient', `${name}.y`, [steps, batch, features])
      program.from(name).emit(instruction.copyBlocks, {
        ...{ x, y, outer: steps, inner: batch, size: features },
        ...{ xOuter: features, xInner: size, yOuter: batch * features, yInner: features },
      })
      return {
        output: y,
        backward(dy, needsInput) {
          if (!needsInput) return null
          const dx = createTensor('transient', `${name}.dx`, x.shape)
          program.from(name)
          if (steps * features < size) {
            program.emit(instruction.fill, { x: dx, count: batch * size, value: 0 })
          }
          program.emit(instruction.copyBlocks, {
            ...{ x: dy, y: dx, outer: batch, inner: steps, size: features },
            ...{ xOuter: features, xInner: batch * features, yOuter: size, yInner: features },
          })
          return dx
        },
      }
    },
  }
}

export function buildColumns(spec: ColumnsSpec, { name, input }: Place): Layer {
  described.columns.read(name, spec)
  checkImage(name, input)
  const [height, width, ...rest] = input as [number, number, ...number[]]
  const depth = sizeOf(rest)
  return {
    ...{ name, input, output: [width, height * depth], parameters: [] },
    layout: { takes: 'batch', gives: 'time' },
    forward({ program, batch }, x) {
      const y = createTensor('transient', `${name}.y`, [width, batch, height * depth])
      // [batch * height, width, depth] with its first two axes swapped.
      const lines = batch * height
      program.from(name).emit(instruction.copyBlocks, {
        ...{ x, y, outer: width, inner: lines, size: depth },
        ...{ xOuter: depth, xInner: width * depth, yOuter: lines * depth, yInner: depth },
      })
      return {
        output: y,
        backward(dy, needsInput) {
          if (!needsInput) return null
          const dx = createTensor('transient', `${name}.dx`, x.shape)
          program.from(name).emit(instruction.copyBlocks, {
            ...{ x: dy, y: dx, outer: lines, inner: width, size: depth },
            ...{ xOuter: depth, xInner: lines * depth, yOuter: width * depth, yInner: depth },
          })
          return dx
        },
      }
    },
  }
}

function checkImage(name: string, input: Shape): void {
  if (input.length >= 2) return
  throw new ModelError(
    `${name}: it takes images, shape [height, width] or [height, width, channels], but its input has shape ${showShape(input)}.`,
  )
}
