// Builds into build/ what one of these needs, and writes the sources that are generated:
//   node scripts/build.mjs sources   the interpreters, the double-precision kernels, the workers' and the decoder's texts: for type checks
//   node scripts/build.mjs start     the command line with the two cores that it runs on
//   node scripts/build.mjs           all of it but tests and types
//   node scripts/build.mjs tests     the same and the tests
//   node scripts/build.mjs package   all that is published
import { buildCores, variants } from './build/cores.mjs'
import { generateDoubleInterpreter } from './build/double.mjs'
import { generateInterpreters } from './build/interpreters.mjs'
import { inlineJpegDecoder } from './build/jpeg.mjs'
import {
  commandLine,
  declarations,
  libraryModules,
  nodeBundle,
  playground,
  testModules,
} from './build/outputs.mjs'
import { step } from './build/steps.mjs'
import { inlineWorkers } from './build/workers.mjs'

const [part = 'all'] = process.argv.slice(2)
if (!['sources', 'start', 'all', 'tests', 'package'].includes(part)) {
  console.error(`build: there is no part '${part}'; expected sources, start, tests, package, or none for all`)
  process.exit(2)
}

try {
  await generateSources()
  if (part === 'start') {
    await buildCores(['simd', 'threads'])
    await step('command line', commandLine)
  } else if (part !== 'sources') {
    await buildCores(variants)
    await step('library, modules', libraryModules)
    await step('library, Node', nodeBundle)
    await step('command line', commandLine)
    await step('playground', playground)
    if (part === 'tests') await step('tests', testModules)
    if (part === 'package') await step('types', declarations)
  }
} catch (error) {
  console.error(`build: ${error.message}`)
  process.exit(1)
}

async function generateSources() {
  await step('interpreters', generateInterpreters)
  await step('double precision', generateDoubleInterpreter)
  await step('workers', inlineWorkers)
  await step('JPEG decoder', inlineJpegDecoder)
}
