import t from 'tap'
import { newTrainer, quarters } from '../support/quarters.js'

t.test('an awaited fit trains as a loop does, and gives the history', async (t) => {
  const data = quarters(320)
  const [looped, awaited] = [await newTrainer(), await newTrainer()]
  const epochs = []
  for await (const epoch of looped.trainer.fit(data, { epochs: 3, validationData: data })) epochs.push(epoch)
  const history = await awaited.trainer.fit(data, { epochs: 3, validationData: data })
  t.same(
    history.map(({ epoch, loss, validation }) => [epoch, loss, validation]),
    epochs.map(({ epoch, loss, validation }) => [epoch, loss, validation]),
  )
  t.equal(await awaited.model.fingerprint(), await looped.model.fingerprint())
  t.same(await awaited.trainer.fit(data, { epochs: 0 }), [])
  t.same(awaited.trainer.history, history)
})

t.test('it is used once, and does nothing before', async (t) => {
  const data = quarters(64)
  const { trainer, model } = await newTrainer()
  const first = await model.fingerprint()
  const unused = trainer.fit(data, { epochs: 1 })
  t.equal(await model.fingerprint(), first)
  await unused.return()
  const twice = { name: 'TrainingError', message: /awaited or looped over once/ }

  const fit = trainer.fit(data, { epochs: 1 })
  t.equal(await fit, await fit, 'awaited twice it is the same history')
  t.throws(() => fit[Symbol.asyncIterator](), twice)
  await t.rejects(fit.next(), twice)

  const loop = trainer.fit(data, { epochs: 1 })
  for await (const _ of loop);
  t.throws(() => loop[Symbol.asyncIterator](), twice)
  await t.rejects(
    loop.then(() => {}),
    twice,
  )
  t.equal(trainer.history.length, 2)
})

t.test('a loop that is left stops after the step at hand and keeps it', async (t) => {
  const data = quarters(320)
  const { trainer } = await newTrainer()
  const fit = trainer.fit(data, {
    epochs: 5,
    onStep: ({ step }) => {
      if (step === 3) void fit.return()
    },
  })
  const { value } = await fit.next()
  t.match(value, { steps: 3, complete: false })
  t.same(await fit.next(), { done: true, value: undefined })
  t.equal(trainer.history.length, 1)
  t.ok(await trainer.fit(data, { epochs: 1 }), 'and another fit may follow')
})

t.test('then, catch and finally are those of a promise', async (t) => {
  const { trainer } = await newTrainer()
  let ended = false
  const history = await trainer.fit(quarters(64), { epochs: 1 }).finally(() => {
    ended = true
  })
  t.ok(ended)
  t.equal(history.length, 1)
  const message = await trainer.fit(quarters(64), { epochs: -1 }).catch((error) => (error as Error).message)
  t.match(message, /epochs/)
})
