// Takes what only ONNX Runtime knows out of a graph, so that exported files follow the ONNX standard alone, and moves
// weights from its inputs into it.
import type { Graph, GraphConstant, GraphNode } from '../graph/graphTypes'
import type { WeightMap } from '../weights/namedArray'

/** Number of the type in ONNX files. */
const int64Type = 7

type Attribute = GraphNode['attributes'][string] | undefined
const isSet = (value: Attribute): boolean => value === 1 || value === true
const decimal = (value: Attribute): number => (typeof value === 'object' && value !== null && 'float' in value ? value.float : 1)

/** A·B with either transposed: Gemm where the second is a stored matrix, else Einsum, which needs no ranks. */
function standardMatMul(node: GraphNode, isMatrix: (name: string) => boolean, fresh: () => string, scalar: (value: number) => string): GraphNode[] {
  const [transposeA, transposeB, alpha] = [isSet(node.attributes['transA']), isSet(node.attributes['transB']), decimal(node.attributes['alpha'])]
  if (isMatrix(node.inputs[1]!) && !transposeA) {
    return [{ ...node, operator: 'Gemm', domain: '', attributes: { transB: transposeB ? 1 : 0, alpha: { float: alpha } } }]
  }
  const equation = `...${transposeA ? 'ki' : 'ik'},...${transposeB ? 'jk' : 'kj'}->...ij`
  if (alpha === 1) return [{ ...node, operator: 'Einsum', domain: '', attributes: { equation } }]
  const product = fresh()
  return [
    { ...node, operator: 'Einsum', domain: '', outputs: [product], attributes: { equation } },
    { operator: 'Mul', domain: '', inputs: [product, scalar(alpha)], outputs: node.outputs, attributes: {} },
  ]
}

/**
 * @param weights values of inputs, by name; they become constants of the graph
 * @throws Error for an operator outside the ONNX standard that has no standard form here
 */
export function toStandardGraph(graph: Graph, weights: WeightMap): Graph {
  const constants: GraphConstant[] = [...graph.constants]
  for (const { name } of graph.inputs) {
    const weight = weights.get(name)
    if (weight) constants.push({ name, shape: weight.shape, type: 'float32', data: weight.data })
  }
  const matrices = new Set(constants.filter(({ shape }) => shape.length === 2).map(({ name }) => name))
  let counter = 0
  const fresh = (): string => `standard${(counter += 1)}`
  const scalar = (value: number): string => {
    const name = fresh()
    constants.push({ name, shape: [], type: 'float32', data: Float32Array.of(value) })
    return name
  }
  const nodes = graph.nodes.flatMap((node) => {
    if (node.operator === 'OneHot') {
      // ONNX Runtime has no OneHot whose indices and depth differ in type; depths are int64 here.
      const indices = fresh()
      const cast: GraphNode = { operator: 'Cast', domain: '', inputs: [node.inputs[0]!], outputs: [indices], attributes: { to: int64Type } }
      return [cast, { ...node, inputs: [indices, ...node.inputs.slice(1)] }]
    }
    if (node.domain === '') return [node]
    if (node.operator === 'FusedMatMul') return standardMatMul(node, (name) => matrices.has(name), fresh, scalar)
    throw new Error(`Expected operators of the ONNX standard; ${node.operator} has no standard form here.`)
  })
  const isWeight = new Set(weights.keys())
  return { nodes, constants, inputs: graph.inputs.filter(({ name }) => !isWeight.has(name)), outputs: graph.outputs }
}
