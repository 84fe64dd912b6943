import t from 'tap'
import { killAndResume } from './kills.js'

t.test('trainings that are killed and resumed end with the bits of one that nobody stopped', async (t) => {
  const { faults, killed, resumed } = await killAndResume(4)
  t.same(faults, [])
  t.ok(resumed > 0, `${resumed} resumptions after ${JSON.stringify(killed)}`)
})
