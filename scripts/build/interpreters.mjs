/**
 * Writes both interpreters, the wasm one and the js one, from the table of instructions. An instruction finds its kernel
 * by its name: one file in assembly/ exports it, and the file of the same name in src/engine/js exports its twin. Both are
 * read for the names and types of their parameters, so that a table that says something else ends the build.
 */
import { build } from 'esbuild'
import { read, root, sourcesIn, write } from './paths.mjs'

const TABLE = 'src/program/instructions.ts'
/** The family that draws initial weights has an interpreter of its own, since a model needs no other before it trains. */
const INITIAL = 'src/program/instructions/initialisers.ts'
const TWINS = 'src/engine/js'

/** Type in AssemblyScript of each kind of argument. */
const coreTypes = { read: 'usize', write: 'usize', update: 'usize', int: 'i32', float: 'f32' }

/** The exports of a module of TypeScript. */
async function exportsOf(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
  })
  const code = Buffer.from(outputFiles[0].contents).toString('base64')
  return Object.values(await import(`data:text/javascript;base64,${code}`))
}

/** The functions that the files of a folder export: their names, files without the ending, and parameters. */
function functionsIn(folder) {
  return sourcesIn(folder).flatMap((path) => {
    const file = path.slice(folder.length + 1, -'.ts'.length)
    if (file.endsWith('.generated') || file.includes('/')) return []
    const functions = read(path).matchAll(/^export function (\w+)\(([\s\S]*?)\): \w+ \{$/gm)
    return [...functions].map(([, name, list]) => ({ name, file, parameters: parametersOf(list) }))
  })
}

/** `name: type` of each parameter; a twin may take its views apart, which is its first parameter all the same. */
function parametersOf(list) {
  return list
    .replace(/^\s*(\{[^}]*\}|memory): Views/, 'memory: Views')
    .split(',')
    .map((parameter) => parameter.trim().replace(/\s+/g, ' '))
    .filter((parameter) => parameter !== '')
}

/** The file of an instruction's kernel in a folder, once its parameters are what the table says. */
function kernelIn(folder, functions, { name }, wanted) {
  const found = functions.filter((candidate) => candidate.name === name)
  if (found.length !== 1) {
    const places = found.map(({ file }) => `${file}.ts`).join(', ') || 'none does'
    throw new Error(
      `One file of ${folder}/ should export the kernel ${name} of the instruction of that name: ${places}.`,
    )
  }
  const [{ file, parameters }] = found
  if (parameters.join() !== wanted.join()) {
    throw new Error(
      `${folder}/${file}.ts: ${name} should take (${wanted.join(', ')}), as the table of instructions has it, and takes ` +
        `(${parameters.join(', ')}).`,
    )
  }
  return file
}

/** The table's instructions with the file that kernel and twin share. */
function withKernels(instructions) {
  const core = functionsIn('assembly')
  const twins = functionsIn(TWINS)
  return instructions.map((type) => {
    const args = Object.entries(type.arguments)
    const typed = args.map(([name, kind]) => `${name}: ${coreTypes[kind]}`)
    const file = kernelIn('assembly', core, type, typed)
    const beside = twins.filter((twin) => twin.file === file)
    kernelIn(TWINS, beside, type, ['memory: Views', ...args.map(([name]) => `${name}: number`)])
    return { ...type, file }
  })
}

function checkOpcodes(table) {
  const byOpcode = new Map()
  for (const { op, name } of table) {
    if (!Number.isInteger(op) || op < 1) {
      throw new Error(`The instruction ${name} has the opcode ${op}, expected a whole number from 1 up.`)
    }
    if (byOpcode.has(op)) {
      const free = Math.max(...table.map(({ op }) => op)) + 1
      throw new Error(
        `The instructions ${byOpcode.get(op)} and ${name} both have the opcode ${op}; ${free} is free.`,
      )
    }
    byOpcode.set(op, name)
  }
}

/** Imports of the kernels, a line for each file. */
function importsOf(kernels, ending) {
  const files = [...new Set(kernels.map(({ file }) => file))].sort()
  const namesOf = (file) => kernels.filter((kernel) => kernel.file === file).map(({ name }) => name)
  return files.map((file) => `import { ${namesOf(file).join(', ')} } from './${file}${ending}'`).join('\n')
}

