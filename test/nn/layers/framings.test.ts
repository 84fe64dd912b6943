import t from 'tap'
import { createJsEngine } from '../../../src/engine/js/engine.js'
import { columns, type LayerSpec, patches, pixels, rows, sequential } from '../../../src/index.js'
import { runLayers } from '../../support/layers.js'

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)

t.test('framings cut images in reading order', (t) => {
  const image = Float32Array.from({ length: 12 }, (_, i) => i)
  const framed = (layer: LayerSpec, input: number[]) => {
    const model = sequential([layer], { input })
    const dy = new Float32Array(sizeOf(model.output))
    return [
      model.output,
      [...runLayers(createJsEngine(), [layer], input, { x: image, weights: [], dy, batch: 1 }).y],
    ]
  }
  const all = [...image]
  t.same(framed(rows(), [3, 4]), [[3, 4], all])
  t.same(framed(rows(2), [3, 4]), [[2, 4], all.slice(0, 8)])
  t.same(framed(columns(), [3, 4]), [
    [4, 3],
    [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
  ])
  t.same(framed(columns(), [2, 3, 2]), [
    [3, 4],
    [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11],
  ])
  t.same(framed(patches(6), [3, 4]), [[2, 6], all])
  t.same(framed(pixels(), [3, 4]), [[12, 1], all])
  t.end()
})
