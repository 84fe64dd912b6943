import { rmsprop } from '../../src/index.js'
import { testAdaptiveKernel } from '../support/optimizer-kernels.js'

const rate = 0.01
testAdaptiveKernel(/^rmsprop$/, [
  rmsprop({ learningRate: rate }),
  rmsprop({ learningRate: rate, epsilonInside: true, decay: 0.99, epsilon: 1e-3 }),
])
