import t from 'tap'
import { conv2d } from '../../../src/nn/layers/conv2d.js'
import { sequential } from '../../../src/nn/sequential.js'

t.test('a grey image needs no channel axis', async (t) => {
  const [flat, deep] = [
    [6, 5],
    [6, 5, 1],
  ].map((input) => sequential([conv2d(3, 2, { padding: 'same', strides: 2 })], { input }))
  t.same(flat!.output, [3, 3, 3])
  t.same(flat!.output, deep!.output)
  t.same(flat!.weights(), deep!.weights())
})

t.test('a wrong description is refused by name', async (t) => {
  const wrong: [() => unknown, number[], RegExp][] = [
    [() => conv2d(0, 3), [8, 8], /conv2d: filters should be a whole number from 1 up, found 0/],
    [() => conv2d(4, [3, 0]), [8, 8], /conv2d: kernelSize should be .*\[height, width\], found \[3,0\]/],
    [() => conv2d(4, 3, { strides: 1.5 }), [8, 8], /conv2d: strides should be .*, found 1.5/],
    [() => conv2d(4, 3, { padding: 'full' as never }), [8, 8], /padding should be one of 'valid', 'same'/],
    [() => conv2d(4, [9, 2]), [8, 8], /conv2d_1: a window of 9 x 2 does not fit .* shape \[8, 8\]/],
    [() => conv2d(4, 3), [64], /conv2d_1: takes images, .* its input has shape \[64\]/],
    [() => conv2d(4, 3), [2, 2, 2, 2], /conv2d_1: takes images, .* its input has shape \[2, 2, 2, 2\]/],
  ]
  for (const [spec, input, message] of wrong) {
    t.throws(() => sequential([spec() as never], { input }), { name: 'ModelError', message })
  }
})
