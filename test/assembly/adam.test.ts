import { adam, adamw } from '../../src/index.js'
import { testAdaptiveKernel } from '../support/optimizer-kernels.js'

const rate = 0.01
testAdaptiveKernel(/^adamw?$/, [
  adam({ rate }),
  adam({ rate, amsgrad: true, weightDecay: 0.1 }),
  adamw({ rate }),
  adamw({ rate, amsgrad: true, beta1: 0, beta2: 0.5 }),
])
