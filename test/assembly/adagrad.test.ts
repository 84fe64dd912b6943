import { adagrad } from '../../src/index.js'
import { testAdaptiveKernel } from '../support/optimizer-kernels.js'

const rate = 0.01
testAdaptiveKernel(/^adagrad$/, [
  adagrad({ learningRate: rate }),
  adagrad({ learningRate: rate, initialAccumulatorValue: 0.1 }),
])
