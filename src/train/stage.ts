import { checkIds, copyLabels, copySamples, firstNotFinite } from '../data/crossing.js'
import { type Dataset, rowOf } from '../data/dataset.js'
import { DataError, ModelError } from '../errors.js'
import type { Model } from '../nn/model.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import type { Session } from './session.js'
import type { BatchSource, Standard } from './state.js'

type Kind = 'u8' | 'f32' | 'i32'

/**
 * Where batches enter an engine: memory for one batch of samples and labels, into which they are copied from the user's
 * arrays and checked, each time. So an engine never holds a data set, sees every array as it is at that moment, and its
 * kernels meet no index or label that was not looked at.
 */
export class Stage {
  private readonly sources: Readonly<Record<Kind, BatchSource>>
  /** Of data that say how long their sequences are. */
  private readonly masked: Readonly<Record<Kind, BatchSource>>
  private readonly shape: readonly number[]
  private readonly size: number
  private readonly takesIds: boolean
  /** Ids that the model has a vector for. */
  private readonly ids: number
  /** float32 [steps, batch]: which steps of each sample are no padding. */
  private readonly valid = createTensor('external', 'valid', [0])

  constructor(
    private readonly session: Session,
    /** int32: places of the batch's rows on the stage, which are 0, 1, 2 and so on. */
    private readonly indices: Tensor,
    model: Model,
    standardisation: Standard | null,
  ) {
    const [{ shape, type }] = model.inputs as unknown as [Model['inputs'][number]]
    this.shape = shape
    this.size = sizeOf(shape)
    this.takesIds = type === 'int32'
    const tables = model.layers.filter(({ inputType }) => inputType === 'i32')
    this.ids = Math.min(...tables.map(({ parameters }) => parameters[0]!.tensor.shape[0]!))
    const labels = createTensor('external', 'images labels', [0], 'u8')
    const source = (type: Kind): BatchSource => ({
      ...{ images: createTensor('external', 'images', [0, ...shape], type), labels },
      ...{ standardisation: type === 'i32' ? null : standardisation, key: type, valid: null },
    })
    const masked = (one: BatchSource): BatchSource => ({
      ...one,
      key: `${one.key} masked`,
      valid: this.valid,
    })
    this.sources = { u8: source('u8'), f32: source('f32'), i32: source('i32') }
    const { u8, f32, i32 } = this.sources
    this.masked = { u8: masked(u8), f32: masked(f32), i32: masked(i32) }
  }

  /** The source of batches of a data set's type. */
  sourceFor(data: Dataset): BatchSource {
    const kind = this.takesIds ? 'i32' : data.inputs instanceof Uint8Array ? 'u8' : 'f32'
    return (data.lengths ? this.masked : this.sources)[kind]
  }

  /** @throws DataError when a data set's inputs are not of the kind that the model takes. */
  check({ name, inputs, lengths }: Dataset): void {
    if (
      this.takesIds
        ? inputs instanceof Float32Array && !inputs.every(Number.isInteger)
        : inputs instanceof Int32Array
    ) {
      throw new DataError(
        this.takesIds
          ? `${name}: the model takes ids, so inputs should be whole numbers, found numbers that are not`
          : `${name}: the model takes numbers, found inputs of int32, which are ids; an embedding as its first layer takes these`,
      )
    }
    if (lengths && this.shape.length > (this.takesIds ? 1 : 2)) {
      throw new DataError(
        `${name}: lengths are for samples that are sequences, [steps] or [steps, features], found [${this.shape.join(', ')}]`,
      )
    }
  }

