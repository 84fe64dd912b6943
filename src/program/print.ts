import { Activation, GemmFlag } from '../../assembly/codes.js'
import { LanegradError } from '../errors.js'
import { read } from '../schema/schema.js'
import { aProgram, type Instruction, type Program } from './builder.js'
import { instructionCost, programCost } from './cost.js'
import { planTransients } from './plan.js'
import type { Tensor } from './tensor.js'

const units: [number, string][] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
]

/** 1234567 as "1.23 M". */
export function quantity(value: number, unit: string): string {
  const [size, prefix] = units.find(([size]) => value >= size) ?? [1, '']
  const scaled = value / size
  return `${size === 1 ? scaled : scaled.toPrecision(3)} ${prefix}${unit}`
}

function printTensor({ buffer, shape, offset, type }: Tensor): string {
  return `${buffer.name}[${shape.join(',')}]${type === 'f32' ? '' : `:${type}`}${offset === 0 ? '' : `+${offset}`}`
}

/** The codes that a reader should see by name. */
function printNumber(name: string, value: number): string {
  if (name === 'activation') return Activation[value]!
  if (name === 'flags') {
    const set = Object.entries(GemmFlag).filter(([, bit]) => typeof bit === 'number' && (value & bit) !== 0)
    return set.length === 0 ? 'none' : set.map(([flag]) => flag).join('|')
  }
  return Number.isInteger(value) ? String(value) : value.toPrecision(6)
}

function printArguments(instruction: Instruction): string {
  return Object.entries(instruction.arguments)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) =>
        `${name}=${typeof value === 'number' ? printNumber(name, value) : printTensor(value as Tensor)}`,
    )
    .join(' ')
}

/** A program as a table that a person can read: each instruction with its origin, its work and its arguments. */
export function printProgram(program: Program): string {
  read(LanegradError, 'printProgram', 'program', aProgram, program)
  const rows = program.instructions.map((instruction, index) => {
    const { flops, bytes } = instructionCost(instruction)
    return [
      String(index),
      instruction.origin,
      instruction.type.name,
      flops === 0 ? '' : quantity(flops, 'FLOP'),
      quantity(bytes, 'B'),
      printArguments(instruction),
    ]
  })
  const header = ['#', 'from', 'instruction', 'work', 'memory', 'arguments']
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  const total = programCost(program)
  return [
    `${program.name}: ${program.instructions.length} instructions, ${quantity(total.flops, 'FLOP')}, ` +
      `${quantity(total.bytes, 'B')} read and written, ${quantity(planTransients(program).bytes, 'B')} transient memory`,
    line(header),
    ...rows.map(line),
  ].join('\n')
}
