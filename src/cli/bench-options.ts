/** Reads the values of the options of `bench`. */
import { InvalidArgumentError } from 'commander'
import type { Benchmark } from '../benchmark/benchmark.js'
import { type BenchmarkEngine, benchmarkEngines } from '../benchmark/engines.js'
import { selectBenchmarks } from '../benchmark/run.js'
import { workloads } from '../benchmark/workloads.js'
import { UsageError } from './errors.js'

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Names of engines, separated by commas. */
export function engines(text: string): BenchmarkEngine[] {
  const names = listOf(text)
  const isKnown = (name: string) => (benchmarkEngines as readonly string[]).includes(name)
  const unknown = names.find((name) => !isKnown(name))
  if (unknown === undefined && names.length > 0) {
    return benchmarkEngines.filter((name) => names.includes(name))
  }
  throw new InvalidArgumentError(`Expected some of ${benchmarkEngines.join(', ')}, separated by commas.`)
}

/** Groups or ids of benchmarks, separated by commas. */
export function benchmarkNames(text: string): string[] {
  const names = listOf(text)
  if (names.length > 0) return names
  throw new InvalidArgumentError('Expected gemm, kernels, training or ids, separated by commas.')
}

/** The id of a training workload, in whatever case. */
export function workloadId(text: string): string {
  const found = workloads.find(({ id }) => id.toLowerCase() === text.toLowerCase())
  if (found) return found.id
  throw new InvalidArgumentError(`Expected one of ${workloads.map(({ id }) => id).join(', ')}.`)
}

/**
 * The benchmarks that `--only` names, or all of them without it.
 *
 * @throws UsageError for a name that is neither a group nor an id
 */
export function chosen(all: readonly Benchmark[], names: readonly string[] | undefined) {
  if (names === undefined) return all
  const unknown = names.find((name) => selectBenchmarks(all, [name]).length === 0)
  if (unknown === undefined) return selectBenchmarks(all, names)
  const ids = all.map(({ id }) => id).join(', ')
  throw new UsageError(
    `--only: there is no benchmark '${unknown}'; known are the groups gemm, kernels, training and inference, and ${ids}.`,
  )
}
