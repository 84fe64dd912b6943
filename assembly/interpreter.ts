import { activate, activateBackward } from './activation'
import { adagrad } from './adagrad'
import { adam } from './adam'
import { add } from './add'
import { augment } from './augment'
import { averageSteps, averagedCrossEntropy } from './averaged-cross-entropy'
import { passBarrier } from './barrier'
import {
  batchNorm,
  batchNormGradients,
  batchNormInput,
  batchNormStatistics,
  inverseDeviation,
} from './batch-norm'
import { categoricalCrossEntropy, normaliseRows } from './categorical-cross-entropy'
import { clipNorm, clipValue } from './clip'
import { columnSum } from './column-sum'
import { conv2d, conv2dFilters, conv2dInput, pad2d } from './conv2d'
import { copyBlocks } from './copy-blocks'
import { softmaxCrossEntropy, tally } from './cross-entropy'
import { dropout } from './dropout'
import { copy, fill } from './fill'
import { gather, gatherBytes, gatherLabels } from './gather'
import { gemm } from './gemm'
import { pack } from './gemm-packed'
import { gru, gruBackward } from './gru'
import { identity, orthogonal } from './initialise'
import { layerNorm, layerNormGradients, layerNormInput } from './layer-norm'
import { logSoftmax, logSoftmaxBackward } from './log-softmax'
import { lstm, lstmBackward } from './lstm'
import { maskSteps } from './mask-steps'
import { argMax, oneHot } from './one-hot'
import { Op } from './opcodes'
import { permutation } from './permutation'
import { binaryCrossEntropy, squaredError } from './pointwise-loss'
import { averagePool2d, averagePool2dBackward, maxPool2d, maxPool2dBackward } from './pool2d'
import { normal, uniform } from './random'
import { addPenalty, penalty, regularise } from './regularise'
import { rmsprop } from './rmsprop'
import { sequenceLengths } from './sequence-lengths'
import { sgd } from './sgd'
import { simpleRnn, simpleRnnBackward } from './simple-rnn'
import { softmax, softmaxBackward } from './softmax'

// @ts-ignore: decorator
@inline
function int(instruction: usize, index: usize): i32 {
  return load<i32>(instruction + 8 + (index << 2))
}

// @ts-ignore: decorator
@inline
function float(instruction: usize, index: usize): f32 {
  return load<f32>(instruction + 8 + (index << 2))
}

/**
 * Runs the instructions from `from` up to `end`, one after the other, and returns where it came to: `end`, or a barrier
 * at which another thread is still missing. The arguments of each are in the order of src/program/instructions.ts.
 */
