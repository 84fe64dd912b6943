/** The JavaScript peers' side of the protocol that README.md describes. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Batches, readImages } from './data.mjs'
import { products, workloads } from './workloads.mjs'

/**
 * Answers the requests on standard input. A peer gives
 * - version: a string
 * - train(workload, batches, data): a training job or a promise of one. A job is `{ step(), steps? }`, where a step trains
 *   one of the batches, or `steps` of them, and returns their mean loss or a promise of it; or `{ run(seconds),
 *   learn(seconds) }`, which return a promise of the number of samples trained, and one of the losses on one batch
 * - multiply(size): a function that multiplies two matrices [size x size] and fetches the product, or a promise of one
 *
 * What they throw is the peer's answer.
 */
export async function serve({ version, train, multiply }) {
  const data = readImages(process.argv[2])
  const threads = Number(process.argv[3])
  const jobs = new Map()

  async function prepare(id) {
    if (id in products) {
      const multiplication = await multiply(products[id])
      return { run: (seconds) => repeat(multiplication, (2 * products[id] ** 3) / 1e9, seconds) }
    }
    if (!(id in workloads)) throw new Error(`expected a workload, found ${id}`)
    const batches = new Batches(data, workloads[id].batch)
    const job = await train({ id, ...workloads[id] }, batches, data)
    const { step, steps = 1 } = job
    return {
      run: (seconds) => repeat(step, batches.size * steps, seconds),
      async learn(seconds) {
        const losses = []
        batches.repeating = true
        losses.push(await step())
        await repeat(async () => losses.push(await step()), 1, seconds)
        batches.repeating = false
        return losses
      },
      ...job,
    }
  }

  async function jobOf(id) {
    if (!jobs.has(id)) {
      const job = await prepare(id)
      await job.run(0)
      jobs.set(id, job)
    }
    return jobs.get(id)
  }

  async function measure(id, seconds, wanted) {
    if (wanted !== threads) throw new Error(`started for ${threads} threads, asked to use ${wanted}`)
    const { run } = await jobOf(id)
    const start = performance.now()
    const amount = await run(seconds)
    return amount / ((performance.now() - start) / 1000)
  }

  async function learn(id, seconds) {
    const job = await jobOf(id)
    if (!job.learn) throw new Error('a product has no loss')
    const losses = await job.learn(seconds)
    return { steps: losses.length, first: losses[0], last: losses.at(-1) }
  }

  const answer = (text) => process.stdout.write(`${text}\n`)
  answer(`ready ${version}`)
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, ...rest] = line.split(' ')
    try {
      const [id, seconds, wanted] = word === 'learn' ? rest : [word, ...rest]
      const value =
        word === 'learn'
          ? await learn(id, Number(seconds))
          : await measure(id, Number(seconds), Number(wanted))
      answer(JSON.stringify(value))
    } catch (error) {
      answer(JSON.stringify({ error: sentenceOf(error) }))
    }
  }
  // Some peers keep workers, which would keep the process.
  process.exit()
}

/** Does `once`, worth `amount`, at least once and until `seconds` have passed; returns what all were worth. */
async function repeat(once, amount, seconds) {
  const start = performance.now()
  let times = 0
  do {
    await once()
    times++
  } while (performance.now() - start < 1000 * seconds)
  return times * amount
}

/** The first line of what was thrown, whatever it is. */
function sentenceOf(error) {
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n')[0]
}

/** Imports a module, or says on standard output that it is missing and ends. */
export async function load(name) {
  try {
    return await import(name)
  } catch (error) {
    return missing(sentenceOf(error))
  }
}

/** Says why the peer cannot run here, and ends. */
export function missing(why) {
  process.stdout.write(`missing ${why}\n`)
  process.exit()
}

/** The version of an installed package, also of one that does not export its package.json. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8'))
    .version
}
