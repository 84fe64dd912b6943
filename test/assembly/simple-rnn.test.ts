import { testRecurrentKernel } from '../support/recurrent-kernels.js'

testRecurrentKernel('simpleRnn')
