/** Why a buffer exists, which decides how long it lives and in which part of memory. */
export type BufferKind =
  /** Trained by the optimizer; what a fingerprint and a saved model hold. */
  | 'parameter'
  /** Kept from step to step: the optimizer's moments, running statistics, metrics' totals, the step counter. */
  | 'state'
  /** Lives from the first instruction that writes it to the last that reads it; shares memory with others. */
  | 'transient'
  /** Lies outside the program's own memory, such as a data set; its address is bound before a run. */
  | 'external'

export type ElementType = 'f32' | 'i32' | 'u8' | 'f64'

const elementBytes: Record<ElementType, number> = { f32: 4, i32: 4, u8: 1, f64: 8 }

/** A piece of linear memory with a name, before it has an address. */
export interface Buffer {
  readonly name: string
  readonly kind: BufferKind
  readonly bytes: number
}

/** A view of a buffer: `shape` elements of `type`, row-major, starting `offset` bytes into it. */
export interface Tensor {
  readonly buffer: Buffer
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly offset: number
}

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

/** Bytes that the tensor's elements take. */
export function bytesOf(tensor: Tensor): number {
  return sizeOf(tensor.shape) * elementBytes[tensor.type]
}

/** A new buffer and the tensor that covers all of it. */
export function createTensor(
  kind: BufferKind,
  name: string,
  shape: readonly number[],
  type: ElementType = 'f32',
): Tensor {
  const buffer = { name, kind, bytes: sizeOf(shape) * elementBytes[type] }
  return { buffer, type, shape, offset: 0 }
}

/** Part of a tensor: `shape` elements from the element `start` on, row-major. */
export function slice(tensor: Tensor, start: number, shape: readonly number[]): Tensor {
  return { ...tensor, shape, offset: tensor.offset + start * elementBytes[tensor.type] }
}

/** The same elements under another shape of the same size. */
export function reshape(tensor: Tensor, shape: readonly number[]): Tensor {
  return { ...tensor, shape }
}
