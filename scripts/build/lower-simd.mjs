/**
 * Takes the SIMD instructions out of a wasm module: every 128-bit value becomes four scalars of 32 bits, every
 * instruction four. What it computes keeps its bits and its order; binaryen's optimizer makes straight code of it.
 *
 * It works on the text format, in which a function is a tree. Lanes are floats where their value is used as floats and
 * integers where not, so that arithmetic needs no conversions; pairs of doubles are two lanes. Each 128-bit expression
 * becomes statements that set fresh locals, in the order of evaluation, within a block at its place.
 */
import binaryen from 'assemblyscript/binaryen'

/** What both modules have; without BulkMemoryOpt binaryen does not accept a BulkMemory of the text format's. */
const FEATURES =
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.SignExt |
  binaryen.Features.MutableGlobals |
  binaryen.Features.NontrappingFPToInt

/** A local for each value, and fewer of them: four times as many are what the optimizer's time goes to. */
const PREPARATION = [
  'ssa-nomerge',
  'precompute',
  'dce',
  'remove-unused-brs',
  'optimize-instructions',
  'simplify-locals',
  'vacuum',
  'merge-blocks',
  'remove-unused-brs',
  'vacuum',
  'reorder-locals',
]

/**
 * The module `bytes` without SIMD, optimized. It should be compiled without optimization, since the optimizer lets values
 * of different kinds share locals.
 */
export function lowerSimd(bytes) {
  resetOptimizer()
  const simd = binaryen.readBinary(bytes)
  simd.setFeatures(FEATURES | binaryen.Features.SIMD128)
  simd.runPasses(PREPARATION)
  const [tree] = parse(simd.emitText())
  simd.dispose()
  const module = binaryen.parseText(
    print(tree.map((item) => (item[0] === 'func' ? lowerFunction(item) : item))),
  )
  module.setFeatures(FEATURES)
  module.optimize()
  if (!module.validate()) throw new Error('The module without SIMD is not valid.')
  const lowered = module.emitBinary()
  module.dispose()
  return lowered
}

/** The compiler before it leaves its own settings in the one binaryen of this thread: with fast math, bits would change. */
function resetOptimizer() {
  binaryen.setOptimizeLevel(3)
  binaryen.setShrinkLevel(0)
  binaryen.setFastMath(false)
  binaryen.setAlwaysInlineMaxSize(2)
  binaryen.setFlexibleInlineMaxSize(20)
  binaryen.setOneCallerInlineMaxSize(-1)
}

/** Nested arrays of the atoms between parentheses. */
function parse(text) {
  const stack = [[]]
  for (const [token] of text.matchAll(/\(;.*?;\)|;;[^\n]*|[()]|"(?:[^"\\]|\\.)*"|[^\s()";]+/gs)) {
    if (token === '(') stack.push([])
    else if (token === ')') {
      const done = stack.pop()
      stack.at(-1).push(done)
    } else if (!/^(\(;|;;)/.test(token)) stack.at(-1).push(token)
  }
  return stack[0]
}

function print(node) {
  return Array.isArray(node) ? `(${node.map(print).join(' ')})` : node
}

const LANES = { f32: 4, i32: 4, f64: 2 }
const get = (name) => ['local.get', name]
const set = (name, value) => ['local.set', name, value]
const i32 = (value) => ['i32.const', String(value)]
/** All bits set where a comparison holds. */
const mask = (condition) => ['i32.sub', i32(0), condition]
const operands = (node) => node.filter(Array.isArray)

const floatComparisons = new Set(['eq', 'ne', 'lt', 'gt', 'le', 'ge'])
const floatOperations = new Set(['add', 'sub', 'mul', 'div', 'neg', 'abs', 'sqrt', 'floor'])
const integerOperations = new Set(['add', 'sub', 'mul', 'shl', 'shr_s', 'shr_u'])
const integerComparisons = new Set([
  'eq',
  'ne',
  'lt_s',
  'lt_u',
  'gt_s',
  'gt_u',
  'le_s',
  'le_u',
  'ge_s',
  'ge_u',
])
const bitOperations = new Set(['v128.and', 'v128.or', 'v128.xor', 'v128.andnot', 'v128.not'])
/** Instructions that take lanes and give a scalar or nothing. */
const consumers = /^(v128\.(store.*|any_true)|\w+x\w+\.(extract_lane|bitmask|all_true).*)$/