  /**
   * Puts `batch` samples of a data set on the stage, from the `start`-th of `order` on, or of the set without it; with
   * their labels where `labelled`.
   * @throws DataError that names the sample which is not right
   */
  load(data: Dataset, start: number, batch: number, labelled: boolean, order?: Uint32Array): BatchSource {
    const source = this.sourceFor(data)
    this.makeRoom(source, batch)
    const { views } = this.session.engine
    const at = this.session.addressOf(source.images.buffer)
    const { type } = source.images
    if (type === 'u8') copySamples(data, start, batch, this.size, views.u8, at, order)
    else if (type === 'f32') copySamples(data, start, batch, this.size, views.f32, at >>> 2, order)
    else {
      copySamples(data, start, batch, this.size, views.i32, at >>> 2, order)
      checkIds(data, views.i32, at >>> 2, batch * this.size, this.ids, (i) => {
        const place = start + Math.floor(i / this.size)
        return `sample ${order?.[place] ?? place}, element ${i % this.size}`
      })
    }
    if (data.lengths) this.loadLengths(data, data.lengths, start, batch, order)
    if (labelled) {
      copyLabels(data, start, batch, views.u8, this.session.addressOf(source.labels.buffer), order)
    }
    return source
  }

  private loadLengths(
    data: Dataset,
    lengths: Int32Array,
    start: number,
    batch: number,
    order: Uint32Array | undefined,
  ): void {
    const steps = this.shape[0]!
    this.session.reserve(this.valid.buffer, steps * batch * 4)
    const at = this.session.addressOf(this.valid.buffer) >>> 2
    const { f32 } = this.session.engine.views
    for (let i = 0; i < batch; i++) {
      const sample = order?.[start + i] ?? start + i
      const length = lengths[rowOf(data, sample)]!
      if (!(length >= 0 && length <= steps)) {
        throw new DataError(
          `${data.name}: expected lengths of 0 to ${steps}, found ${length} at sample ${sample}`,
        )
      }
      const first = data.padding === 'pre' ? steps - length : 0
      for (let t = 0; t < steps; t++) f32[at + t * batch + i] = t >= first && t < first + length ? 1 : 0
    }
  }

  /**
   * Puts `batch` samples of float32 `values` on the stage, from the `start`-th on.
   * @throws ModelError that names the sample and the element of a value that is not finite
   */
  loadValues(values: Float32Array, start: number, batch: number): BatchSource {
    const { session, size } = this
    const source = this.sources.f32
    this.makeRoom(source, batch)
    const { f32 } = session.engine.views
    const at = session.addressOf(source.images.buffer) >>> 2
    f32.set(values.subarray(start * size, (start + batch) * size), at)
    const bad = firstNotFinite(f32, at, at + batch * size) - at
    if (bad >= 0) {
      throw new ModelError(
        `predict: inputs should be finite, found ${f32[at + bad]} in sample ${start + Math.floor(bad / size)}, element ${bad % size}.`,
      )
    }
    return source
  }

  /**
   * Puts `batch` samples of ids on the stage, from the `start`-th on.
   * @throws ModelError that names the sample and the element of an id that the model has no vector for
   */
  loadIds(values: Int32Array, start: number, batch: number): BatchSource {
    const { session, size } = this
    const source = this.sources.i32
    this.makeRoom(source, batch)
    const at = session.addressOf(source.images.buffer) >>> 2
    for (let i = 0; i < batch * size; i++) {
      const id = values[start * size + i]!
      if (!(id >= 0 && id < this.ids)) {
        throw new ModelError(
          `predict: inputs should be ids of 0 to ${this.ids - 1}, found ${id} in sample ${start + Math.floor(i / size)}, element ${i % size}.`,
        )
      }
      session.engine.views.i32[at + i] = id
    }
    return source
  }

  private makeRoom({ images, labels }: BatchSource, batch: number): void {
    const { session, indices } = this
    session.reserve(images.buffer, batch * this.size * (images.type === 'u8' ? 1 : 4))
    session.reserve(labels.buffer, batch)
    if (!session.reserve(indices.buffer, batch * 4)) return
    const at = session.addressOf(indices.buffer) >>> 2
    for (let i = 0; i < batch; i++) session.engine.views.i32[at + i] = i
  }
}
