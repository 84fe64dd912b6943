/** Study E: plain backpropagation of one hidden layer whose weights start from a normal distribution. */
import {
  cosineDecay,
  dense,
  dropout,
  exponentialDecay,
  flatten,
  type Initialiser,
  type LayerSpec,
  type Rate,
  sgd,
} from '../index.js'
import type { Configuration, Experiment, Recipe, Study } from './experiment.js'

const study: Study = { letter: 'E', title: 'Backpropagation on MNIST', author: 'Anwar' }

const NORMAL: Initialiser = { type: 'normal', deviation: 1 }
const STEPS = 240
const EPOCHS = 30

/** 3% less every epoch. */
const falling = (start: number): Rate => exponentialDecay({ start, factor: 0.97, every: STEPS })

type Activation = 'sigmoid' | 'tanh' | 'relu'

const network = (
  units: number,
  activation: Activation,
  kernel: Initialiser = NORMAL,
  outputs: Initialiser = NORMAL,
): LayerSpec[] => [flatten(), dense(units, { activation, kernel }), dense(10, { kernel: outputs })]

const recipe = (layers: readonly LayerSpec[], rate: Rate, changes: Partial<Recipe> = {}): Recipe => ({
  ...{ layers, optimizer: sgd({ rate }), batchSize: 250, epochs: EPOCHS, data: { validation: 'test' } },
  ...changes,
})

const SPEED = 90_000

const own = (id: string, label: string, recipe: Recipe, speed = SPEED): Configuration => ({
  ...{ id, label, role: 'study', recipe, speed },
})

const ours = (units: number, epochs: number): Configuration => ({
  ...own(
    'beyond',
    `${units} units, ReLU, momentum, distorted images, ${epochs} epochs`,
    {
      ...{ batchSize: 100, epochs, data: { validation: 'test' } },
      layers: [flatten(), dense(units, { activation: 'relu' }), dropout(0.1), dense(10)],
      optimizer: sgd({ rate: cosineDecay({ start: 0.1, steps: 600 * epochs }), momentum: 0.9 }),
      augment: { shift: 1, rotate: 8, scale: 0.08 },
    },
    45_000,
  ),
  role: 'beyond',
})

const unstated =
  'The study names neither the number of epochs nor every rate; these are chosen so that its figures can be compared.'

const batchSize: Experiment = {
  ...{ id: 'batch-size', study, source: 'Figs. 2, 3', title: 'Mini-batches against the full batch' },
  shows: 'Batches of 250 and the full batch, at the same learning rate and at another.',
  notes: [
    unstated,
    'Compared by steps the full batch is ahead at the same rate; by the images that it has to see for that it is far behind.',
  ],
  configurations: [
    own('250', 'batch 250, rate 0.5', recipe(network(100, 'sigmoid'), 0.5, { epochs: 10 })),
    own(
      'full',
      'full batch, rate 0.5',
      recipe(network(100, 'sigmoid'), 0.5, { batchSize: 'full', epochs: 400 }),
      75_000,
    ),
    own(
      'full-4',
      'full batch, rate 4',
      recipe(network(100, 'sigmoid'), 4, { batchSize: 'full', epochs: 400 }),
      75_000,
    ),
    ours(100, 40),
  ],
  published: [],
  figures: [
    {
      ...{ type: 'curves', id: 'steps', title: 'Training loss by step', by: 'step' },
      ...{ measures: ['training loss'], configurations: ['250', 'full', 'full-4'] },
    },
    {
      ...{ type: 'curves', id: 'epochs', title: 'Validation accuracy by epoch', by: 'epoch' },
      ...{ measures: ['validation accuracy'], configurations: ['250', 'full', 'full-4'] },
    },
  ],
}

const rates: Experiment = {
  ...{
    id: 'learning-rates',
    study,
    source: 'Fig. 4',
    title: 'Constant learning rates against a falling one',
  },
  shows: 'Rates of 1, 0.5, 0.1 and 0.01 against one that falls from 1 by 3% an epoch.',
  notes: [unstated],
  configurations: [
    ...[1, 0.5, 0.1, 0.01].map((rate) =>
      own(`${rate}`, `rate ${rate}`, recipe(network(100, 'sigmoid'), rate)),
    ),
    own('falling', 'falling from 1', recipe(network(100, 'sigmoid'), falling(1))),
    ours(100, 40),
  ],
  published: [],
  figures: [
    {
      ...{ type: 'curves', id: 'accuracy', title: 'Validation accuracy', by: 'epoch' },
      ...{ measures: ['validation accuracy'], configurations: ['1', '0.5', '0.1', '0.01', 'falling'] },
    },
    {
      ...{ type: 'curves', id: 'loss', title: 'Training loss by step', by: 'step' },
      ...{ measures: ['training loss'], configurations: ['1', '0.1', 'falling'] },
    },
  ],
}

const HIDDEN = [10, 25, 50, 100, 200, 300, 500]
const HIDDEN_SPEEDS = [240, 150, 120, 95, 63, 47, 29]

