import t from 'tap'
import { Heap } from '../../src/engine/heap.js'

t.test('blocks never overlap, and memory that is given back is used again', async (t) => {
  let end = 0
  const heap = new Heap(100, (needed) => {
    end = Math.max(end, needed)
  })
  let seed = 3
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  const live: { address: number; bytes: number }[] = []
  for (let round = 0; round < 3000; round++) {
    if (live.length > 20 || (live.length > 0 && random() < 0.4)) {
      const { address } = live.splice(Math.floor(random() * live.length), 1)[0]!
      heap.release(address)
      continue
    }
    const bytes = 1 + Math.floor(random() * 5000)
    const address = heap.allocate(bytes)
    if (address % 64 !== 0 || address < 100) t.fail(`address ${address}`)
    const clash = live.find(
      (other) => address < other.address + other.bytes && other.address < address + bytes,
    )
    if (clash) t.fail(`${address}..${address + bytes} overlaps ${clash.address}`)
    live.push({ address, bytes })
  }
  t.ok(end < 21 * 5064 * 2, `${end} bytes for at most 21 blocks of up to 5000`)

  for (const { address } of live) heap.release(address)
  const whole = heap.allocate(end - 128)
  t.equal(whole, 128, 'everything released is one hole again')
  heap.release(whole)
  heap.release(whole)
  t.equal(heap.allocate(64), 128, 'releasing twice does no harm')
  t.equal(heap.allocate(64), 192)
})

t.test('an allocation that cannot grow leaves the books as they were', async (t) => {
  const heap = new Heap(64, (end) => {
    if (end > 1024) throw new Error('no memory')
  })
  t.throws(() => heap.allocate(2000), /no memory/)
  t.equal(heap.allocate(960), 64)
})
