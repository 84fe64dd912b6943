/** Starts peers, each in a process of its own, and asks them for measurements; README.md has the protocol. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { makeImages } from './data.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const npm = '`npm ci` in bench/peers'
const node = (script, ...more) => ({ commands: [process.execPath], script, more })
const python = (script) => ({ commands: ['python3', '/usr/bin/python3'], script, more: [] })

const doubles = 'in double precision, sample by sample'
const nearest = 'nearest thing: squared error without softmax, an update per sample, in double precision'
const byHand = 'training step written out by hand as an ONNX graph'

/**
 * Every peer: what it needs to be installed, whether it can use more than one thread in Node, and where its work is not
 * the same as ours. The first is our own engine.
 */
const peerList = [
  { name: 'lanegrad', needs: '`npm run build`', threaded: true, ...node('lanegrad.mjs') },
  { name: 'TensorFlow.js wasm', needs: npm, threaded: false, ...node('tfjs.mjs', 'wasm') },
  { name: 'TensorFlow.js cpu', needs: npm, threaded: false, ...node('tfjs.mjs', 'cpu') },
  { name: 'jax-js', needs: npm, threaded: false, ...node('jax.mjs') },
  {
    ...{ name: 'onnxruntime-web', needs: npm, threaded: true, ...node('onnxruntime.mjs') },
    differs: { W1: byHand, W2: byHand, W3: byHand, W4: byHand },
  },
  {
    ...{ name: 'ConvNetJS', needs: npm, threaded: false, ...node('convnetjs.mjs') },
    differs: {
      ...{ W1: doubles, W2: doubles, W3: doubles, W4: doubles },
      W10: `${doubles}; windowgrad, since it has no Adam`,
    },
  },
  {
    ...{ name: 'brain.js', needs: npm, threaded: false, ...node('brainjs.mjs') },
    differs: { W1: nearest, W2: nearest, W4: nearest },
  },
  { name: 'PyTorch', needs: "Debian's python3-torch", threaded: true, ...python('pytorch.py') },
  { name: 'NumPy', needs: "Debian's python3-numpy", threaded: true, ...python('openblas.py') },
]

export const peers = peerList.map(({ name, needs, threaded, differs = {} }) => ({
  name,
  needs,
  threaded,
  differs,
}))

/**
 * The folder of images that peers train on: the one LANEGRAD_DATA names, or made-up ones in a temporary folder.
 * `remove()` deletes what was made.
 * @throws Error when the folder has no images
 */
export function openImages() {
  const folder = process.env.LANEGRAD_DATA
  if (folder) {
    checkFolder(folder)
    return { folder, title: 'MNIST', remove() {} }
  }
  return { ...makeImages(10000), title: '10,000 made-up images, 81% zeros (LANEGRAD_DATA names no folder)' }
}

function checkFolder(folder) {
  if (!existsSync(join(folder, 'train-images-idx3-ubyte.gz')))
    throw new Error(`${folder}: expected MNIST's file train-images-idx3-ubyte.gz, found none.`)
}

/**
 * Starts the peer called `name` for `threads` threads on the images in `folder`.
 * @throws Error with a sentence that says what is missing
 */
export async function startPeer(name, { folder, threads = 1, patience = 180 }) {
  const peer = peerList.find((one) => one.name === name)
  if (!peer)
    throw new Error(
      `There is no peer called '${name}'; known are ${peers.map((one) => one.name).join(', ')}.`,
    )
  if (threads > 1 && !peer.threaded) throw new Error(`${name} has no threads in Node.`)
  if (threads > availableParallelism())
    throw new Error(`${name} was asked to use ${threads} threads where ${availableParallelism()} can run.`)
  checkFolder(folder)
  let running = await launch(peer, folder, threads, patience)
  const { version } = running

  async function request(line, seconds) {
    running ??= await launch(peer, folder, threads, patience)
    const text = await running.answer(line, patience + 10 * seconds)
    const failure = typeof text === 'string' ? null : text
    if (failure) {
      running = null
      throw failure
    }
    const value = answerOf(text)
    if (value.error !== undefined) throw new Error(value.error.replaceAll(here, ''))
    return value
  }

  return {
    name,
    version,
    threads,
    speed: (workload, seconds) => request(`${workload} ${seconds} ${threads}`, seconds),
    learn: (workload, seconds) => request(`learn ${workload} ${seconds}`, seconds),
    close: () => running?.end(),
  }
}

/** What a line says; a line that is not JSON is something that a library printed, and is as good as an error. */
function answerOf(text) {
  try {
    return JSON.parse(text)
  } catch {
    return { error: text }
  }
}

/** A running process of a peer: the first of its commands that says it is ready. */
async function launch({ name, needs, commands, script, more }, folder, threads, patience) {
  let why = ''
  for (const command of commands) {
    const process = talk(command, [join(here, script), folder, String(threads), ...more])
    const first = await process.answer(null, patience)
    const [word, ...rest] = typeof first === 'string' ? first.split(' ') : []
    if (word === 'ready') return { ...process, version: rest.join(' ') }
    why ||= typeof first === 'string' ? rest.join(' ') : first.message
    process.end()
  }
  throw new Error(`${name} is not installed, or does not start; it needs ${needs}: ${why}`)
}

/** A child process that answers lines by lines. An answer is a string, or an Error when there will be no more. */
function talk(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: here })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = text.split('\n').findLast((line) => /error/i.test(line)) ?? complaint
  })
  // A child that is gone answers nothing more, which is noticed there.
  child.stdin.on('error', () => {})
  const ended = new Promise((resolve) => {
    child.on('error', resolve)
    child.on('close', (code, signal) =>
      resolve(new Error(`ended by ${signal ?? `exit code ${code}`}${complaint ? `: ${complaint}` : ''}`)),
    )
  })
  return {
    /** The next line, after `line` has been sent; an Error after `seconds` without one. */
    async answer(line, seconds) {
      if (line !== null) child.stdin.write(`${line}\n`)
      let timer
      const late = new Promise((resolve) => {
        timer = setTimeout(() => {
          child.kill('SIGKILL')
          resolve(new Error(`no answer within ${seconds} s`))
        }, 1000 * seconds)
      })
      const next = lines.next().then(({ value, done }) => (done ? ended : value))
      const answer = await Promise.race([
        next,
        late,
        ended.then((error) =>
          next.then(
            () => error,
            () => error,
          ),
        ),
      ])
      clearTimeout(timer)
      return answer
    },
    end: () => child.stdin.end(),
  }
}
