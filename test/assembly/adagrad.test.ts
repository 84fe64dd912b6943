import { adagrad } from '../../src/index.js'
import { testAdaptiveKernel } from '../support/optimizer-kernels.js'

const rate = 0.01
testAdaptiveKernel(/^adagrad$/, [adagrad({ rate }), adagrad({ rate, start: 0.1 })])
