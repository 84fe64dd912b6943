import t from 'tap'
import { elementWords, permutation, philox4x32 } from '../../src/engine/js/philox.js'

t.test('the known answers of Random123 for philox4x32, 10 rounds', async (t) => {
  const answers = [
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ]
  const words = (text: string) => text.split(' ').map((word) => Number.parseInt(word, 16))
  const out = new Uint32Array(4)
  for (const [counter, key, answer] of answers) {
    const [c0, c1, c2, c3] = words(counter!)
    const [k0, k1] = words(key!)
    philox4x32(c0!, c1!, c2!, c3!, k0!, k1!, out)
    t.same([...out], words(answer!), counter!)
  }
})

t.test('an element takes the word of its block that the definition says', async (t) => {
  const words = new Uint32Array(16)
  const block = new Uint32Array(4)
  for (const e of [0, 1, 4, 15, 16, 37, 255, 100003]) {
    elementWords(e >>> 4, 7, 2, 0xdeadbeef, 9, words)
    philox4x32(4 * (e >>> 4) + (e & 3), 7, 2, 0, 0xdeadbeef, 9, block)
    t.equal(words[e & 15], block[(e >>> 2) & 3], `element ${e}`)
  }
  t.equal(permutation(0, 1, 2, 3).length, 0, 'nothing to order')
})