/** An instruction's name in two parts, such as f32x4 and add. */
const parts = (node) => node[0].split('.')

function lowerFunction(func) {
  /** The kind of the lanes of each 128-bit local, and the names of the locals that replace it. */
  const vectors = new Map()
  for (const item of func) {
    if (Array.isArray(item) && (item[0] === 'param' || item[0] === 'result') && item.includes('v128')) {
      throw new Error(`${func[1]} passes 128-bit values, which only inlined functions may.`)
    }
    if (item[0] === 'local' && item[2] === 'v128') vectors.set(item[1], { kind: 'f32', lanes: [] })
  }
  if (vectors.size === 0 && !print(func).includes('v128')) return func
  const isHeader = (item) =>
    !Array.isArray(item) || ['type', 'param', 'result', 'local', 'export'].includes(item[0])
  const header = func.filter((item) => isHeader(item) && item[2] !== 'v128')
  const body = func.filter((item) => !isHeader(item))
  chooseKinds(body, vectors)

  const declarations = []
  const declare = (kind) => {
    const name = `$lane${declarations.length}`
    declarations.push(['local', name, kind])
    return name
  }
  const declareLanes = (kind) => Array.from({ length: LANES[kind] }, () => declare(kind))
  for (const vector of vectors.values()) vector.lanes = declareLanes(vector.kind)
  const lowered = new Lowering(vectors, declare, declareLanes).statements(body)
  return [...header, ...declarations, ...lowered]
}

/** Whether an expression has a 128-bit value. */
function isVector(node, vectors) {
  const [name] = node
  if (name === 'local.get' || name === 'local.tee') return vectors.has(node[1])
  if (name === 'block' || name === 'if' || name === 'loop') {
    return node.some((item) => item[0] === 'result' && item[1] === 'v128')
  }
  if (name === 'select' || name === 'br_if') return isVector(operands(node)[0], vectors)
  return /^(v128|[if]\d+x\d+)\./.test(name) && !consumers.test(name)
}

/** The kind of lanes that an expression computes, or undefined where any will do. */
function kindOf(node, vectors) {
  const [type, operation] = parts(node)
  if (bitOperations.has(node[0])) return 'i32'
  if (type === 'v128' && operation !== 'bitselect') return undefined
  if (type === 'f32x4') return floatComparisons.has(operation) ? 'i32' : 'f32'
  if (type === 'f64x2') return 'f64'
  if (/^i\d+x\d+$/.test(type) && operation !== 'shuffle') return 'i32'
  if (type === 'local') return operation === 'tee' ? kindOf(node[2], vectors) : undefined
  for (const child of operands(node)) {
    if (child[0] === 'then' || child[0] === 'else') {
      const kind = kindOf(child.at(-1), vectors)
      if (kind !== undefined) return kind
    } else if (isVector(child, vectors)) {
      const kind = kindOf(child, vectors)
      if (kind !== undefined) return kind
    }
  }
  return undefined
}

/** The kind of lanes that an instruction takes, or undefined where any will do. */
function wantedBy(node) {
  const [type, operation] = parts(node)
  if (bitOperations.has(node[0]) || operation === 'bitmask') return 'i32'
  if (type === 'f64x2') return operation === 'promote_low_f32x4' ? 'f32' : 'f64'
  if (type === 'f32x4') return operation.startsWith('convert') ? 'i32' : 'f32'
  if (/^i\d+x\d+$/.test(type) && operation !== 'shuffle') return 'i32'
  return undefined
}

