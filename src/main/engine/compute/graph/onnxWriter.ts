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

function writeTensor(writer: BinaryWriter, constant: GraphConstant): void {
  for (const size of constant.shape) writer.tag(1, 0).int64(size)
  writer.tag(2, 0).int32(elementTypes[constant.type])
  writer.tag(8, 2).string(constant.name)
  writer.tag(9, 2).bytes(new Uint8Array(constant.data.buffer, constant.data.byteOffset, constant.data.byteLength))
}

function writeValue(writer: BinaryWriter, value: ValueInfo): void {
  writer.tag(1, 2).string(value.name)
  message(writer, 2, (type) => message(type, 1, (tensor) => {
    tensor.tag(1, 0).int32(elementTypes[value.type])
    message(tensor, 2, (shape) => {
      for (const size of value.shape) message(shape, 1, (dimension) => dimension.tag(1, 0).int64(size))
    })
  }))
}

/** @returns the bytes that ONNX Runtime loads; weights that are inputs are not inside. */
export function writeOnnx(graph: Graph): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, 0).int64(irVersion)
  writer.tag(2, 2).string('fuselip-studio')
  message(writer, 7, (inner) => {
    graph.nodes.forEach((node, index) => message(inner, 1, (field) => writeNode(field, node, index)))
    inner.tag(2, 2).string('traced')
    for (const constant of graph.constants) message(inner, 5, (field) => writeTensor(field, constant))
    for (const input of graph.inputs) message(inner, 11, (field) => writeValue(field, input))
    for (const output of graph.outputs) message(inner, 12, (field) => writeValue(field, output))
  })
  for (const [domain, version] of [['', opsetVersion], ['com.microsoft', 1]] as const) {
    message(writer, 8, (opset) => { opset.tag(1, 2).string(domain).tag(2, 0).int64(version) })
  }
  return writer.finish()
}
