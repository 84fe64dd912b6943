/** ConvNetJS: `convnetjs.mjs FOLDER THREADS`. It trains sample by sample in double precision, updating after each batch. */
import { load, serve, versionOf } from './serve.mjs'

const { default: convnetjs } = await load('convnetjs')

// It says on the console what it does not know, and goes on without.
console.log = (text) => {
  throw new Error(text)
}

const networks = {
  mlp: ({ sizes, activation, dropout }) => [
    { type: 'input', out_sx: 1, out_sy: 1, out_depth: 784 },
    ...sizes.slice(1, -1).map((units) => ({
      ...{ type: 'fc', num_neurons: units, activation },
      ...(dropout ? { drop_prob: dropout } : {}),
    })),
  ],
  cnn: ({ channels }) => [
    { type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 },
    ...channels.slice(1).flatMap((filters) => [
      { type: 'conv', sx: 3, filters, stride: 1, pad: 0, activation: 'relu' },
      { type: 'pool', sx: 2, stride: 2 },
    ]),
  ],
}

const image = [{ type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 }]
// Without Adam, its own method nearest to it: the mean square of the gradients in a window.
const methods = { sgd: 'sgd', adam: 'windowgrad', rmsprop: 'windowgrad' }

function train(workload, batches) {
  const layers = networks[workload.network]?.(workload) ?? [...image, { type: workload.network }]
  const net = new convnetjs.Net()
  net.makeLayers([...layers, { type: 'softmax', num_classes: 10 }])
  const trainer = new convnetjs.Trainer(net, {
    ...{ method: methods[workload.optimizer], learning_rate: workload.rate, batch_size: workload.batch },
    ...{ momentum: 0, l2_decay: 0 },
  })
  const { out_sx: width, out_sy: height, out_depth: depth } = layers[0]
  const volume = new convnetjs.Vol(width, height, depth, 0)
  function step() {
    const { x, y, size } = batches.next()
    let loss = 0
    for (let i = 0; i < size; i++) {
      volume.w.set(x.subarray(784 * i, 784 * (i + 1)))
      loss += trainer.train(volume, y[i]).cost_loss
    }
    return loss / size
  }
  return { step }
}

function multiply() {
  throw new Error('ConvNetJS has no matrix product.')
}

await serve({ version: versionOf('convnetjs'), train, multiply })
