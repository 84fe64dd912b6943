/** Convolution and pooling of images [batch, height, width, channels]. */
import { define, type Values } from './define.js'

/** Windows of size `windowHeight` x `windowWidth`, `stride` pixels apart, in all images of a batch. */
function outputs2d(
  { batch, height, width, stride }: Values<{ batch: 'int'; height: 'int'; width: 'int'; stride: 'int' }>,
  windowHeight: number,
  windowWidth: number,
): number {
  const along = (size: number, window: number) => Math.floor((size - window) / stride) + 1
  return batch * along(height, windowHeight) * along(width, windowWidth)
}

/** y [batch, paddedHeight, paddedWidth, channels] = x [batch, height, width, channels] at (top, left), else zeros. */
export const pad2d = define(35, 'pad2d', {
  x: 'read',
  y: 'write',
  batch: 'int',
  height: 'int',
  width: 'int',
  channels: 'int',
  top: 'int',
  left: 'int',
  paddedHeight: 'int',
  paddedWidth: 'int',
})

/**
 * y = activation(x * w + bias), the cross-correlation of images x [batch, height, width, channels] with filters w
 * [kernelHeight, kernelWidth, channels, filters]: y [batch, outHeight, outWidth, filters], only where filters lie wholly
 * in the image, `stride` pixels apart.
 */
export const conv2d = define(
  36,
  'conv2d',
  {
    x: 'read',
    w: 'read',
    bias: 'read',
    y: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    kernelHeight: 'int',
    kernelWidth: 'int',
    filters: 'int',
    stride: 'int',
    activation: 'int',
    slope: 'float',
  },
  (v) =>
    2 * outputs2d(v, v.kernelHeight, v.kernelWidth) * v.filters * v.kernelHeight * v.kernelWidth * v.channels,
)

/** dw, the gradient of the filters of a `conv2d` on the same x. */
export const conv2dFilters = define(
  37,
  'conv2dFilters',
  {
    x: 'read',
    dy: 'read',
    dw: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    kernelHeight: 'int',
    kernelWidth: 'int',
    filters: 'int',
    stride: 'int',
  },
  (v) =>
    2 * outputs2d(v, v.kernelHeight, v.kernelWidth) * v.filters * v.kernelHeight * v.kernelWidth * v.channels,
)

/** dx, the gradient of what was padded by (top, left) and then taken by `conv2d`: [batch, height, width, channels]. */
export const conv2dInput = define(
  38,
  'conv2dInput',
  {
    dy: 'read',
    w: 'read',
    dx: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    kernelHeight: 'int',
    kernelWidth: 'int',
    filters: 'int',
    stride: 'int',
    top: 'int',
    left: 'int',
    outHeight: 'int',
    outWidth: 'int',
  },
  (v) => 2 * v.batch * v.outHeight * v.outWidth * v.filters * v.channels * v.kernelHeight * v.kernelWidth,
)

/** y = the largest of each window of x; `largest` (int32, shape of y) its place in the window. */
export const maxPool2d = define(
  39,
  'maxPool2d',
  {
    x: 'read',
    y: 'write',
    largest: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels * v.windowHeight * v.windowWidth,
)

/** dx = dy at the largest of each window, else 0; summed where windows overlap. */
export const maxPool2dBackward = define(
  40,
  'maxPool2dBackward',
  {
    dy: 'read',
    largest: 'read',
    dx: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels,
)

/** y = the mean of each window of x. */
export const averagePool2d = define(
  41,
  'averagePool2d',
  {
    x: 'read',
    y: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels * v.windowHeight * v.windowWidth,
)

/** dx = dy / size of the window at each pixel of each window; summed where windows overlap. */
export const averagePool2dBackward = define(
  42,
  'averagePool2dBackward',
  {
    dy: 'read',
    dx: 'write',
    batch: 'int',
    height: 'int',
    width: 'int',
    channels: 'int',
    windowHeight: 'int',
    windowWidth: 'int',
    stride: 'int',
  },
  (v) => outputs2d(v, v.windowHeight, v.windowWidth) * v.channels * v.windowHeight * v.windowWidth,
)