/** Makes each local's lanes what most of its uses want them to be; uses inside loops weigh more. */
function chooseKinds(body, vectors) {
  const votes = new Map([...vectors.keys()].map((name) => [name, { f32: 0, i32: 0, f64: 0 }]))
  const vote = (name, kind, weight) => {
    if (kind !== undefined) votes.get(name)[kind] += weight
  }
  const visit = (node, weight) => {
    const [name] = node
    if ((name === 'local.set' || name === 'local.tee') && vectors.has(node[1])) {
      vote(node[1], kindOf(node[2], vectors), weight)
    }
    for (const child of operands(node)) {
      if ((child[0] === 'local.get' || child[0] === 'local.tee') && vectors.has(child[1])) {
        vote(child[1], wantedBy(node), weight)
      }
      visit(child, name === 'loop' ? weight * 8 : weight)
    }
  }
  for (const node of body) visit(node, 1)
  for (const [name, { f32, i32, f64 }] of votes) {
    vectors.get(name).kind = f64 > 0 ? 'f64' : i32 > f32 ? 'i32' : 'f32'
  }
}

/** The lowering of one function's body. A value is the kind of its lanes and an expression, free of effects, for each. */
class Lowering {
  /** Where the value of each labelled 128-bit block goes. */
  targets = new Map()

  constructor(vectors, declare, declareLanes) {
    this.vectors = vectors
    this.declare = declare
    this.declareLanes = declareLanes
  }

  isVector(node) {
    return isVector(node, this.vectors)
  }

  statements(nodes) {
    return nodes.map((node) => this.scalar(node))
  }

  /** An expression without a 128-bit value of its own. */
  scalar(node) {
    const [name] = node
    if ((name === 'local.set' && this.vectors.has(node[1])) || (name === 'drop' && this.isVector(node[1]))) {
      const statements = []
      const value = this.vector(node.at(-1), statements)
      if (name === 'local.set') this.assign(this.vectors.get(node[1]), value, statements)
      return ['block', ...statements]
    }
    if (name === 'br' && node.length > 2 && this.isVector(node[2])) {
      const statements = []
      this.assign(this.targets.get(node[1]), this.vector(node[2], statements), statements)
      return ['block', ...statements, ['br', node[1]]]
    }
    if (consumers.test(name)) return this.consumer(node)
    return node.map((item) => {
      if (!Array.isArray(item)) return item
      if (this.isVector(item)) throw new Error(`${name} of a 128-bit value is not known.`)
      return this.scalar(item)
    })
  }

  /** Stores, and what makes a scalar of lanes. */
  consumer(node) {
    const [type, operation] = parts(node)
    const statements = []
    if (operation.startsWith('store')) {
      const address = this.keep('i32', this.scalar(operands(node)[0]), statements)
      const { kind, lanes } = this.vector(operands(node)[1], statements)
      const offset = offsetOf(node)
      const lane = laneOf(node)
      const words = { store: 4, store32_lane: 1, store64_lane: 2 }[operation]
      const bytes = 16 / LANES[kind]
      const count = (words * 4) / bytes
      for (let i = 0; i < count; i++) {
        statements.push([
          `${kind}.store`,
          `offset=${offset + bytes * i}`,
          'align=1',
          address,
          lanes[lane * count + i],
        ])
      }
      return ['block', ...statements]
    }
    const kind = wantedBy(node)
    const { lanes } = this.vectorAs(kind, operands(node)[0], statements)
    if (operation === 'extract_lane') return ['block', ['result', kind], ...statements, lanes[laneOf(node)]]
    if (operation === 'bitmask' && type === 'i32x4') {
      const bits = lanes.map((lane, i) => ['i32.shl', ['i32.shr_u', lane, i32(31)], i32(i)])
      return [
        'block',
        ['result', 'i32'],
        ...statements,
        bits.reduce((left, right) => ['i32.or', left, right]),
      ]
    }
    throw new Error(`${node[0]} is not known.`)
  }

  /** Sets a fresh local, so that what it held cannot change until it is used. */
  keep(kind, expression, statements) {
    const name = this.declare(kind)
    statements.push(set(name, expression))
    return get(name)
  }

  keepAll(kind, expressions, statements) {
    return { kind, lanes: expressions.map((expression) => this.keep(kind, expression, statements)) }
  }

  assign({ kind, lanes }, value, statements) {
    const converted = this.as(kind, value, statements)
    lanes.forEach((name, i) => {
      statements.push(set(name, converted.lanes[i]))
    })
  }

