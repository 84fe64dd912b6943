import t from 'tap'
import { dense, sequential } from '../../src/index.js'

t.test('initialisers have the spread that they promise', async (t) => {
  const deviation = (kernel: object | string, shape: [number, number]) => {
    const model = sequential([dense(shape[1], { kernelInitializer: kernel as never })], { input: [shape[0]] })
    const values = [...model.weights().get('dense_1/kernel')!]
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length
    return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)
  }
  const near = (found: number, expected: number, what: string) =>
    t.ok(Math.abs(found / expected - 1) < 0.03, `${what}: ${found}, expected ${expected}`)
  near(deviation('heNormal', [200, 100]), Math.sqrt(2 / 200), 'heNormal')
  near(deviation('heUniform', [200, 100]), Math.sqrt(2 / 200), 'heUniform')
  near(deviation('glorotNormal', [200, 100]), Math.sqrt(2 / 300), 'glorotNormal')
  near(deviation('glorotUniform', [200, 100]), Math.sqrt(2 / 300), 'glorotUniform')
  near(deviation('lecunNormal', [200, 100]), Math.sqrt(1 / 200), 'lecunNormal')
  near(deviation('lecunUniform', [200, 100]), Math.sqrt(1 / 600), 'lecunUniform')
  near(deviation({ type: 'normal', deviation: 1 }, [200, 100]), 1, 'normal')
  near(deviation({ type: 'uniform', limit: 0.3 }, [200, 100]), 0.3 / Math.sqrt(3), 'uniform')
  t.equal(deviation('zeros', [9, 9]), 0, 'zeros')
  t.equal(deviation({ type: 'constant', value: 2 }, [9, 9]), 0, 'constant')
  const model = sequential([dense(3, { kernelInitializer: 'identity' })], { input: [3] })
  t.same([...model.weights().get('dense_1/kernel')!], [1, 0, 0, 0, 1, 0, 0, 0, 1])
})
