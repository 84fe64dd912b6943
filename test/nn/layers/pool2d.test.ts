import t from 'tap'
import { averagePooling2d, globalAveragePooling2d, maxPooling2d } from '../../../src/nn/layers/pool2d.js'
import type { LayerSpec } from '../../../src/nn/layers/spec.js'
import { sequential } from '../../../src/nn/sequential.js'

t.test('a wrong description is refused by name', async (t) => {
  const wrong: [() => LayerSpec, number[], RegExp][] = [
    [() => maxPooling2d(0), [4, 4], /maxPooling2d: poolSize should be a whole number from 1 up or a pair/],
    [() => maxPooling2d(5), [4, 4, 3], /maxPooling2d_1: a window of 5 x 5 does not fit .* \[4, 4, 3\]/],
    [
      () => averagePooling2d([2, 3]),
      [4, 4],
      /averagePooling2d_1: windows of 2 x 3 need a stride, found none/,
    ],
    [
      () => averagePooling2d(2, { strides: 0 }),
      [4, 4],
      /strides should be a whole number from 1 up, found 0/,
    ],
    [() => globalAveragePooling2d(), [16], /globalAveragePooling2d_1: takes images, .* \[16\]/],
  ]
  for (const [spec, input, message] of wrong) {
    t.throws(() => sequential([spec()], { input }), { name: 'ModelError', message })
  }
})