  as(kind, value, statements) {
    if (value.kind === kind) return value
    if (value.kind === 'f64' || kind === 'f64') throw new Error('Doubles are only computed with as doubles.')
    return this.keepAll(
      kind,
      value.lanes.map((lane) => [`${kind}.reinterpret_${value.kind}`, lane]),
      statements,
    )
  }

  vectorAs(kind, node, statements) {
    return this.as(kind, this.vector(node, statements, kind), statements)
  }

  /** Appends what computes `node` to `statements`. Where any kind of lanes will do they are `wanted`. */
  vector(node, statements, wanted = 'f32') {
    const [type, operation] = parts(node)
    switch (node[0]) {
      case 'local.get': {
        const { kind, lanes } = this.vectors.get(node[1])
        return this.keepAll(kind, lanes.map(get), statements)
      }
      case 'local.tee': {
        const target = this.vectors.get(node[1])
        this.assign(target, this.vector(node[2], statements, target.kind), statements)
        return this.keepAll(target.kind, target.lanes.map(get), statements)
      }
      case 'block':
      case 'if':
      case 'loop':
        return this.structured(node, statements, wanted)
      case 'br_if': {
        const [result, condition] = operands(node)
        const target = this.targets.get(node[1])
        const value = this.vectorAs(target.kind, result, statements)
        const taken = this.keep('i32', this.scalar(condition), statements)
        // Where the branch is not taken, what the target holds is set again before its end.
        this.assign(target, value, statements)
        statements.push(['br_if', node[1], taken])
        return value
      }
      case 'select': {
        const [yes, no, condition] = operands(node)
        const kind = kindOf(yes, this.vectors) ?? kindOf(no, this.vectors) ?? wanted
        const first = this.vectorAs(kind, yes, statements)
        const second = this.vectorAs(kind, no, statements)
        const chosen = this.keep('i32', this.scalar(condition), statements)
        const lanes = first.lanes.map((lane, i) => ['select', lane, second.lanes[i], chosen])
        return this.keepAll(kind, lanes, statements)
      }
      case 'v128.const': {
        const kind = wanted
        const words = node.slice(2)
        if (node[1] !== 'i32x4') throw new Error(`v128.const ${node[1]} is not known.`)
        if (kind === 'f64') {
          const lanes = [0, 2].map((i) => {
            const bits = (BigInt(words[i + 1]) << 32n) | BigInt(words[i])
            return ['f64.reinterpret_i64', ['i64.const', String(bits)]]
          })
          return { kind, lanes }
        }
        return {
          kind,
          lanes: words.map((word) => (kind === 'i32' ? i32(word) : ['f32.reinterpret_i32', i32(word)])),
        }
      }
      case 'v128.bitselect': {
        const [yes, no, chosen] = operands(node).map((operand) => this.vectorAs('i32', operand, statements))
        const lanes = yes.lanes.map((lane, i) => [
          'i32.xor',
          no.lanes[i],
          ['i32.and', ['i32.xor', lane, no.lanes[i]], chosen.lanes[i]],
        ])
        return this.keepAll('i32', lanes, statements)
      }
      case 'i8x16.shuffle':
        return this.shuffle(node, statements, wanted)
      case 'f64x2.promote_low_f32x4': {
        const { lanes } = this.vectorAs('f32', operands(node)[0], statements)
        return this.keepAll(
          'f64',
          lanes.slice(0, 2).map((lane) => ['f64.promote_f32', lane]),
          statements,
        )
      }
    }
    if (bitOperations.has(node[0])) return this.bits(operation, node, statements)
    if (type === 'v128' && operation.startsWith('load')) return this.load(operation, node, statements, wanted)
    if (operation === 'splat') {
      const kind = { f32x4: 'f32', i32x4: 'i32', f64x2: 'f64' }[type]
      const lane = this.keep(kind, this.scalar(node[1]), statements)
      return { kind, lanes: new Array(LANES[kind]).fill(lane) }
    }
    if (type === 'f32x4') return this.floats(operation, node, statements)
    if (type === 'f64x2' && floatOperations.has(operation)) {
      const values = operands(node).map((operand) => this.vectorAs('f64', operand, statements).lanes)
      return this.keepAll(
        'f64',
        [0, 1].map((i) => [`f64.${operation}`, ...values.map((v) => v[i])]),
        statements,
      )
    }
    return this.integers(node, statements)
  }

