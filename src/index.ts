export type { AnyArray, NestedNumbers } from './data/arrays.js'
export type { DatasetSource } from './data/assemble.js'
export type { Dataset, Standardisation } from './data/dataset.js'
export { type BuiltInDigitsOptions, builtInDigits } from './data/digits.js'
export { type IdxArray, readIdx, readIdxOrGzip, writeIdx, writeIdxGzip } from './data/idx.js'
export { dataset } from './data/make-dataset.js'
export type { DataOptions, DataProgress, FamilyData } from './data/mnist.js'
export { type NpyArray, readNpy, readNpz } from './data/npy.js'
export { type NpyDatasetOptions, npyDataset } from './data/npy-dataset.js'
export { preparePhoto } from './data/photo.js'
export {
  type PictureFile,
  type PictureOptions,
  type Pictures,
  picturesByClass,
  picturesDataset,
  picturesInZip,
  preparePictures,
} from './data/pictures.js'
export {
  type ArraysPreparation,
  type PicturesPreparation,
  type Preparation,
  predictedNumbers,
  type TablePreparation,
} from './data/preparation.js'
export { prepareImage } from './data/prepare.js'
export { fashionMnist, kmnist, mnist } from './data/published.js'
export type { Raster } from './data/resample.js'
export { type PaddedSequences, type PadOptions, padSequences } from './data/sequences.js'
export { shuffleBuffer } from './data/shuffle-buffer.js'
export { holdout, kfold, type Split, shuffled, subset, take } from './data/splits.js'
export { standardisation } from './data/standardise.js'
export type { Batch, BatchStream } from './data/stream.js'
export { type CsvOptions, readCsv } from './data/table/csv.js'
export { tableDataset } from './data/table/dataset.js'
export {
  type CategoryColumn,
  completeRows,
  type EncodedColumn,
  type EncodedTable,
  type EncodingOptions,
  encodeTable,
  learnEncoding,
  type NumberColumn,
  type TableEncoding,
} from './data/table/encoding.js'
export { readJsonLines } from './data/table/json-lines.js'
export { holdoutRows } from './data/table/split.js'
export type { Table } from './data/table/table.js'
export type { CoreSource } from './engine/core-source.js'
export { createEngine, type EngineOptions } from './engine/create.js'
export { type Engine, type EngineName, engineNames } from './engine/engine.js'
export { engineSupport } from './engine/support.js'
export {
  DataError,
  DataUnavailableError,
  EngineError,
  LanegradError,
  ModelError,
  TrainingError,
} from './errors.js'
export { readSafetensors, type Safetensors, writeSafetensors } from './formats/safetensors.js'
export { readModel, type SavedSettings, writeModel } from './formats/saved-model.js'
export { tensorboardEpoch, tensorboardHeader, tensorboardScalars } from './formats/tensorboard.js'
export {
  createPredictor,
  type Predictor,
  type PredictorInput,
  type PredictorOptions,
  type PredictorState,
} from './inference/predictor.js'
export type { Sample } from './inference/slots.js'
export type { ActivationSpec } from './nn/activations.js'
export type { InputType, ModelInput } from './nn/built.js'
export { defineLayer } from './nn/define-layer.js'
export { type GraphOptions, model, modelFromConfig } from './nn/functional.js'
export type { GraphConfig, InputConfig, NodeConfig } from './nn/graph.js'
export type { Initializer, Parameter } from './nn/initialisers.js'
export type { EmitContext, Forward, GradientSum, Layer, LayerOptions, Place } from './nn/layer.js'
export { activation } from './nn/layers/activation.js'
export { type BatchNormOptions, batchNormalization } from './nn/layers/batch-norm.js'
export { bidirectional } from './nn/layers/bidirectional.js'
export { type Conv1dOptions, conv1d } from './nn/layers/conv1d.js'
export { type Conv2dOptions, conv2d } from './nn/layers/conv2d.js'
export { type DenseOptions, dense } from './nn/layers/dense.js'
export { dropout } from './nn/layers/dropout.js'
export { type EmbeddingOptions, embedding } from './nn/layers/embedding.js'
export { flatten } from './nn/layers/flatten.js'
export { columns, patches, pixels, rows } from './nn/layers/framings.js'
export { type GruOptions, gru } from './nn/layers/gru.js'
export { type LayerNormOptions, layerNormalization } from './nn/layers/layer-norm.js'
export { type LstmOptions, lstm } from './nn/layers/lstm.js'
export { type MaskingOptions, masking } from './nn/layers/masking.js'
export {
  averagePooling2d,
  globalAveragePooling2d,
  maxPooling2d,
  type Pool2dOptions,
} from './nn/layers/pool2d.js'
export type { RecurrentOptions } from './nn/layers/recurrent.js'
export { reshape } from './nn/layers/reshape.js'
export { type SimpleRnnOptions, simpleRNN } from './nn/layers/simple-rnn.js'
export type { LayerSpec, OwnLayerSpec } from './nn/layers/spec.js'
export { type TiedDenseOptions, tiedDense } from './nn/layers/tied-dense.js'
export { timeDistributed } from './nn/layers/time-distributed.js'
export type { Loss, LossOutput } from './nn/loss.js'
export type { LossName, LossSpec } from './nn/losses.js'
export type { LoadedWeights, Model, ModelConfig, ModelOptions, SequentialConfig } from './nn/model.js'
export * as parts from './nn/parts.js'
export { sequential } from './nn/sequential.js'
export {
  add,
  apply,
  concatenate,
  type InputOptions,
  input,
  multiply,
  type Symbolic,
} from './nn/symbols.js'
export { type AdagradOptions, adagrad } from './optim/adagrad.js'
export { type AdamOptions, adam, adamw } from './optim/adam.js'
export type { OptimizerSpec } from './optim/index.js'
export { type RmspropOptions, rmsprop } from './optim/rmsprop.js'
export {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  type ScheduleSpec,
  stepDecay,
  warmUp,
} from './optim/schedules.js'
export { type SgdOptions, sgd } from './optim/sgd.js'
export type { ProgramBuilder } from './program/builder.js'
export { programCost } from './program/cost.js'
export { printProgram } from './program/print.js'
export type { Tensor } from './program/tensor.js'
export type { AugmentOptions, ElasticOptions } from './train/augment.js'
export { type Callback, earlyStopping } from './train/callbacks.js'
export {
  checkGradients,
  type GradientCheck,
  type GradientCheckOptions,
  type GradientElement,
} from './train/check-gradients.js'
export type { Checkpoint, CheckpointProgress, EpochRecord, StateArray } from './train/checkpoint.js'
export type { EarlyStoppingOptions, EarlyStoppingProgress } from './train/early-stopping.js'
export { csvHeader, csvLine, jsonLine } from './train/epoch-lines.js'
export { createEvaluator, type Evaluator } from './train/evaluator.js'
export type { Fit } from './train/fit.js'
export type { Metric, MetricBatch, MetricName, MetricState } from './train/metric.js'
export {
  type ClassMetrics,
  ConfusionMatrix,
  type Evaluation,
  type MacroMetrics,
  type Prediction,
} from './train/metrics.js'
export type { EvaluatorOptions, FitOptions, TrainerOptions } from './train/options.js'
export {
  type Calibration,
  type CalibrationBin,
  calibration,
  topKAccuracy,
} from './train/prediction-metrics.js'
export type { EpochResult, StepResult } from './train/results.js'
export type { ParameterGroup } from './train/rules.js'
export { createTrainer, type Trainer } from './train/trainer.js'
export type { ClipSpec } from './train/updates.js'
