import t from 'tap'
import { Activation } from '../../assembly/codes.js'
import { conv2d } from '../../src/nn/layers/conv2d.js'
import * as instruction from '../../src/program/instructions.js'
import { sameBits } from '../support/bits.js'
import { Cases } from '../support/cases.js'
import { floats, golden, mismatch } from '../support/golden.js'
import { guarded, roughFloats } from '../support/images.js'
import { runLayers } from '../support/layers.js'
import { randomIntegers } from '../support/random.js'
import { everyEngine, runInstruction } from '../support/run.js'
import { createSharesEngine } from '../support/threads.js'

interface ConvConfig {
  kernel: [number, number]
  stride: number
  padding: 'valid' | 'same'
}

t.test('convolutions agree with the golden vectors', async (t) => {
  const cases = golden('convolution')
  t.equal(cases.length, 13)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of cases) {
      const { kernel, stride, padding } = config as unknown as ConvConfig
      const { x, W, b, dy } = inputs
      const [batch, ...input] = x!.shape as [number, ...number[]]
      const found = runLayers(
        engine,
        [conv2d(W!.shape[3]!, kernel, { strides: stride, padding, useBias: b !== undefined })],
        input,
        { x: floats(x!), weights: b ? [floats(W!), floats(b)] : [floats(W!)], dy: floats(dy!), batch },
      )
      const wrong = [
        mismatch(found.y, outputs.y!),
        mismatch(found.dx, grads.x!),
        mismatch(found.gradients.get('conv2d_1/kernel')!, grads.W!),
        b && mismatch(found.gradients.get('conv2d_1/bias')!, grads.b!),
      ]
      t.same(wrong, [undefined, undefined, undefined, undefined], `${engine.name} ${name}`)
    }
  }
})

interface Case {
  batch: number
  height: number
  width: number
  channels: number
  kernel: readonly [number, number]
  filters: number
  stride: number
}

/** Shapes that need several K-blocks, column blocks, filters packed in parts, and long rows; then random ones. */
function shapes(integers: (low: number, high: number) => number): Case[] {
  const large: Case[] = [
    { batch: 2, height: 3, width: 4, channels: 300, kernel: [2, 1], filters: 9, stride: 1 },
    { batch: 1, height: 4, width: 5, channels: 120, kernel: [3, 3], filters: 130, stride: 1 },
    { batch: 1, height: 2, width: 2, channels: 520, kernel: [1, 1], filters: 530, stride: 1 },
    { batch: 1, height: 17, width: 17, channels: 1, kernel: [2, 2], filters: 521, stride: 1 },
    { batch: 2, height: 1, width: 2300, channels: 1, kernel: [1, 3], filters: 2, stride: 1 },
    { batch: 1, height: 3, width: 700, channels: 2, kernel: [2, 5], filters: 3, stride: 2 },
  ]
  // Rows of patches that are long enough to leave the zeros of dy out, of every length that a kernel treats apart.
  const sparse: Case[] = [
    { batch: 2, height: 4, width: 700, channels: 7, kernel: [2, 3], filters: 5, stride: 2 },
    { batch: 2, height: 3, width: 9, channels: 67, kernel: [3, 1], filters: 3, stride: 1 },
    { batch: 1, height: 3, width: 3, channels: 16, kernel: [1, 1], filters: 301, stride: 1 },
    { batch: 3, height: 9, width: 9, channels: 16, kernel: [3, 3], filters: 32, stride: 1 },
  ]
  const random = Array.from({ length: 40 }, (): Case => {
    const kernel = [integers(1, 5), integers(1, 5)] as const
    return {
      ...{
        batch: integers(1, 4),
        channels: integers(1, 9),
        filters: integers(1, 20),
        stride: integers(1, 4),
      },
      ...{ height: kernel[0] + integers(0, 9), width: kernel[1] + integers(0, 9), kernel },
    }
  })
  const one = { batch: 1, height: 1, width: 1, channels: 1, kernel: [1, 1], filters: 1, stride: 1 } as const
  return [one, ...large, ...sparse, ...random]
}

