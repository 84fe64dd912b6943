import { permutation, philox4x32 } from '../engine/js/philox.js'
import { DataError } from '../errors.js'
import { Purpose, streamOf } from '../program/streams.js'
import { object, optional, read } from '../schema/schema.js'
import { seed as aSeed, wholeNumber } from '../schema/values.js'
import { assemble } from './assemble.js'
import type { Dataset } from './dataset.js'
import { STYLES, type Stroke, type Style } from './digits-handwriting.js'
import { CANVAS, drawTrace, type Trace } from './digits-pen.js'
import { PICTURE, prepareImage } from './prepare.js'

/** What the digits are called wherever results are shown: they are never passed off as MNIST. */
const NAME = 'built-in digits (synthetic)'
const CLASSES = 10
/** Number of values of a random word, and of seeds. */
const WORDS = 4294967296

const STREAMS = 65536
/** The most digits whose pixels an array can hold in every runtime: 2 GiB. */
const MOST = Math.floor(2147483647 / (PICTURE * PICTURE))
/** The last word of the counters of a picture's draws; those of the order of the labels have 0. */
const PICTURE_DRAWS = 1

/**
 * How much handwriting varies: each is the standard deviation of a bell-shaped draw, in parts of the digit's height
 * unless it says otherwise. Chosen by looking at MNIST's training images.
 */
const ROTATION = 0.11 // radians
const SLANT = 0.27 // to the right for each unit up
const SLANT_MEAN = 0.12
const ASPECT = 0.3 // part by which a digit is wider, or higher, than it is drawn in the table
const WIDTH = 0.9 // width of the table's box
const PROPORTION = 0.25 // moves the waist up or down, or to a side
const TAPER = 0.2 // part by which the foot is wider than the middle
const JITTER = 0.025 // of the points of a stroke
const OVERSHOOT = 0.1 // of the ends of a stroke
const ELASTIC = 0.045 // height of each of the elastic distortion's waves
const ELASTIC_WAVES = 1.2 // the most waves over the height
const TREMOR = 0.003
const PEN = 0.042 // the pen's radius, in parts of half the height
const PEN_MEAN = 0.125
const PEN_MIN = 0.05
const PRESSURE = 0.12 // part by which the radius swells along a stroke

/** Straight lines that a curve from one point to the next is drawn with. */
const PIECES = 4

export interface DigitsOptions {
  /** Number of digits. */
  count: number
  /** 0 to 2^32 - 1 */
  seed: number
  /** 0 to 65535: each gives other digits from the same seed; 0 when left out. */
  stream?: number
}

export interface Digits {
  /** [count, 28, 28], 0 to 255, white on black, prepared as MNIST is: see prepareImage. */
  readonly images: Uint8Array
  /** [count], 0 to 9 */
  readonly labels: Uint8Array
}

export interface BuiltInDigitsOptions {
  /** Number of digits to train on; 10,000 when left out. */
  train?: number
  /** Number of digits to test on; 2,000 when left out. */
  test?: number
  /** 0 to 2^32 - 1; 0 when left out. */
  seed?: number
}

const builtInOptions = object<BuiltInDigitsOptions>({
  train: optional(wholeNumber(1, MOST)),
  test: optional(wholeNumber(1, MOST)),
  seed: optional(aSeed),
})

/**
 * Draws handwritten digits: the strokes of a style from the table in digits-handwriting.ts with random proportions,
 * slant, rotation, aspect ratio, overshoot, elastic distortion, tremor, pen and pressure. Each ten in a row hold each
 * digit once, in random order.
 *
 * Digit i depends on seed, stream and i alone: more of them begin with the same. Only + - * / and the square root are
 * used: the same bits in every runtime.
 *
 * @throws DataError for a count that is not a whole number from 1 up, a seed or a stream out of range
 */
export function digits({ count, seed, stream = 0 }: DigitsOptions): Digits {
  checkWhole('count', count, 1, MOST)
  checkWhole('seed', seed, 0, WORDS - 1)
  checkWhole('stream', stream, 0, STREAMS - 1)
  const key = streamOf(Purpose.Digits, stream)
  const images = new Uint8Array(count * PICTURE * PICTURE)
  const labels = new Uint8Array(count)
  const canvas = new Float32Array(CANVAS * CANVAS)
  for (let first = 0; first < count; first += CLASSES) {
    const order = permutation(CLASSES, seed, key, first / CLASSES)
    labels.set(order.subarray(0, count - first), first)
  }
  for (let i = 0; i < count; i++) {
    const draws = new Draws(i, seed, key)
    const hand = new Hand(draws)
    drawTrace(canvas, write(pick(STYLES[labels[i]!]!, draws), hand, draws), hand.radius)
    images.set(prepareImage(canvas, CANVAS, CANVAS), i * PICTURE * PICTURE)
  }
  return { images, labels }
}

