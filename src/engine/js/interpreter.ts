import { Op } from '../../../assembly/opcodes.js'
import { EngineError } from '../../errors.js'
import { activate, activateBackward } from './activation.js'
import { adagrad } from './adagrad.js'
import { adam } from './adam.js'
import { add } from './add.js'
import { augment } from './augment.js'
import { averagedCrossEntropy, averageSteps } from './averaged-cross-entropy.js'
import {
  batchNorm,
  batchNormGradients,
  batchNormInput,
  batchNormStatistics,
  inverseDeviation,
} from './batch-norm.js'
import { categoricalCrossEntropy, normaliseRows } from './categorical-cross-entropy.js'
import { clipNorm, clipValue } from './clip.js'
import { columnSum } from './column-sum.js'
import { conv2d, conv2dFilters, conv2dInput, pad2d } from './conv2d.js'
import { copyBlocks } from './copy-blocks.js'
import { softmaxCrossEntropy, tally } from './cross-entropy.js'
import { dropout } from './dropout.js'
import { copy } from './fill.js'
import { gather, gatherBytes, gatherLabels } from './gather.js'
import { gemm } from './gemm.js'
import { pack } from './gemm-packed.js'
import { gru, gruBackward } from './gru.js'
import { runInitialisation } from './initialisation.js'
import { layerNorm, layerNormGradients, layerNormInput } from './layer-norm.js'
import { logSoftmax, logSoftmaxBackward } from './log-softmax.js'
import { lstm, lstmBackward } from './lstm.js'
import { maskSteps } from './mask-steps.js'
import { argMax, oneHot } from './one-hot.js'
import { permutation } from './permutation.js'
import { binaryCrossEntropy, squaredError } from './pointwise-loss.js'
import { averagePool2d, averagePool2dBackward, maxPool2d, maxPool2dBackward } from './pool2d.js'
import { addPenalty, penalty, regularise } from './regularise.js'
import { rmsprop } from './rmsprop.js'
import { sequenceLengths } from './sequence-lengths.js'
import { sgd } from './sgd.js'
import { simpleRnn, simpleRnnBackward } from './simple-rnn.js'
import { softmax, softmaxBackward } from './softmax.js'
import type { Views } from './views.js'

/**
 * The twin of assembly/interpreter.ts: runs the instructions in the `words` 32-bit words at `program`. The arguments of
 * each are in the order of src/program/instructions.ts.
 */
