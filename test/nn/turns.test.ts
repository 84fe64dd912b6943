import t from 'tap'
import { Turns } from '../../src/nn/turns.js'

t.test('turns are taken one after the other, first come first served', async (t) => {
  const turns = new Turns()
  const order: string[] = []
  const visit = async (name: string) => {
    await turns.take(name)
    order.push(`${name} comes`)
    await Promise.resolve()
    order.push(`${name} goes`)
    turns.pass()
  }
  t.equal(turns.take('evaluate'), undefined, 'at once, when nobody is there')
  const all = [visit('a'), visit('b'), visit('c')]
  t.throws(() => turns.refuseChange('setWeights'), {
    name: 'TrainingError',
    message: 'setWeights: the model is in use by evaluate, which is to be awaited first.',
  })
  turns.pass()
  t.throws(() => turns.refuseChange('restore'), { message: /in use by a/ }, 'the next has it already')
  await Promise.all(all)
  t.same(order, ['a comes', 'a goes', 'b comes', 'b goes', 'c comes', 'c goes'])
  turns.refuseChange('setWeights')
})

t.test('one epoch at a time', (t) => {
  const turns = new Turns()
  turns.beginEpoch()
  t.throws(() => turns.beginEpoch(), { name: 'TrainingError', message: /one fit at a time/ })
  t.throws(() => turns.refuseChange('setWeights'), {
    message: /setWeights: the model is in the middle of an epoch/,
  })
  turns.endEpoch()
  turns.refuseChange('setWeights')
  turns.beginEpoch()
  t.equal(turns.inEpoch, true)
  t.end()
})