const hiddenSweep: Experiment = {
  ...{ id: 'hidden-sweep', study, source: 'Fig. 5', title: 'How many hidden units' },
  shows: 'Accuracy and seconds an epoch of 10 to 500 sigmoid units.',
  notes: [unstated, 'The study finds accuracy flat from about 100 units up, and takes 100.'],
  configurations: [
    ...HIDDEN.map((units, i) =>
      own(
        `${units}`,
        `${units} units`,
        recipe(network(units, 'sigmoid'), falling(1)),
        1000 * HIDDEN_SPEEDS[i]!,
      ),
    ),
    ours(500, 40),
  ].map((configuration) =>
    configuration.id === 'beyond' ? { ...configuration, speed: 19_000 } : configuration,
  ),
  published: [],
  figures: [
    {
      ...{ type: 'sweep', id: 'accuracy', title: 'Test accuracy', measure: 'test accuracy', draw: 'lines' },
      ...{ over: 'hidden units', at: HIDDEN },
      series: [{ name: 'sigmoid', configurations: HIDDEN.map(String) }],
    },
    {
      ...{ type: 'sweep', id: 'seconds', title: 'Seconds an epoch', measure: 'seconds an epoch' },
      ...{ draw: 'bars', over: 'hidden units', at: HIDDEN },
      series: [{ name: 'sigmoid', configurations: HIDDEN.map(String) }],
    },
  ],
}

const ACTIVATIONS: readonly Activation[] = ['sigmoid', 'tanh', 'relu']

const activations: Experiment = {
  ...{ id: 'activations', study, source: 'Fig. 6', title: 'Sigmoid, tanh and ReLU' },
  shows: 'Three activations of 100 hidden units with weights from N(0, 1), and again with smaller ones.',
  notes: [
    unstated,
    'With weights of variance 1 the inputs of the hidden units are large: ReLUs pass that on, and the first steps of SGD kill many of them. With variance 2/N, after He et al., ReLU is no worse than the others: it was a matter of the initial weights.',
  ],
  configurations: [
    ...ACTIVATIONS.map((name) => own(name, `${name}, N(0, 1)`, recipe(network(100, name), falling(1)))),
    ...ACTIVATIONS.map(
      (name): Configuration => ({
        ...own(
          `${name}-he`,
          `${name}, variance 2/N`,
          recipe(network(100, name, 'heNormal', 'lecunNormal'), falling(0.5)),
        ),
        role: 'reading',
      }),
    ),
    ours(100, 40),
  ],
  published: [],
  figures: [
    {
      ...{ type: 'curves', id: 'accuracy', title: 'Validation accuracy, weights from N(0, 1)', by: 'epoch' },
      ...{ measures: ['validation accuracy'], configurations: ACTIVATIONS },
    },
    {
      ...{ type: 'curves', id: 'accuracy-he', title: 'Validation accuracy, variance 2/N', by: 'epoch' },
      ...{ measures: ['validation accuracy'], configurations: ACTIVATIONS.map((name) => `${name}-he`) },
    },
    {
      ...{ type: 'sweep', id: 'end', title: 'Test accuracy', measure: 'test accuracy', draw: 'bars' },
      ...{ over: 'activation', at: ACTIVATIONS },
      series: [
        { name: 'N(0, 1)', configurations: ACTIVATIONS },
        { name: 'variance 2/N', configurations: ACTIVATIONS.map((name) => `${name}-he`) },
      ],
    },
  ],
}

const confusion: Experiment = {
  ...{ id: 'confusion', study, source: 'Fig. 7', title: 'What the tanh network mixes up' },
  shows: 'The confusion matrix of 100 tanh units on the test images.',
  notes: [
    unstated,
    'The study says that 4 and 9, 2 and 7, 2 and 8 are mixed up. Weights that start from N(0, 1) stay far below its 98% with plain SGD; smaller initial weights are run as another reading.',
  ],
  configurations: [
    own('tanh', 'tanh, N(0, 1)', recipe(network(100, 'tanh'), falling(1), { epochs: 100 })),
    {
      ...own(
        'tanh-small',
        'tanh, variance 1/N',
        recipe(network(100, 'tanh', 'lecunNormal', 'lecunNormal'), falling(0.5), { epochs: 100 }),
      ),
      role: 'reading',
    },
    ours(100, 40),
  ],
  published: [{ configuration: 'tanh', measure: 'test accuracy', value: 0.98, about: true }],
  figures: [
    {
      ...{ type: 'confusion', id: 'confusion', title: 'Confusion' },
      configurations: ['tanh', 'tanh-small', 'beyond'],
    },
    {
      ...{ type: 'samples', id: 'samples', title: 'Test images', configurations: ['tanh', 'beyond'] },
    },
  ],
}

export const backpropagation: readonly Experiment[] = [
  ...[batchSize, rates, hiddenSweep, activations, confusion],
]
