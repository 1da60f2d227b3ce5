// Serialises a graph as an ONNX ModelProto (onnx.proto3, IR version 9, opset 20). Field numbers are from onnx.proto.
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Graph, GraphConstant, GraphNode, ValueInfo, ValueType } from './graphTypes'
import type { OnnxAttribute } from './onnxKernel'

const elementTypes: Record<ValueType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 }
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const
const irVersion = 9
export const opsetVersion = 20

type Write = (writer: BinaryWriter) => void

function message(writer: BinaryWriter, field: number, write: Write): void {
  const inner = new BinaryWriter()
  write(inner)
  writer.tag(field, 2).bytes(inner.finish())
}

function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttribute): void {
  writer.tag(1, 2).string(name)
  if (typeof value === 'string') {
    writer.tag(4, 2).bytes(new TextEncoder().encode(value)).tag(20, 0).int32(attributeTypes.string)
  } else if (typeof value === 'number' || typeof value === 'boolean') {
    writer.tag(3, 0).int64(Number(value)).tag(20, 0).int32(attributeTypes.int)
  } else if ('float' in value) {
    writer.tag(2, 5).float(value.float).tag(20, 0).int32(attributeTypes.float)
  } else {
    for (const item of value) writer.tag(8, 0).int64(item)
    writer.tag(20, 0).int32(attributeTypes.ints)
  }
}

function writeNode(writer: BinaryWriter, node: GraphNode, index: number): void {
  for (const input of node.inputs) writer.tag(1, 2).string(input)
  for (const output of node.outputs) writer.tag(2, 2).string(output)
  writer.tag(3, 2).string(`${node.operator}_${index}`)
  writer.tag(4, 2).string(node.operator)
  for (const [name, value] of Object.entries(node.attributes)) message(writer, 5, (inner) => writeAttribute(inner, name, value))
  if (node.domain) writer.tag(7, 2).string(node.domain)
}

/** A constant as field 5 of the graph, in two parts: everything before its numbers, and the numbers, which are not copied. */
function constantParts(constant: GraphConstant): [Uint8Array, Uint8Array] {
  const data = new Uint8Array(constant.data.buffer, constant.data.byteOffset, constant.data.byteLength)
  const head = new BinaryWriter()
  for (const size of constant.shape) head.tag(1, 0).int64(size)
  head.tag(2, 0).int32(elementTypes[constant.type])
  head.tag(8, 2).string(constant.name)
  const fields = head.tag(9, 2).uint32(data.byteLength).finish()
  const prefix = new BinaryWriter().tag(5, 2).uint32(fields.byteLength + data.byteLength).finish()
  return [Buffer.concat([prefix, fields]), data]
}

function writeValue(writer: BinaryWriter, value: ValueInfo): void {
  writer.tag(1, 2).string(value.name)
  message(writer, 2, (type) => message(type, 1, (tensor) => {
    tensor.tag(1, 0).int32(elementTypes[value.type])
    message(tensor, 2, (shape) => {
      value.shape.forEach((size, axis) => message(shape, 1, (dimension) => {
        const symbol = value.symbols?.[axis]
        if (symbol) dimension.tag(2, 2).string(symbol)
        else dimension.tag(1, 0).int64(size)
      }))
    })
  }))
}

/** The file in parts, in order, so that a large model is written without a second copy of its weights in memory. */
export function writeOnnxParts(graph: Graph): Uint8Array[] {
  const nodes = new BinaryWriter()
  graph.nodes.forEach((node, index) => message(nodes, 1, (field) => writeNode(field, node, index)))
  nodes.tag(2, 2).string('traced')
  const values = new BinaryWriter()
  for (const input of graph.inputs) message(values, 11, (field) => writeValue(field, input))
  for (const output of graph.outputs) message(values, 12, (field) => writeValue(field, output))
  const body = [nodes.finish(), ...graph.constants.flatMap(constantParts), values.finish()]

  const head = new BinaryWriter()
  head.tag(1, 0).int64(irVersion)
  head.tag(2, 2).string('fuselip-studio')
  head.tag(7, 2).uint32(body.reduce((sum, part) => sum + part.byteLength, 0))
  const tail = new BinaryWriter()
  const domains = graph.nodes.some((node) => node.domain === 'com.microsoft') ? [['', opsetVersion], ['com.microsoft', 1]] as const : [['', opsetVersion]] as const
  for (const [domain, version] of domains) {
    message(tail, 8, (opset) => { opset.tag(1, 2).string(domain).tag(2, 0).int64(version) })
  }
  return [head.finish(), ...body, tail.finish()]
}

/** @returns the bytes that ONNX Runtime loads; weights that are inputs are not inside. */
export const writeOnnx = (graph: Graph): Uint8Array => Buffer.concat(writeOnnxParts(graph))