t.test('every engine and every number of shares gives the same bits', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(5)
  const js = (await everyEngine())[1]!
  const engines = [(await everyEngine())[0]!]
  for (const threads of [2, 3, 7]) engines.push(await createSharesEngine(threads, 1 << 23))
  for (const { batch, height, width, channels, kernel, filters, stride } of shapes(integers)) {
    const [kernelHeight, kernelWidth] = kernel
    // What lies around the image, of which dx is computed without.
    const top = integers(0, Math.min(kernelHeight - 1, height - 1))
    const left = integers(0, Math.min(kernelWidth - 1, width - 1))
    const outHeight = Math.floor((height - kernelHeight) / stride) + 1
    const outWidth = Math.floor((width - kernelWidth) / stride) + 1
    const x = roughFloats(batch * height * width * channels, integers)
    const w = roughFloats(kernelHeight * kernelWidth * channels * filters, integers)
    const bias = integers(0, 1) === 1 ? roughFloats(filters, integers) : null
    const dy = roughFloats(batch * outHeight * outWidth * filters, integers)
    // Zeros and ones that are not, around the share from which they are left out.
    const kept = integers(0, 3)
    dy.forEach((_, i) => {
      if (integers(0, 3) > kept) dy[i] = integers(0, 1) === 0 ? 0 : -0
    })
    const activation = integers(Activation.None, Activation.Sigmoid)
    const shape = { batch, channels, kernelHeight, kernelWidth, filters, stride }
    const bare = { height: height - integers(top, height - 1), width: width - integers(left, width - 1) }

    const run = (engine: typeof js) => {
      const y = guarded(dy.length)
      const dw = guarded(w.length)
      const dx = guarded(batch * bare.height * bare.width * channels)
      runInstruction(engine, instruction.conv2d, {
        ...{ x, w, bias, y, ...shape, height, width, activation, slope: 0.25 },
      })
      runInstruction(engine, instruction.conv2dFilters, { x, dy, dw, ...shape, height, width })
      runInstruction(engine, instruction.conv2dInput, {
        ...{ dy, w, dx, ...shape, ...bare, top, left, outHeight, outWidth },
      })
      return { y, dw, dx }
    }
    const wanted = run(js)
    for (const engine of engines) {
      const found = run(engine)
      const label = `${engine.describe()}: [${batch}, ${height}, ${width}, ${channels}], filters ${kernel} x ${filters}, stride ${stride}`
      sameBits(cases, found.y, wanted.y, `y ${label}`)
      sameBits(cases, found.dw, wanted.dw, `dw ${label}`)
      sameBits(cases, found.dx, wanted.dx, `dx ${label}`)
    }
  }
  cases.end(t)
})

t.test(
  'zeros are left out from half of dy and 16 floats a row of a patch on, in every engine alike',
  async (t) => {
    const engines = [...(await everyEngine()), await createSharesEngine(3, 1 << 18)]
    const extent = { batch: 1, height: 4, width: 4, kernelHeight: 2, kernelWidth: 2, stride: 1 }
    for (const [channels, zeros, skips] of [
      [8, 9, true],
      [8, 8, false],
      [7, 18, false],
    ] as const) {
      const shape = { ...extent, channels, filters: 2 }
      const dy = new Float32Array(18).fill(1).fill(0, 0, zeros)
      const x = new Float32Array(16 * channels).fill(Number.POSITIVE_INFINITY)
      const w = new Float32Array(4 * channels * 2).fill(Number.NEGATIVE_INFINITY)
      for (const engine of engines) {
        const dw = new Float32Array(w.length)
        const dx = new Float32Array(x.length)
        runInstruction(engine, instruction.conv2dFilters, { x, dy, dw, ...shape })
        runInstruction(engine, instruction.conv2dInput, {
          ...{ dy, w, dx, ...shape, top: 0, left: 0, outHeight: 3, outWidth: 3 },
        })
        // Infinity times a zero that is not left out is NaN.
        const label = `${engine.describe()}: ${channels} channels, ${zeros} zeros`
        t.equal(dw.some(Number.isNaN), !skips, `dw ${label}`)
        t.equal(dx.some(Number.isNaN), !skips, `dx ${label}`)
      }
    }
  },
)

t.test('padding puts zeros around every image', async (t) => {
  const cases = new Cases()
  const integers = randomIntegers(8)
  for (const engine of [...(await everyEngine()), await createSharesEngine(3, 1 << 18)]) {
    for (let n = 0; n < 40; n++) {
      const [batch, height, width] = [integers(1, 3), integers(1, 5), integers(1, 5)]
      const [channels, top, left] = [integers(1, 5), integers(0, 2), integers(0, 2)]
      const paddedHeight = height + top + integers(0, 2)
      const paddedWidth = width + left + integers(0, 2)
      const x = roughFloats(batch * height * width * channels, integers)
      const y = guarded(batch * paddedHeight * paddedWidth * channels)
      const wanted = y.slice()
      for (let b = 0; b < batch; b++) {
        for (let iy = 0; iy < paddedHeight; iy++) {
          for (let ix = 0; ix < paddedWidth; ix++) {
            const [row, column] = [iy - top, ix - left]
            const inside = row >= 0 && row < height && column >= 0 && column < width
            for (let c = 0; c < channels; c++) {
              const to = ((b * paddedHeight + iy) * paddedWidth + ix) * channels + c
              wanted[to] = inside ? x[((b * height + row) * width + column) * channels + c]! : 0
            }
          }
        }
      }
      runInstruction(engine, instruction.pad2d, {
        ...{ x, y, batch, height, width, channels, top, left, paddedHeight, paddedWidth },
      })
      sameBits(cases, y, wanted, `${engine.describe()}: [${batch}, ${height}, ${width}, ${channels}]`)
    }
  }
  cases.end(t)
})