/**
 * The data sets to use when there is neither a file nor a network: a training and a test part that share no draws, both
 * named "built-in digits (synthetic)".
 *
 * @throws DataError as digits
 */
export function builtInDigits(options: BuiltInDigitsOptions = {}): { train: Dataset; test: Dataset } {
  const checked = read(DataError, 'builtInDigits', 'options', builtInOptions, options)
  const { train = 10_000, test = 2_000, seed = 0 } = checked
  const part = (count: number, stream: number) => {
    const { images: inputs, labels: targets } = digits({ count, seed, stream })
    return assemble({
      ...{ name: NAME, inputs, targets },
      ...{ sampleShape: [PICTURE, PICTURE], classes: CLASSES, synthetic: true },
    })
  }
  return { train: part(train, 0), test: part(test, 1) }
}

function checkWhole(name: string, value: number, lowest: number, highest: number): void {
  if (!Number.isInteger(value) || value < lowest || value > highest) {
    throw new DataError(`${NAME}: expected a ${name} of ${lowest} to ${highest}, found ${value}`)
  }
}

/** The random numbers of one digit, in the order in which they are asked for. */
class Draws {
  private readonly words = new Uint32Array(4)
  private used = 4
  private block = 0

  constructor(
    private readonly index: number,
    private readonly seed: number,
    private readonly key: number,
  ) {}

  /** Uniform in [0, 1). */
  uniform(): number {
    if (this.used === 4) {
      philox4x32(this.block++, this.index, 0, PICTURE_DRAWS, this.seed, this.key, this.words)
      this.used = 0
    }
    return this.words[this.used++]! / WORDS
  }

  /** Bell-shaped in (-3 deviation, 3 deviation), mean 0: a sum of three uniform draws, for a normal one needs a logarithm. */
  bell(deviation: number): number {
    return deviation * (2 * (this.uniform() + this.uniform() + this.uniform()) - 3)
  }
}

/** A smooth push of the points of a digit: height * sine(turns). */
interface Wave {
  readonly height: number
  readonly perX: number
  readonly perY: number
  readonly phase: number
}

/** What is drawn once for a digit and holds for each of its points. */
class Hand {
  /** The pen's mean radius, in parts of half the digit's longer side. */
  readonly radius: number
  private readonly cosine: number
  private readonly sine: number
  private readonly slant: number
  private readonly width: number
  private readonly proportionX: number
  private readonly proportionY: number
  private readonly taper: number
  private readonly pressure: Wave
  private readonly across: readonly Wave[]
  private readonly down: readonly Wave[]

  constructor(draws: Draws) {
    // The half-angle formulas make an exact rotation out of +, * and /; the tangent is near the angle when it is small.
    const tangent = draws.bell(ROTATION / 2)
    this.cosine = (1 - tangent * tangent) / (1 + tangent * tangent)
    this.sine = (2 * tangent) / (1 + tangent * tangent)
    this.slant = SLANT_MEAN + draws.bell(SLANT)
    const aspect = draws.bell(ASPECT)
    this.width = WIDTH * (aspect > 0 ? 1 + aspect : 1 / (1 - aspect))
    this.radius = Math.max(PEN_MIN, PEN_MEAN + draws.bell(PEN))
    this.proportionX = draws.bell(PROPORTION)
    this.proportionY = draws.bell(PROPORTION)
    this.taper = draws.bell(TAPER)
    this.pressure = {
      height: draws.bell(PRESSURE),
      perX: 1 + 2 * draws.uniform(),
      perY: 0,
      phase: draws.uniform(),
    }
    this.across = [elasticWave(draws), elasticWave(draws)]
    this.down = [elasticWave(draws), elasticWave(draws)]
  }

