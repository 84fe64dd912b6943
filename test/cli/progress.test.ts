import t from 'tap'
import { Interval } from '../../src/cli/progress.node.js'

t.test('a plain line is due once in every interval, whenever that is asked', async (t) => {
  let time = 5_000
  const interval = new Interval(60, () => time)
  t.notOk(interval.isDue(), 'not at the start')
  time += 59_999
  t.notOk(interval.isDue())
  time += 1
  t.ok(interval.isDue())
  t.notOk(interval.isDue())
  time += 200_000
  t.ok(interval.isDue(), 'late')
  t.notOk(interval.isDue(), 'those that were missed are not made up for')
})
