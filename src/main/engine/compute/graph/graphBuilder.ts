// Collects the nodes of one trace. Small constants are shared, so that the same axes list is stored once.
import type { Graph, GraphConstant, GraphNode, ValueInfo, ValueType } from './graphTypes'
import type { OnnxAttribute } from './onnxKernel'

const shareableElements = 64

/** What was added up into zeros: `indices` (int64) and `updates` of a ScatterND. */
export interface RowScatter {
  indices: string
  updates: string
}

export class GraphBuilder {
  private readonly nodes: GraphNode[] = []
  private readonly constants: GraphConstant[] = []
  private readonly inputs: ValueInfo[] = []
  private readonly shared = new Map<string, string>()
  private readonly scatters = new Map<string, RowScatter>()
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

  /** Remembers that a value is zeros plus scattered rows, so that a sum with it needs no table of zeros. */
  rememberScatter(name: string, scatter: RowScatter): void { this.scatters.set(name, scatter) }

  scatterOf(name: string): RowScatter | undefined { return this.scatters.get(name) }

  /** The graph with only what its outputs need: gradients that nobody asked for leave no nodes behind. */
  finish(outputs: (ValueInfo & { source: string })[]): Graph {
    this.nameOutputs(outputs)
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

  /** Gives computed values the names of the outputs; only inputs, constants and values asked for twice are copied. */
  private nameOutputs(outputs: (ValueInfo & { source: string })[]): void {
    const computed = new Set(this.nodes.flatMap((node) => node.outputs))
    const renamed = new Map<string, string>()
    const copies: GraphNode[] = []
    for (const { name, source } of outputs) {
      if (computed.has(source) && !renamed.has(source)) renamed.set(source, name)
      else copies.push({ operator: 'Identity', domain: '', inputs: [source], outputs: [name], attributes: {} })
    }
    this.nodes.push(...copies)
    const current = (name: string): string => renamed.get(name) ?? name
    for (const node of this.nodes) {
      node.inputs = node.inputs.map(current)
      node.outputs = node.outputs.map(current)
    }
  }
}