  structured(node, statements, wanted) {
    const kind = kindOf(node, this.vectors) ?? wanted
    const target = { kind, lanes: this.declareLanes(kind) }
    const withValue = (items) => {
      const last = items.at(-1)
      if (!this.isVector(last)) return this.statements(items)
      const end = []
      this.assign(target, this.vector(last, end, kind), end)
      return [...this.statements(items.slice(0, -1)), ...end]
    }
    if (node[0] === 'if') {
      const [condition, yes, no] = node.filter((item) => Array.isArray(item) && item[0] !== 'result')
      statements.push([
        'if',
        this.scalar(condition),
        ['then', ...withValue(yes.slice(1))],
        ['else', ...withValue(no.slice(1))],
      ])
    } else {
      const label = node.filter((item) => typeof item === 'string').slice(1)
      if (label.length > 0) this.targets.set(label[0], target)
      const items = node.filter((item) => Array.isArray(item) && item[0] !== 'result')
      statements.push([node[0], ...label, ...withValue(items)])
    }
    return { kind, lanes: target.lanes.map(get) }
  }

  load(operation, node, statements, wanted) {
    const offset = offsetOf(node)
    const address = this.keep('i32', this.scalar(operands(node)[0]), statements)
    const one = (kind, i) => [`${kind}.load`, `offset=${offset + i * (16 / LANES[kind])}`, 'align=1', address]
    const many = (kind, count) =>
      this.keepAll(
        kind,
        Array.from({ length: count }, (_, i) => one(kind, i)),
        statements,
      )
    if (operation === 'load') return many(wanted, LANES[wanted])
    if (operation === 'load32_splat') {
      const kind = wanted === 'f64' ? 'f32' : wanted
      return { kind, lanes: new Array(4).fill(this.keep(kind, one(kind, 0), statements)) }
    }
    const words = /^load64/.test(operation) ? 2 : 1
    if (/_zero$/.test(operation)) {
      const kind = wanted === 'f64' ? 'f32' : wanted
      const { lanes } = many(kind, words)
      while (lanes.length < 4) lanes.push([`${kind}.const`, '0'])
      return { kind, lanes }
    }
    if (!/_lane$/.test(operation)) throw new Error(`v128.${operation} is not known.`)
    const kind = wanted === 'f64' ? 'f32' : wanted
    const rest = this.vectorAs(kind, operands(node)[1], statements)
    const lanes = [...rest.lanes]
    lanes.splice(laneOf(node) * words, words, ...many(kind, words).lanes)
    return { kind, lanes }
  }

  /** Shuffles of whole lanes. */
  shuffle(node, statements, wanted) {
    const bytes = node.slice(1, 17).map(Number)
    const [first, second] = operands(node)
    const kind = kindOf(first, this.vectors) ?? kindOf(second, this.vectors) ?? wanted
    const size = 16 / LANES[kind]
    const from = [
      ...this.vectorAs(kind, first, statements).lanes,
      ...this.vectorAs(kind, second, statements).lanes,
    ]
    const lanes = Array.from({ length: LANES[kind] }, (_, i) => {
      const group = bytes.slice(i * size, (i + 1) * size)
      if (group.some((byte, j) => byte !== group[0] + j || group[0] % size !== 0)) {
        throw new Error('A shuffle should move whole lanes.')
      }
      return from[group[0] / size]
    })
    return { kind, lanes }
  }

  bits(operation, node, statements) {
    const values = operands(node).map((operand) => this.vectorAs('i32', operand, statements).lanes)
    const lanes = [0, 1, 2, 3].map((i) => {
      const [a, b] = values.map((lanes) => lanes[i])
      if (operation === 'not') return ['i32.xor', a, i32(-1)]
      if (operation === 'andnot') return ['i32.and', a, ['i32.xor', b, i32(-1)]]
      return [`i32.${operation}`, a, b]
    })
    return this.keepAll('i32', lanes, statements)
  }

