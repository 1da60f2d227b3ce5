// Collects the nodes of one trace. Small constants are shared, so that the same axes list is stored once.
import type { Graph, GraphConstant, GraphNode, ValueInfo, ValueType } from './graphTypes'
import type { OnnxAttribute } from './onnxKernel'

const shareableElements = 64

export class GraphBuilder {
  private readonly nodes: GraphNode[] = []
  private readonly constants: GraphConstant[] = []
  private readonly inputs: ValueInfo[] = []
  private readonly shared = new Map<string, string>()
  private counter = 0

  freshName(): string {
    this.counter += 1
    return `v${this.counter}`
  }

  input(name: string, shape: number[], type: ValueType): string {
    this.inputs.push({ name, shape, type })
    return name
  }

  constant(data: GraphConstant['data'], shape: number[], type: ValueType): string {
    const key = data.length <= shareableElements ? `${type}[${shape.join(',')}]=${Array.from(data as ArrayLike<number | bigint>).join(',')}` : null
    const known = key === null ? undefined : this.shared.get(key)
    if (known !== undefined) return known
    const name = this.freshName()
    this.constants.push({ name, shape, type, data })
    if (key !== null) this.shared.set(key, name)
    return name
  }

  int64(values: readonly number[]): string {
    return this.constant(BigInt64Array.from(values, (value) => BigInt(value)), [values.length], 'int64')
  }

  scalar(value: number): string {
    return this.constant(Float32Array.of(value), [], 'float32')
  }

  node(operator: string, inputs: string[], attributes: Record<string, OnnxAttribute> = {}, outputCount = 1, domain: GraphNode['domain'] = ''): string[] {
    const outputs = Array.from({ length: outputCount }, () => this.freshName())
    this.nodes.push({ operator, domain, inputs, outputs, attributes })
    return outputs
  }

  /** The graph with only what its outputs need: gradients that nobody asked for leave no nodes behind. */
  finish(outputs: (ValueInfo & { source: string })[]): Graph {
    for (const output of outputs) {
      this.nodes.push({ operator: 'Identity', domain: '', inputs: [output.source], outputs: [output.name], attributes: {} })
    }
    const needed = new Set(outputs.map((output) => output.name))
    const nodes = [...this.nodes].reverse().filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false
      node.inputs.forEach((name) => needed.add(name))
      return true
    }).reverse()
    return {
      nodes,
      constants: this.constants.filter((constant) => needed.has(constant.name)),
      inputs: this.inputs.filter((input) => needed.has(input.name)),
      outputs: outputs.map(({ name, shape, type }) => ({ name, shape, type })),
    }
  }
}
