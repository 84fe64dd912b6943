import { adam, adamw } from '../../src/index.js'
import { testAdaptiveKernel } from '../support/optimizer-kernels.js'

const rate = 0.01
testAdaptiveKernel(/^adamw?$/, [
  adam({ learningRate: rate }),
  adam({ learningRate: rate, amsgrad: true, weightDecay: 0.1 }),
  adamw({ learningRate: rate }),
  adamw({ learningRate: rate, amsgrad: true, beta1: 0, beta2: 0.5 }),
])
