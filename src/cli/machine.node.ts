import { arch, cpus, platform } from 'node:os'
import type { Machine } from '../benchmark/report.js'

/** The machine and the runtime that this process runs on. */
export function thisMachine(): Machine {
  const [first] = cpus()
  return {
    cpu: first?.model.trim() || null,
    cores: cpus().length,
    runtime: `Node ${process.versions.node}`,
    system: `${platform()} ${arch()}`,
  }
}