  floats(operation, node, statements) {
    const kind = wantedBy(node)
    const values = operands(node).map((operand) => this.vectorAs(kind, operand, statements).lanes)
    const each = (kind, of) =>
      this.keepAll(
        kind,
        [0, 1, 2, 3].map((i) => of(...values.map((v) => v[i]))),
        statements,
      )
    if (floatOperations.has(operation)) return each('f32', (...lanes) => [`f32.${operation}`, ...lanes])
    if (floatComparisons.has(operation)) return each('i32', (a, b) => mask([`f32.${operation}`, a, b]))
    switch (operation) {
      case 'pmax':
        return each('f32', (a, b) => ['select', b, a, ['f32.lt', a, b]])
      case 'pmin':
        return each('f32', (a, b) => ['select', b, a, ['f32.lt', b, a]])
      case 'convert_i32x4_s':
        return each('f32', (a) => ['f32.convert_i32_s', a])
      case 'convert_i32x4_u':
        return each('f32', (a) => ['f32.convert_i32_u', a])
      default:
        throw new Error(`f32x4.${operation} is not known.`)
    }
  }

  integers(node, statements) {
    const [type, operation] = parts(node)
    const [left, right] = operands(node)
    const a = this.vectorAs('i32', left, statements).lanes
    if (type === 'i32x4' && /^sh[lr]/.test(operation)) {
      const count = this.keep('i32', this.scalar(right), statements)
      return this.keepAll(
        'i32',
        a.map((lane) => [`i32.${operation}`, lane, count]),
        statements,
      )
    }
    const b = right === undefined ? [] : this.vectorAs('i32', right, statements).lanes
    const each = (of) =>
      this.keepAll(
        'i32',
        a.map((lane, i) => of(lane, b[i])),
        statements,
      )
    const all = (lanes) => this.keepAll('i32', lanes, statements)
    if (type === 'i32x4') {
      if (integerOperations.has(operation)) return each((x, y) => [`i32.${operation}`, x, y])
      if (integerComparisons.has(operation)) return each((x, y) => mask([`i32.${operation}`, x, y]))
      if (operation === 'max_s') return each((x, y) => ['select', x, y, ['i32.gt_s', x, y]])
      if (operation === 'min_s') return each((x, y) => ['select', x, y, ['i32.lt_s', x, y]])
    }
    const half = operation.includes('_high') ? 2 : 0
    const pair = [half, half + 1]
    const low16 = (x) => ['i32.and', x, i32(0xffff)]
    const high16 = (x) => ['i32.shr_u', x, i32(16)]
    switch (`${type}.${operation.replace('_high', '').replace('_low', '')}`) {
      case 'i64x2.extmul_i32x4_u': {
        const wide = pair.map((i) =>
          this.keep('i64', ['i64.mul', ['i64.extend_i32_u', a[i]], ['i64.extend_i32_u', b[i]]], statements),
        )
        return all(
          wide.flatMap((x) => [
            ['i32.wrap_i64', x],
            ['i32.wrap_i64', ['i64.shr_u', x, ['i64.const', '32']]],
          ]),
        )
      }
      case 'i32x4.extend_i16x8_u':
        return all(pair.flatMap((i) => [low16(a[i]), high16(a[i])]))
      case 'i16x8.extend_i8x16_u': {
        // Two bytes, each as 16 bits.
        const spread = (x) => [
          'i32.or',
          ['i32.and', x, i32(0xff)],
          ['i32.shl', ['i32.and', x, i32(0xff00)], i32(8)],
        ]
        return all(pair.flatMap((i) => [spread(a[i]), spread(high16(a[i]))]))
      }
      default:
        throw new Error(`${node[0]} is not known.`)
    }
  }
}

/** The offset that a memory instruction adds to its address. */
function offsetOf(node) {
  return Number(node.find((item) => typeof item === 'string' && item.startsWith('offset='))?.slice(7) ?? 0)
}

/** The lane that an instruction names, 0 where it names none. */
function laneOf(node) {
  return Number(node.find((item) => typeof item === 'string' && /^\d+$/.test(item)) ?? 0)
}
