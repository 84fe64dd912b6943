/** The kinds of pictures that people take of their own digits. */
import type { Draw, Scene } from './photos.js'

export interface Kind {
  readonly name: string
  scene(draw: Draw): Scene
}

const pick = <T>(draw: Draw, ...of: readonly T[]): T => of[Math.floor(draw(0, of.length))]!
const sides = (draw: Draw, from: number, to: number) =>
  Array.from({ length: 4 }, () => Math.round(draw(from, to)))

/** Light that falls off across the picture in some direction, from 1 to `darkest`. */
function slope(draw: Draw, darkest: number): NonNullable<Scene['light']> {
  const turn = draw(0, 2 * Math.PI)
  const [right, down] = [Math.cos(turn), Math.sin(turn)]
  const reach = Math.abs(right) + Math.abs(down)
  return (x, y) => 1 - (1 - darkest) * (0.5 + (right * (x - 0.5) + down * (y - 0.5)) / reach)
}

/** The shadow of a hand or a phone: an edge across the picture, behind which it is dark. */
function shadow(draw: Draw, dark: number, soft: number): NonNullable<Scene['light']> {
  const turn = draw(0, 2 * Math.PI)
  const [right, down] = [Math.cos(turn), Math.sin(turn)]
  const edge = draw(-0.3, 0.3)
  const bend = draw(-0.6, 0.6)
  return (x, y) => {
    const along = (x - 0.5) * right + (y - 0.5) * down
    const beside = (y - 0.5) * right - (x - 0.5) * down
    const behind = Math.min(1, Math.max(0, (along - edge - bend * beside * beside) / soft + 0.5))
    return 1 - (1 - dark) * behind * behind * (3 - 2 * behind)
  }
}

const lines = (draw: Draw): NonNullable<Scene['ruling']> => ({
  across: draw(0.1, 0.3),
  down: 0,
  weight: draw(1, 3),
  level: draw(110, 210),
  phase: draw(0, 1),
})
const squares = (draw: Draw): NonNullable<Scene['ruling']> => {
  const across = draw(0.07, 0.2)
  return { ...lines(draw), across, down: across }
}
const strip = (draw: Draw): NonNullable<Scene['border']> => {
  const side = Math.floor(draw(0, 4))
  return {
    thickness: [0, 1, 2, 3].map((i) => (i === side ? Math.round(draw(5, 20)) : 0)),
    level: draw(10, 110),
    soft: pick(draw, 0, 4),
  }
}
const inverse = { paper: 35, ink: 225 }

export const clean: Kind = { name: 'clean', scene: () => ({}) }

export const kinds: readonly Kind[] = [
  { name: 'a black frame of 1 pixel', scene: () => ({ border: { thickness: [1, 1, 1, 1], level: 0 } }) },
  {
    name: 'frames of 1 to 8 pixels',
    scene: (draw) => ({ border: { thickness: sides(draw, 1, 8), level: draw(0, 140) } }),
  },
  {
    name: 'frames on some sides',
    scene: (draw) => ({
      border: { thickness: sides(draw, 0, 5).map((at) => (draw(0, 1) < 0.4 ? 0 : at)), level: draw(0, 150) },
    }),
  },
  { name: 'light falls to 150', scene: (draw) => ({ light: slope(draw, 150 / 240) }) },
  { name: 'light falls to 120', scene: (draw) => ({ light: slope(draw, 120 / 240) }) },
  {
    name: 'the shadow of a hand',
    scene: (draw) => ({ light: shadow(draw, draw(0.5, 0.75), draw(0.05, 0.5)) }),
  },
  { name: 'a dark strip', scene: (draw) => ({ border: strip(draw) }) },
  { name: 'lined paper', scene: (draw) => ({ ruling: lines(draw) }) },
  { name: 'squared paper', scene: (draw) => ({ ruling: squares(draw) }) },
  { name: 'turned by up to 15 degrees', scene: (draw) => ({ turn: draw(-15, 15) }) },
  { name: 'light on dark', scene: () => inverse },
  {
    name: 'light on dark, a frame',
    scene: (draw) => ({
      ...inverse,
      border: { thickness: sides(draw, 1, 5), level: pick(draw, 0, 255, 128) },
    }),
  },
  {
    name: 'light on dark, light falls off',
    scene: (draw) => ({ paper: 60, ink: 235, light: slope(draw, 0.5) }),
  },
  { name: 'noise', scene: (draw) => ({ noise: draw(4, 16) }) },
  {
    name: 'blur, noise and JPEG',
    scene: (draw) => ({ blur: Math.round(draw(0, 2)), noise: draw(0, 8), jpeg: Math.round(draw(20, 70)) }),
  },
  {
    name: 'lined paper askew in bad light',
    scene: (draw) => ({
      ruling: lines(draw),
      light: slope(draw, draw(0.5, 0.8)),
      turn: draw(-8, 8),
      noise: 3,
    }),
  },
  {
    name: 'squared paper, shadow, a strip',
    scene: (draw) => ({
      ruling: squares(draw),
      light: shadow(draw, 0.6, draw(0.1, 0.4)),
      border: strip(draw),
      jpeg: 60,
    }),
  },
  {
    name: 'small on a sheet, a frame, bad light',
    scene: (draw) => ({
      size: [280, 210],
      digit: { side: draw(0.35, 0.7), x: draw(0.35, 0.65), y: draw(0.4, 0.6) },
      light: slope(draw, draw(0.5, 0.8)),
      border: { thickness: sides(draw, 2, 8), level: draw(0, 100) },
      noise: 4,
    }),
  },
]