export function execute(from: usize, end: usize): usize {
  let i = from
  for (; i < end; i += (<usize>load<i32>(i, 4)) << 2) {
    switch (load<i32>(i)) {
      case Op.Barrier:
        if (!passBarrier()) return i
        break
      case Op.Fill:
        fill(int(i, 0), int(i, 1), float(i, 2))
        break
      case Op.Copy:
        copy(int(i, 0), int(i, 1), int(i, 2))
        break
      case Op.Gather:
        gather(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), int(i, 6))
        break
      case Op.GatherBytes:
        gatherBytes(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), int(i, 6))
        break
      case Op.GatherLabels:
        gatherLabels(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      case Op.Gemm:
        gemm(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
          int(i, 11),
          float(i, 12),
        )
        break
      case Op.ColumnSum:
        columnSum(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4))
        break
      case Op.Activate:
        activate(int(i, 0), int(i, 1), int(i, 2), int(i, 3), float(i, 4))
        break
      case Op.ActivateBackward:
        activateBackward(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), float(i, 6))
        break
      case Op.Softmax:
        softmax(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      case Op.SoftmaxBackward:
        softmaxBackward(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4))
        break
      case Op.SoftmaxCrossEntropy:
        softmaxCrossEntropy(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          float(i, 7),
        )
        break
      case Op.Tally:
        tally(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), int(i, 6))
        break
      case Op.Dropout:
        dropout(int(i, 0), int(i, 1), int(i, 2), int(i, 3), float(i, 4), int(i, 5), int(i, 6), int(i, 7))
        break
      case Op.Uniform:
        uniform(int(i, 0), int(i, 1), float(i, 2), float(i, 3), int(i, 4), int(i, 5))
        break
      case Op.Normal:
        normal(int(i, 0), int(i, 1), float(i, 2), float(i, 3), int(i, 4), int(i, 5))
        break
      case Op.Identity:
        identity(int(i, 0), int(i, 1), int(i, 2), float(i, 3))
        break
      case Op.Orthogonal:
        orthogonal(int(i, 0), int(i, 1), int(i, 2), float(i, 3), int(i, 4), int(i, 5), int(i, 6))
        break
      case Op.Permutation:
        permutation(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4))
        break
      case Op.Sgd:
        sgd(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), float(i, 5), float(i, 6), int(i, 7))
        break
      case Op.Rmsprop:
        rmsprop(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          float(i, 5),
          float(i, 6),
          float(i, 7),
          int(i, 8),
        )
        break
      case Op.Adagrad:
        adagrad(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), float(i, 5), float(i, 6))
        break
      case Op.Adam:
        adam(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          float(i, 7),
          float(i, 8),
          float(i, 9),
          float(i, 10),
          float(i, 11),
          float(i, 12),
          int(i, 13),
        )
        break
      case Op.Regularise:
        regularise(int(i, 0), int(i, 1), int(i, 2), float(i, 3), float(i, 4))
        break
      case Op.Penalty:
        penalty(int(i, 0), int(i, 1), int(i, 2), float(i, 3), float(i, 4))
        break
      case Op.AddPenalty:
        addPenalty(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      case Op.ClipValue:
        clipValue(int(i, 0), int(i, 1), float(i, 2))
        break
      case Op.ClipNorm:
        clipNorm(int(i, 0), int(i, 1), int(i, 2), int(i, 3), float(i, 4))
        break
      case Op.OneHot:
        oneHot(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      case Op.ArgMax:
        argMax(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      case Op.BinaryCrossEntropy:
        binaryCrossEntropy(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), float(i, 6))
        break
      case Op.SquaredError:
        squaredError(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), float(i, 6))
        break
      case Op.LogSoftmax:
        logSoftmax(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      case Op.LogSoftmaxBackward:
        logSoftmaxBackward(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4))
        break
      case Op.Pad2d:
        pad2d(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
        )
        break
      case Op.Conv2d:
        conv2d(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
          int(i, 11),
          int(i, 12),
          float(i, 13),
        )
        break
      case Op.Conv2dFilters:
        conv2dFilters(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
        )
        break
      case Op.Conv2dInput:
        conv2dInput(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
          int(i, 11),
          int(i, 12),
          int(i, 13),
          int(i, 14),
        )
        break
      case Op.MaxPool2d:
        maxPool2d(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
        )
        break
      case Op.MaxPool2dBackward:
        maxPool2dBackward(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
        )
        break
      case Op.AveragePool2d:
        averagePool2d(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
        )
        break
      case Op.AveragePool2dBackward:
        averagePool2dBackward(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
        )
        break
      case Op.BatchNormStatistics:
        batchNormStatistics(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          float(i, 7),
          float(i, 8),
        )
        break
      case Op.InverseDeviation:
        inverseDeviation(int(i, 0), int(i, 1), int(i, 2), float(i, 3))
        break
      case Op.BatchNorm:
        batchNorm(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), int(i, 6), int(i, 7))
        break
      case Op.BatchNormGradients:
        batchNormGradients(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
        )
        break
      case Op.BatchNormInput:
        batchNormInput(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
        )
        break
      case Op.LayerNorm:
        layerNorm(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          float(i, 8),
        )
        break
      case Op.LayerNormGradients:
        layerNormGradients(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
        )
        break
      case Op.LayerNormInput:
        layerNormInput(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), int(i, 6), int(i, 7))
        break
      case Op.Augment:
        augment(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          float(i, 9),
          float(i, 10),
          int(i, 11),
          float(i, 12),
          float(i, 13),
          int(i, 14),
          int(i, 15),
          int(i, 16),
        )
        break
      case Op.Add:
        add(int(i, 0), int(i, 1), int(i, 2))
        break
      case Op.CopyBlocks:
        copyBlocks(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
        )
        break
      case Op.SequenceLengths:
        sequenceLengths(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), float(i, 5))
        break
      case Op.MaskSteps:
        maskSteps(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4))
        break
      case Op.Pack:
        pack(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5))
        break
      case Op.SimpleRnn:
        simpleRnn(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
        )
        break
      case Op.SimpleRnnBackward:
        simpleRnnBackward(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
          int(i, 11),
        )
        break
      case Op.Lstm:
        lstm(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
        )
        break
      case Op.LstmBackward:
        lstmBackward(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
          int(i, 11),
          int(i, 12),
        )
        break
      case Op.Gru:
        gru(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
          int(i, 11),
          int(i, 12),
        )
        break
      case Op.GruBackward:
        gruBackward(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
          int(i, 10),
          int(i, 11),
          int(i, 12),
          int(i, 13),
        )
        break
      case Op.AverageSteps:
        averageSteps(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      case Op.AveragedCrossEntropy:
        averagedCrossEntropy(
          int(i, 0),
          int(i, 1),
          int(i, 2),
          int(i, 3),
          int(i, 4),
          int(i, 5),
          int(i, 6),
          int(i, 7),
          int(i, 8),
          int(i, 9),
        )
        break
      case Op.CategoricalCrossEntropy:
        categoricalCrossEntropy(int(i, 0), int(i, 1), int(i, 2), int(i, 3), int(i, 4), int(i, 5), int(i, 6))
        break
      case Op.NormaliseRows:
        normaliseRows(int(i, 0), int(i, 1), int(i, 2), int(i, 3))
        break
      default:
        unreachable()
    }
  }
  return i
}
