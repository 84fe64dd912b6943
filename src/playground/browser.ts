import type { Machine } from '../benchmark/report.js'

/** What each browser calls itself, most special first: Chromium's relatives name Chrome, and all name Safari. */
const products: readonly [RegExp, string][] = [
  [/\bEdg\/([\d.]+)/, 'Edge'],
  [/\bFirefox\/([\d.]+)/, 'Firefox'],
  [/\b(?:Headless)?Chrome\/([\d.]+)/, 'Chromium'],
  [/\bVersion\/([\d.]+).*Safari\//, 'Safari'],
]

function runtimeName(agent: string): string {
  for (const [pattern, name] of products) {
    const version = pattern.exec(agent)?.[1]
    if (version) return `${name} ${version.replace(/(\.0)+$/, '')}`
  }
  return agent
}

/** This browser; no browser tells the model of the processor. */
export function thisBrowser(): Machine {
  const { userAgent, hardwareConcurrency } = navigator
  const system = /\((?:X11; )?([^;)]*)/.exec(userAgent)?.[1] ?? 'unknown system'
  return { cpu: null, cores: hardwareConcurrency, runtime: runtimeName(userAgent), system }
}
