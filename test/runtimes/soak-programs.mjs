import { adam, dense, dropout, flatten, lstm, rows, sgd } from '../../build/src/index.js'

const size = { samples: 331, batch: 128, epochs: 10 }

/** Besides the conformance set: networks whose steps take longer, so that threads are interrupted within instructions. */
export const larger = [
  {
    ...{ name: 'wide MLP', ...size, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
    layers: [flatten(), dense(512, { activation: 'relu' }), dropout(0.5), dense(10)],
  },
  {
    ...{ name: 'LSTM(64)', ...size, optimizer: adam({ learningRate: 0.003 }) },
    layers: [rows(), lstm(64), dense(10)],
  },
]
