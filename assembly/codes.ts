/** The codes that instructions carry, imported by the core and by the host. */

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

/** Bits of the `flags` argument of `gemm`. */
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

/** No id: smaller than any that stands for a class or a token, or that marks targets to be ignored. */
export const NO_ID = 1 << 31

/** The term of `elementLoss`. */
export enum ElementLoss {
  BinaryCrossEntropy = 0,
  Squared,
  Absolute,
  Huber,
}
