import t from 'tap'
import { Patience } from '../../src/engine/patience.js'

t.test('a thread is not given up while others come further, nor for a pause of the whole process', (t) => {
  let now = 0
  const patience = new Patience(1000, () => now)
  const look = (milliseconds: number, reached: number) => {
    now += milliseconds
    return patience.isOver(reached)
  }
  t.equal(look(260, 0), false)
  t.equal(look(3_600_000, 0), false, 'suspended for an hour')
  const moving = Array.from({ length: 50 }, (_, reached) => look(250, reached + 1))
  t.notOk(moving.includes(true), 'while others come further')
  const looks = Array.from({ length: 10 }, () => look(250, 50))
  t.same(looks.indexOf(true), 4, 'after more than a second without any progress')
  const slow = new Patience(1000, () => now)
  now += 2250
  t.equal(slow.isOver(0), false)
  let waited = 0
  for (; waited < 100_000 && !slow.isOver(0); waited += 250) now += 250
  t.ok(waited > 40_000, 'twenty times as long as its own two seconds of work')
  t.end()
})
