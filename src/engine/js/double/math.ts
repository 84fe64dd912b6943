/**
 * The functions of ../math.ts in double precision, from the runtime's own library: what gradients are checked against may
 * differ in its last bits between runtimes.
 */
export const { exp, log, tanh } = Math

/** 1 / (1 + e^-x) */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** sin(2 pi u) */
export function sinTurns(u: number): number {
  return Math.sin(2 * Math.PI * u)
}

/** cos(2 pi u) */
export function cosTurns(u: number): number {
  return Math.cos(2 * Math.PI * u)
}