export function run(memory: Views, program: number, words: number): void {
  const { i32, f32 } = memory
  const start = program >>> 2
  const end = start + words
  for (let i = start; i < end; i += i32[i + 1]!) {
    const a = i + 2
    switch (i32[i]) {
      case Op.Copy:
        copy(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!)
        break
      case Op.Gather:
        gather(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!, i32[a + 5]!, i32[a + 6]!)
        break
      case Op.GatherBytes:
        gatherBytes(
          memory,
          i32[a]! >>> 0,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
        )
        break
      case Op.GatherLabels:
        gatherLabels(memory, i32[a]! >>> 0, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.Gemm:
        gemm(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
          i32[a + 11]!,
          f32[a + 12]!,
        )
        break
      case Op.ColumnSum:
        columnSum(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!)
        break
      case Op.Activate:
        activate(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, f32[a + 4]!)
        break
      case Op.ActivateBackward:
        activateBackward(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          f32[a + 6]!,
        )
        break
      case Op.Softmax:
        softmax(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.SoftmaxBackward:
        softmaxBackward(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!)
        break
      case Op.SoftmaxCrossEntropy:
        softmaxCrossEntropy(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          f32[a + 7]!,
        )
        break
      case Op.Tally:
        tally(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!, i32[a + 5]!, i32[a + 6]!)
        break
      case Op.Dropout:
        dropout(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          f32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
        )
        break
      case Op.Permutation:
        permutation(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!)
        break
      case Op.Sgd:
        sgd(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          f32[a + 5]!,
          f32[a + 6]!,
          i32[a + 7]!,
        )
        break
      case Op.Rmsprop:
        rmsprop(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          f32[a + 5]!,
          f32[a + 6]!,
          f32[a + 7]!,
          i32[a + 8]!,
        )
        break
      case Op.Adagrad:
        adagrad(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!, f32[a + 5]!, f32[a + 6]!)
        break
      case Op.Adam:
        adam(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          f32[a + 7]!,
          f32[a + 8]!,
          f32[a + 9]!,
          f32[a + 10]!,
          f32[a + 11]!,
          f32[a + 12]!,
          i32[a + 13]!,
        )
        break
      case Op.Regularise:
        regularise(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, f32[a + 3]!, f32[a + 4]!)
        break
      case Op.Penalty:
        penalty(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, f32[a + 3]!, f32[a + 4]!)
        break
      case Op.AddPenalty:
        addPenalty(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.ClipValue:
        clipValue(memory, i32[a]!, i32[a + 1]!, f32[a + 2]!)
        break
      case Op.ClipNorm:
        clipNorm(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, f32[a + 4]!)
        break
      case Op.OneHot:
        oneHot(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.ArgMax:
        argMax(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.BinaryCrossEntropy:
        binaryCrossEntropy(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          f32[a + 6]!,
        )
        break
      case Op.SquaredError:
        squaredError(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          f32[a + 6]!,
        )
        break
      case Op.LogSoftmax:
        logSoftmax(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.LogSoftmaxBackward:
        logSoftmaxBackward(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!)
        break
      case Op.Pad2d:
        pad2d(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
        )
        break
      case Op.Conv2d:
        conv2d(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
          i32[a + 11]!,
          i32[a + 12]!,
          f32[a + 13]!,
        )
        break
      case Op.Conv2dFilters:
        conv2dFilters(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
        )
        break
      case Op.Conv2dInput:
        conv2dInput(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
          i32[a + 11]!,
          i32[a + 12]!,
          i32[a + 13]!,
          i32[a + 14]!,
        )
        break
      case Op.MaxPool2d:
        maxPool2d(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
        )
        break
      case Op.MaxPool2dBackward:
        maxPool2dBackward(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
        )
        break
      case Op.AveragePool2d:
        averagePool2d(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
        )
        break
      case Op.AveragePool2dBackward:
        averagePool2dBackward(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
        )
        break
      case Op.BatchNormStatistics:
        batchNormStatistics(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          f32[a + 7]!,
          f32[a + 8]!,
        )
        break
      case Op.InverseDeviation:
        inverseDeviation(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, f32[a + 3]!)
        break
      case Op.BatchNorm:
        batchNorm(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
        )
        break
      case Op.BatchNormGradients:
        batchNormGradients(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
        )
        break
      case Op.BatchNormInput:
        batchNormInput(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
        )
        break
      case Op.LayerNorm:
        layerNorm(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          f32[a + 8]!,
        )
        break
      case Op.LayerNormGradients:
        layerNormGradients(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
        )
        break
      case Op.LayerNormInput:
        layerNormInput(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
        )
        break
      case Op.Augment:
        augment(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          f32[a + 9]!,
          f32[a + 10]!,
          i32[a + 11]!,
          f32[a + 12]!,
          f32[a + 13]!,
          i32[a + 14]!,
          i32[a + 15]!,
          i32[a + 16]!,
        )
        break
      case Op.Add:
        add(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!)
        break
      case Op.CopyBlocks:
        copyBlocks(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
        )
        break
      case Op.SequenceLengths:
        sequenceLengths(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!, f32[a + 5]!)
        break
      case Op.MaskSteps:
        maskSteps(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!)
        break
      case Op.Pack:
        pack(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!, i32[a + 4]!, i32[a + 5]!)
        break
      case Op.SimpleRnn:
        simpleRnn(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
        )
        break
      case Op.SimpleRnnBackward:
        simpleRnnBackward(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
          i32[a + 11]!,
        )
        break
      case Op.Lstm:
        lstm(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
        )
        break
      case Op.LstmBackward:
        lstmBackward(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
          i32[a + 11]!,
          i32[a + 12]!,
        )
        break
      case Op.Gru:
        gru(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
          i32[a + 11]!,
          i32[a + 12]!,
        )
        break
      case Op.GruBackward:
        gruBackward(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
          i32[a + 10]!,
          i32[a + 11]!,
          i32[a + 12]!,
          i32[a + 13]!,
        )
        break
      case Op.AverageSteps:
        averageSteps(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.AveragedCrossEntropy:
        averagedCrossEntropy(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
          i32[a + 7]!,
          i32[a + 8]!,
          i32[a + 9]!,
        )
        break
      case Op.CategoricalCrossEntropy:
        categoricalCrossEntropy(
          memory,
          i32[a]!,
          i32[a + 1]!,
          i32[a + 2]!,
          i32[a + 3]!,
          i32[a + 4]!,
          i32[a + 5]!,
          i32[a + 6]!,
        )
        break
      case Op.NormaliseRows:
        normaliseRows(memory, i32[a]!, i32[a + 1]!, i32[a + 2]!, i32[a + 3]!)
        break
      case Op.Barrier:
        // One thread is always there already.
        break
      default:
        if (!runInitialisation(memory, i))
          throw new EngineError(`The program has the unknown opcode ${i32[i]} at word ${i - start}.`)
    }
  }
}
