import type { Command } from 'commander'
import { type OptimizerSpec, sgd } from '../index.js'
import { batchSize, number } from './parse.js'

/** How one training step works. */
export interface TrainingChoice {
  readonly batch: number | 'full'
  readonly rate: number
  readonly momentum: number
  readonly nesterov?: boolean
  readonly weightDecay: number
  readonly standardise?: boolean
}

export function addTrainingOptions(command: Command): Command {
  return command
    .option('--batch <samples>', "samples a step, or 'full' for all at once", batchSize, 128)
    .option('--rate <number>', 'learning rate', number(0), 0.1)
    .option('--momentum <number>', 'of SGD', number(0, 1), 0.9)
    .option('--nesterov', "Nesterov's form of momentum")
    .option('--weight-decay <number>', 'L2 regularisation', number(0), 0)
    .option('--standardise', 'standardise each pixel by the training part, instead of scaling to 0..1')
}

export function optimizerFrom({
  rate,
  momentum,
  nesterov = false,
  weightDecay,
}: TrainingChoice): OptimizerSpec {
  return sgd({ rate, momentum, nesterov, weightDecay })
}
