import { copyLabels, copySamples, firstNotFinite } from '../data/crossing.js'
import type { Dataset } from '../data/dataset.js'
import { ModelError } from '../errors.js'
import { createTensor, sizeOf, type Tensor } from '../program/tensor.js'
import type { Session } from './session.js'
import type { BatchSource, Standard } from './state.js'

/**
 * Where batches enter an engine: memory for one batch of samples and labels, into which they are copied from the user's
 * arrays and checked, each time. So an engine never holds a data set, sees every array as it is at that moment, and its
 * kernels meet no index or label that was not looked at.
 */
export class Stage {
  private readonly sources: Readonly<Record<'u8' | 'f32', BatchSource>>
  private readonly size: number

  constructor(
    private readonly session: Session,
    /** int32: places of the batch's rows on the stage, which are 0, 1, 2 and so on. */
    private readonly indices: Tensor,
    sample: readonly number[],
    standardisation: Standard | null,
  ) {
    this.size = sizeOf(sample)
    const labels = createTensor('external', 'images labels', [0], 'u8')
    const source = (type: 'u8' | 'f32'): BatchSource => {
      return { images: createTensor('external', 'images', [0, ...sample], type), labels, standardisation }
    }
    this.sources = { u8: source('u8'), f32: source('f32') }
  }

  /** The source of batches of a data set's type. */
  sourceFor(images: Dataset['inputs']): BatchSource {
    return this.sources[images instanceof Uint8Array ? 'u8' : 'f32']
  }

  /**
   * Puts `batch` samples of a data set on the stage, from the `start`-th of `order` on, or of the set without it; with
   * their labels where `labelled`.
   * @throws DataError that names the sample which is not right
   */
  load(data: Dataset, start: number, batch: number, labelled: boolean, order?: Uint32Array): BatchSource {
    const source = this.sourceFor(data.inputs)
    this.makeRoom(source, batch)
    const { views } = this.session.engine
    const at = this.session.addressOf(source.images.buffer)
    if (source.images.type === 'u8') copySamples(data, start, batch, this.size, views.u8, at, order)
    else copySamples(data, start, batch, this.size, views.f32, at >>> 2, order)
    if (labelled) {
      copyLabels(data, start, batch, views.u8, this.session.addressOf(source.labels.buffer), order)
    }
    return source
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

  private makeRoom({ images, labels }: BatchSource, batch: number): void {
    const { session, indices } = this
    session.reserve(images.buffer, batch * this.size * (images.type === 'u8' ? 1 : 4))
    session.reserve(labels.buffer, batch)
    if (!session.reserve(indices.buffer, batch * 4)) return
    const at = session.addressOf(indices.buffer) >>> 2
    for (let i = 0; i < batch; i++) session.engine.views.i32[at + i] = i
  }
}
