/** Writes the few parts of ONNX that onnxruntime.mjs needs; field numbers from onnx.proto of opset 17 (IR version 8). */
import protobuf from 'protobufjs'

const field = (id, type, rule) => ({ id, type, ...(rule ? { rule } : {}) })

const { nested } = {
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        graph: field(7, 'Graph'),
        opsetImport: field(8, 'OperatorSet', 'repeated'),
      },
    },
    OperatorSet: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Graph: {
      fields: {
        node: field(1, 'Node', 'repeated'),
        name: field(2, 'string'),
        initializer: field(5, 'Tensor', 'repeated'),
        input: field(11, 'ValueInfo', 'repeated'),
        output: field(12, 'ValueInfo', 'repeated'),
      },
    },
    Node: {
      fields: {
        input: field(1, 'string', 'repeated'),
        output: field(2, 'string', 'repeated'),
        opType: field(4, 'string'),
        attribute: field(5, 'Attribute', 'repeated'),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        g: field(6, 'Graph'),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: {
        dims: field(1, 'int64', 'repeated'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'Shape') } },
    Shape: { fields: { dim: field(1, 'Dimension', 'repeated') } },
    Dimension: { fields: { dimValue: field(1, 'int64') } },
  },
}
const Model = protobuf.Root.fromJSON({ nested }).lookupType('Model')

const elemTypes = { float32: 1, int64: 7, bool: 9 }
const attributeTypes = { f: 1, i: 2, g: 5 }

/** A float32 input or output of a graph. */
export function tensor(name, shape) {
  const dim = shape.map((dimValue) => ({ dimValue }))
  return { name, type: { tensorType: { elemType: elemTypes.float32, shape: { dim } } } }
}

/** A constant; `data` is a typed array, of bytes for `bool`. */
export function constant(name, dims, data, type = 'float32') {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { name, dims, dataType: elemTypes[type], rawData }
}

/** An operator; attributes are `{ f }`, `{ i }` or `{ g }`: a float, an integer or a graph. */
export function node(opType, input, output, attributes = {}) {
  const attribute = Object.entries(attributes).map(([name, value]) => {
    const [kind] = Object.keys(value)
    return { name, ...value, type: attributeTypes[kind] }
  })
  return { opType, input, output, attribute }
}

export function graph({ nodes, inputs, outputs, constants = [] }) {
  return { name: 'graph', node: nodes, input: inputs, output: outputs, initializer: constants }
}

/** The bytes of a model file. */
export function encodeModel(graph) {
  return Model.encode(
    Model.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }),
  ).finish()
}
