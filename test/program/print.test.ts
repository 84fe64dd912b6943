import t from 'tap'
import { ProgramBuilder } from '../../src/program/builder.js'
import { programCost } from '../../src/program/cost.js'
import { fill, gemm } from '../../src/program/instructions.js'
import { printProgram } from '../../src/program/print.js'
import { createTensor } from '../../src/program/tensor.js'

t.test('a program prints its instructions, its work and its memory', async (t) => {
  const program = new ProgramBuilder('example').from('dense_1')
  const [a, b, c] = [
    createTensor('external', 'a', [2, 3]),
    createTensor('parameter', 'b', [3, 4]),
    createTensor('transient', 'c', [2, 4]),
  ]
  program.emit(gemm, {
    ...{ a, lda: 3, b, ldb: 4, c, ldc: 4, m: 2, n: 4, k: 3, flags: 9, bias: null, activation: 1, slope: 0 },
  })
  program.emit(fill, { x: c, count: 8, value: 0.5 })
  t.same(programCost(program), { flops: 48, bytes: 24 + 48 + 64 + 32 })
  t.equal(
    printProgram(program),
    [
      'example: 2 instructions, 48 FLOP, 168 B read and written, 64 B transient memory',
      '#  from     instruction  work     memory  arguments',
      '0  dense_1  gemm         48 FLOP  136 B   a=a[2,3] lda=3 b=b[3,4] ldb=4 c=c[2,4] ldc=4 m=2 n=4 k=3 flags=TransposeA|SkipZeros activation=Relu slope=0',
      '1  dense_1  fill                  32 B    x=c[2,4] count=8 value=0.500000',
    ].join('\n'),
  )
})