  /** Where a point of the table's box is written, the middle of the box being 0, 0. */
  place(boxX: number, boxY: number): [x: number, y: number] {
    const y = boxY + this.proportionY * boxY * (1 - boxY)
    const leaning = boxX + this.proportionX * boxX * (1 - boxX) - 0.5
    const x = 0.5 + leaning * (1 + this.taper * (2 * y - 1))
    const bentY = y - 0.5 + push(this.down, x, y)
    const bentX = this.width * (x - 0.5 + push(this.across, x, y)) - this.slant * bentY
    return [this.cosine * bentX - this.sine * bentY, this.sine * bentX + this.cosine * bentY]
  }

  /** The pen's radius when a part of 0..1 of a stroke is done. */
  radiusAt(part: number): number {
    return this.radius * (1 + push([this.pressure], part, 0))
  }
}

function elasticWave(draws: Draws): Wave {
  return {
    height: draws.bell(ELASTIC),
    perX: ELASTIC_WAVES * (2 * draws.uniform() - 1),
    perY: ELASTIC_WAVES * draws.uniform(),
    phase: draws.uniform(),
  }
}

function push(waves: readonly Wave[], x: number, y: number): number {
  let sum = 0
  for (const { height, perX, perY, phase } of waves) sum += height * sine(perX * x + perY * y + phase)
  return sum
}

/** The sine of a number of turns, to 0.0011: a parabola through its zeros and ends, and a part of its square. */
function sine(turns: number): number {
  const half = 2 * (turns - Math.floor(turns + 0.5))
  const parabola = 4 * half * (1 - Math.abs(half))
  return parabola * (0.775 + 0.225 * Math.abs(parabola))
}

function pick(styles: readonly Style[], draws: Draws): Style {
  let rest = draws.uniform() * styles.reduce((sum, style) => sum + style.weight, 0)
  let i = 0
  while (rest >= styles[i]!.weight) rest -= styles[i++]!.weight
  return styles[i]!
}

function write(style: Style, hand: Hand, draws: Draws): Trace {
  const trace: Trace = { x: [], y: [], radius: [], starts: [] }
  for (const stroke of style.strokes) {
    if (stroke.optional && draws.uniform() < 0.5) continue
    trace.starts.push(trace.x.length)
    writeStroke(trace, stroke, hand, draws)
  }
  return trace
}

/** Adds a stroke, a cubic Hermite curve with the slopes of Catmull and Rom (1974), but straight towards a corner. */
function writeStroke(trace: Trace, stroke: Stroke, hand: Hand, draws: Draws): void {
  const x = stroke.x.map((value) => value + draws.bell(JITTER))
  const y = stroke.y.map((value) => value + draws.bell(JITTER))
  const last = x.length - 1
  overshoot(x, y, 0, 1, draws.bell(OVERSHOOT))
  overshoot(x, y, last, last - 1, draws.bell(OVERSHOOT))
  for (let piece = 0; piece <= last * PIECES; piece++) {
    const point = Math.min(last - 1, Math.floor(piece / PIECES))
    const part = piece / PIECES - point
    const [placeX, placeY] = hand.place(
      hermite(x, stroke.corner, point, part),
      hermite(y, stroke.corner, point, part),
    )
    trace.x.push(placeX + draws.bell(TREMOR))
    trace.y.push(placeY + draws.bell(TREMOR))
    trace.radius.push(hand.radiusAt(piece / (last * PIECES)))
  }
}

/** Moves the end of a stroke on, or back, along its last line. */
function overshoot(x: number[], y: number[], end: number, inner: number, amount: number): void {
  const dx = x[end]! - x[inner]!
  const dy = y[end]! - y[inner]!
  // The smallest length that is told from a dot: without it a line that jitter made very short would throw its end far.
  const length = Math.sqrt(dx * dx + dy * dy + 1e-4)
  x[end]! += (amount * dx) / length
  y[end]! += (amount * dy) / length
}

/** One coordinate of the curve between points i and i + 1, at 0 <= part <= 1. */
function hermite(points: readonly number[], corner: readonly boolean[], i: number, part: number): number {
  const from = points[i]!
  const line = points[i + 1]! - from
  const slopeFrom = corner[i]! ? line : (points[i + 1]! - points[i - 1]!) / 2
  const slopeTo = corner[i + 1]! ? line : (points[i + 2]! - from) / 2
  const square = 3 * line - 2 * slopeFrom - slopeTo
  const cube = slopeFrom + slopeTo - 2 * line
  return from + part * (slopeFrom + part * (square + part * cube))
}
