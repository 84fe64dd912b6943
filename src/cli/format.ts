/** Numbers as people read them. */

export function percent(part: number): string {
  return Number.isFinite(part) ? `${(100 * part).toFixed(2)}%` : '-'
}

/** Five digits of a number, such as 0.012346 or 4207.1. */
export function short(value: number): string {
  return String(Number(value.toPrecision(5)))
}

/** 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return String(Math.floor(value + 0.5)).replace(/\B(?=(\d{3})+$)/g, ',')
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  if (value < 1024 ** 2) return `${(value / 1024).toFixed(1)} KiB`
  return `${(value / 1024 ** 2).toFixed(1)} MiB`
}

/** 75 as "1:15 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${seconds.toFixed(0)} s`
  const whole = Math.floor(seconds + 0.5)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`
}

/** A plural that says how many: "1 step", "2,000 steps". */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : nouns}`
}
