/**
 * The one list of opcodes and of the codes that instructions carry, imported by the core and by the host.
 * An instruction is a run of 32-bit words in linear memory: opcode, number of words, arguments.
 * src/program/instructions.ts names the arguments of each.
 */
export enum Op {
  Fill = 1,
  Copy,
  Gather,
  GatherBytes,
  GatherLabels,
  Gemm,
  ColumnSum,
  Activate,
  ActivateBackward,
  Softmax,
  SoftmaxBackward,
  SoftmaxCrossEntropy,
  Tally,
  Dropout,
  Uniform,
  Normal,
  Identity,
  Orthogonal,
  Permutation,
  Sgd,
  Rmsprop,
  Adagrad,
  Adam,
  Regularise,
  Penalty,
  AddPenalty,
  ClipValue,
  ClipNorm,
  OneHot,
  ArgMax,
  BinaryCrossEntropy,
  SquaredError,
  LogSoftmax,
  LogSoftmaxBackward,
  Pad2d,
  Conv2d,
  Conv2dFilters,
  Conv2dInput,
  MaxPool2d,
  MaxPool2dBackward,
  AveragePool2d,
  AveragePool2dBackward,
  BatchNormStatistics,
  InverseDeviation,
  BatchNorm,
  BatchNormGradients,
  BatchNormInput,
  LayerNorm,
  LayerNormGradients,
  LayerNormInput,
  Augment,
  Add,
  CopyBlocks,
  SequenceLengths,
  MaskSteps,
  Pack,
  SimpleRnn,
  SimpleRnnBackward,
  Lstm,
  LstmBackward,
  Gru,
  GruBackward,
  AverageSteps,
  AveragedCrossEntropy,
  CategoricalCrossEntropy,
  NormaliseRows,
  Barrier,
}

/** Activation functions, as the `activation` argument of an instruction. */
export enum Activation {
  None = 0,
  Relu,
  LeakyRelu,
  Tanh,
  Sigmoid,
  HardSigmoid,
  Softplus,
  Elu,
  Silu,
  Gelu,
  GeluTanh,
}

/** Bits of the `flags` argument of `Op.Gemm`. */
export enum GemmFlag {
  /** A is stored [k, m]. */
  TransposeA = 1,
  /** B is stored [n, k]. */
  TransposeB = 2,
  /** Add to C instead of overwriting it. */
  Accumulate = 4,
  /** Count the exact zeros of A and, where it pays, skip them. Changes no bit while B is finite. */
  SkipZeros = 8,
}

/** Bits of the `flags` argument of the recurrent instructions. */
export enum RecurrentFlag {
  /** From the last step to the first: the state before step t is at t + 1 and the one after it at t. */
  Reverse = 1,
  /** The initial state is zero: it is not multiplied by the recurrent weights and gets no gradient. */
  ZeroState = 2,
  /** Gates are hard sigmoids, clip(0.2 x + 0.5, 0, 1). */
  HardGates = 4,
  /** A simple RNN's activation is ReLU instead of tanh. */
  Relu = 8,
  /** A GRU's reset gate acts before the recurrent product instead of after it. */
  ResetBefore = 16,
}

/** Elements of a tensor whose squares or penalties are summed apart, whatever the number of threads. */
export const PENALTY_BLOCK = 4096
