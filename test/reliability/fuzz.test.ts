import t from 'tap'
import { faults, fuzz, kinds } from './fuzz.js'

t.test('damaged files of every kind are opened or refused by name, in bounded memory', async (t) => {
  for (const kind of kinds) {
    const found = await fuzz(kind, 40)
    t.same(faults(found, false), [], kind)
    t.ok(found.refused > 0, `${kind}: ${found.refused} of ${found.files} refused`)
  }
})
