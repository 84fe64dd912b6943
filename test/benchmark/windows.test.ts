import t from 'tap'
import { rate } from '../../src/benchmark/report.js'
import { interleave, ratios, summarise } from '../../src/benchmark/windows.js'

t.test('medians, spread and ratios', async (t) => {
  t.same(summarise([3, 1, 2]), { median: 2, least: 1, most: 3 })
  t.same(summarise([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4 })
  t.same(ratios([2, 9, 8], [1, 3, 1]), { median: 3, least: 2, most: 8 })
  const turns: string[] = []
  const run = (name: string) => () => turns.push(name)
  const found = await interleave(2, { a: run('a'), b: run('b') })
  t.same(turns, ['a', 'b', 'a', 'b', 'a', 'b'], 'in turn, and once before')
  t.same(found, { a: [3, 5], b: [4, 6] })
  t.equal(rate(12_345_678), '12.3M')
  t.equal(rate(0.5), '0.500')
})
