/**
 * `npm run bench`: GEMM against the machine's measured peak, then training speed beside PyTorch's on the same machine in
 * the same run. `npm run bench -- W1 W2` measures only these; `-- gemm` only the GEMM.
 */
import { cpus } from 'node:os'
import { openEngine } from '../src/benchmark/engines.js'
import { rate } from '../src/benchmark/report.js'
import { prepareTraining } from '../src/benchmark/training.js'
import { interleave, ratios, summarise } from '../src/benchmark/windows.js'
import { workloads } from '../src/benchmark/workloads.js'
import { table } from '../src/cli/table.js'
import { builtInDigits } from '../src/data/digits.js'
import { mnist } from '../src/data/published.js'
import { benchGemm } from './gemm.js'
import { startPyTorch } from './pytorch.js'

const WINDOWS = 7
const SECONDS = 0.5

const wanted = process.argv.slice(2)
const isWanted = (id: string) => wanted.length === 0 || wanted.includes(id)

const folder = process.env.LANEGRAD_DATA
const data = folder ? (await mnist({ dir: folder })).train : builtInDigits().train
const pytorch = folder ? await startPyTorch(folder) : null

console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.versions.node}; data: ${data.name}`)
console.log(`medians of ${WINDOWS} windows of ${SECONDS} s, measured in turn; in brackets least and most`)

if (isWanted('gemm')) await benchGemm()

function figure(values: readonly number[]): string {
  const { median, least, most } = summarise(values)
  return `${rate(median)} (${rate(least)}..${rate(most)})`
}

const rows = [
  [
    'training, samples/s',
    'lanegrad simd',
    ...(pytorch ? [`PyTorch ${pytorch.version}, 1 thread`, 'ratio'] : []),
  ],
]
for (const workload of workloads.filter(({ id }) => isWanted(id))) {
  const engine = await openEngine('simd')
  const ours = prepareTraining(workload, data, engine)
  const runs: Record<string, () => number | Promise<number>> = { lanegrad: () => ours.speed(SECONDS) }
  if (pytorch) runs.pytorch = () => pytorch.speed(workload.id, SECONDS, 1)
  const { lanegrad: mine, pytorch: peer } = await interleave(WINDOWS, runs)
  engine.close()
  rows.push([
    `${workload.id} ${workload.title}`,
    figure(mine!),
    ...(peer ? [figure(peer), ratios(mine!, peer).median.toFixed(2)] : []),
  ])
}
if (rows.length > 1) console.log(`\n${table(rows)}`)
if (rows.length > 1 && !pytorch) {
  console.log(
    folder
      ? 'PyTorch is not installed here: no comparison.'
      : 'No comparison with PyTorch: it needs MNIST in the folder that LANEGRAD_DATA names.',
  )
}
pytorch?.close()
