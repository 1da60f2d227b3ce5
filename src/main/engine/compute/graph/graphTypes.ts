// A recorded computation: values by name, nodes in order, constants, inputs and outputs, all with static shapes.
import type { OnnxAttribute } from './onnxKernel'

export type ValueType = 'float32' | 'int32' | 'int64' | 'bool'

export interface ValueInfo {
  name: string
  shape: number[]
  type: ValueType
  /** Names of axes whose size is free; null where `shape` holds. Only in exported files. */
  symbols?: (string | null)[]
}

export interface GraphNode {
  operator: string
  domain: '' | 'com.microsoft'
  inputs: string[]
  outputs: string[]
  attributes: Record<string, OnnxAttribute>
}

export interface GraphConstant extends ValueInfo {
  data: Float32Array | Int32Array | BigInt64Array | Uint8Array
}

export interface Graph {
  nodes: GraphNode[]
  constants: GraphConstant[]
  inputs: ValueInfo[]
  outputs: ValueInfo[]
}