/** The call of a kernel; `readers` say how an argument of each kind is read, by its place. */
function caseOf({ op, name, arguments: args }, before, readers, end) {
  const values = Object.values(args).map((kind, index) => readers[kind](index))
  return `      case ${op}:\n        ${name}(${[...before, ...values].join(', ')})\n        ${end}\n`
}

const readersOf = (address, int, float) => ({ read: address, write: address, update: address, int, float })

const coreReaders = readersOf(
  (index) => `address(i, ${index})`,
  (index) => `int(i, ${index})`,
  (index) => `float(i, ${index})`,
)

function coreInterpreter(kernels, barrier) {
  const cases = kernels.map((kernel) => caseOf(kernel, [], coreReaders, 'break')).join('')
  return `// Written by scripts/build/interpreters.mjs from ${TABLE}.
import { passBarrier } from './barrier'
${importsOf(kernels, '')}

// @ts-ignore: decorator
@inline
function address(instruction: usize, index: usize): usize {
  return load<usize>(instruction + 8 + (index << 2))
}

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
 * Runs the instructions from \`from\` up to \`end\`, one after the other, and returns where it came to: \`end\`, or a barrier
 * at which another thread is still missing. An instruction is a run of 32-bit words: opcode, number of words, arguments.
 */
export function execute(from: usize, end: usize): usize {
  let i = from
  for (; i < end; i += (<usize>load<i32>(i, 4)) << 2) {
    switch (load<i32>(i)) {
      case ${barrier.op}:
        if (!passBarrier()) return i
        break
${cases}      default:
        unreachable()
    }
  }
  return i
}
`
}

const twinReaders = readersOf(
  (index) => `u32[a + ${index}]!`,
  (index) => `i32[a + ${index}]!`,
  (index) => `f32[a + ${index}]!`,
)

const twinCases = (kernels, end) =>
  kernels.map((kernel) => caseOf(kernel, ['memory'], twinReaders, end)).join('')

function twinInterpreter(kernels, barrier) {
  return `// Written by scripts/build/interpreters.mjs from ${TABLE}.
import { EngineError } from '../../errors.js'
${importsOf(kernels, '.js')}
import { runInitialisation } from './initialisation.generated.js'
import type { Views } from './views.js'

/** The twin of the wasm interpreter: runs the instructions in the \`words\` 32-bit words at \`program\`. */
export function run(memory: Views, program: number, words: number): void {
  const { i32, u32, f32 } = memory
  const start = program >>> 2
  const end = start + words
  for (let i = start; i < end; i += i32[i + 1]!) {
    const a = i + 2
    switch (i32[i]) {
${twinCases(kernels, 'break')}      case ${barrier.op}:
        // One thread is always there already.
        break
      default:
        if (!runInitialisation(memory, i))
          throw new EngineError(\`The program has the unknown opcode \${i32[i]} at word \${i - start}.\`)
    }
  }
}
`
}

function initialInterpreter(kernels) {
  return `// Written by scripts/build/interpreters.mjs from ${INITIAL}.
${importsOf(kernels, '.js')}
import type { Views } from './views.js'

/**
 * The part of the js interpreter that draws initial weights: runs the instruction at word \`at\`, or returns false where it
 * is another.
 */
export function runInitialisation(memory: Views, at: number): boolean {
  const { i32, u32, f32 } = memory
  const a = at + 2
  switch (i32[at]) {
${twinCases(kernels, 'return true')}      default:
        return false
  }
}
`
}

/** Writes the three generated files. */
export async function generateInterpreters() {
  const [table, initial] = await Promise.all([exportsOf(TABLE), exportsOf(INITIAL)])
  checkOpcodes(table)
  const barrier = table.find(({ name }) => name === 'barrier')
  const kernels = withKernels(table.filter((type) => type !== barrier).sort((a, b) => a.op - b.op))
  const isInitial = ({ op }) => initial.some((type) => type.op === op)
  const trained = kernels.filter((kernel) => !isInitial(kernel))
  write('assembly/interpreter.generated.ts', coreInterpreter(kernels, barrier))
  write(`${TWINS}/interpreter.generated.ts`, twinInterpreter(trained, barrier))
  write(`${TWINS}/initialisation.generated.ts`, initialInterpreter(kernels.filter(isInitial)))
}
