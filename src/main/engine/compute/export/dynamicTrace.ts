// Graphs with free sizes. Tracing fixes every shape; but a function traced at several sizes gives the same operators, and
// only constants differ: shapes, ends of slices, blocks of one number. Each entry of a differing shape is a polynomial of
// the free sizes (1, B, L, B·L), found from four traces, checked by a fifth, and computed in the graph from its input.
import { traceFunction, type TensorFunction, type TensorSpec } from '../graph/traceFunction'
import type { Graph, GraphConstant, GraphNode, ValueInfo } from '../graph/graphTypes'

export interface FreeSize {
  name: string
  /** Two sizes to trace at, and one to check with. All different. */
  tracedAt: readonly [number, number]
  checkedAt: number
  /** Where the size can be read when the graph runs. */
  input: string
  axis: number
}

type Sizes = Record<string, number>
/** Coefficients of the monomials, in the order of `monomialSets`. */
type Polynomial = number[]

/** Every subset of the free sizes: 1, B, L, B·L. */
function monomialSets(free: readonly FreeSize[]): string[][] {
  return free.reduce<string[][]>((sets, { name }) => [...sets, ...sets.map((set) => [...set, name])], [[]])
}

const monomial = (set: readonly string[], sizes: Sizes): number => set.reduce((product, name) => product * sizes[name]!, 1)
const evaluate = (polynomial: Polynomial, sets: string[][], sizes: Sizes): number =>
  polynomial.reduce((sum, coefficient, i) => sum + coefficient * monomial(sets[i]!, sizes), 0)

/** Solves a small square system; the sizes are chosen so that it has one solution. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  for (let column = 0; column < rows.length; column++) {
    const pivot = rows.slice(column).reduce((best, row, i) => (Math.abs(row[column]!) > Math.abs(rows[best]![column]!) ? i + column : best), column)
    ;[rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!]
    for (let i = 0; i < rows.length; i++) {
      if (i === column) continue
      const factor = rows[i]![column]! / rows[column]![column]!
      for (let j = column; j <= rows.length; j++) rows[i]![j]! -= factor * rows[column]![j]!
    }
  }
  return rows.map((row, i) => Math.round(row[rows.length]! / row[i]!))
}

const numbersOf = (constant: GraphConstant): number[] => Array.from(constant.data as ArrayLike<number | bigint>, Number)

class DynamicGraph {
  readonly nodes: GraphNode[] = []
  readonly constants = new Map<string, GraphConstant>()
  private readonly computed = new Map<string, string>()
  private readonly sets: string[][]
  private counter = 0

  constructor(private readonly free: readonly FreeSize[], private readonly points: Sizes[]) {
    this.sets = monomialSets(free)
  }

  private fresh(): string {
    this.counter += 1
    return `size${this.counter}`
  }

  private constant(data: GraphConstant['data'], shape: number[], type: GraphConstant['type']): string {
    const name = this.fresh()
    this.constants.set(name, { name, data, shape, type })
    return name
  }

  private int64 = (values: readonly number[], shape = [values.length]): string =>
    this.constant(BigInt64Array.from(values, BigInt), shape, 'int64')

  private node(operator: string, inputs: string[], attributes: GraphNode['attributes'] = {}): string {
    const name = this.fresh()
    this.nodes.push({ operator, domain: '', inputs, outputs: [name], attributes })
    return name
  }

  private once(key: string, make: () => string): string {
    const name = this.computed.get(key) ?? make()
    this.computed.set(key, name)
    return name
  }

  private size = ({ name, input, axis }: FreeSize): string => this.once(`size ${name}`, () => {
    const shape = this.once(`shape ${input}`, () => this.node('Shape', [input]))
    return this.node('Gather', [shape, this.int64([axis])], { axis: 0 })
  })

  private monomials = (): string => this.once('monomials', () => {
    const parts = this.sets.map((set) => {
      if (set.length === 0) return this.int64([1])
      return set.map((name) => this.size(this.free.find((free) => free.name === name)!)).reduce((product, size) => this.node('Mul', [product, size]))
    })
    return this.node('Concat', parts, { axis: 0 })
  })

  private fit(values: readonly number[]): Polynomial {
    const count = this.sets.length
    const polynomial = solve(this.points.slice(0, count).map((sizes) => this.sets.map((set) => monomial(set, sizes))), values.slice(0, count))
    this.points.forEach((sizes, i) => {
      if (evaluate(polynomial, this.sets, sizes) !== values[i]) throw new Error('Expected a size that is a polynomial of the free sizes; a constant of the trace is none.')
    })
    return polynomial
  }

  /** A vector of shapes or positions as one value of the graph. */
  private vector(columns: readonly number[][]): string {
    const polynomials = columns[0]!.map((_, entry) => this.fit(columns.map((column) => column[entry]!)))
    return this.once(JSON.stringify(polynomials), () => {
      const terms = this.node('Mul', [this.int64(polynomials.flat(), [polynomials.length, this.sets.length]), this.monomials()])
      return this.node('ReduceSum', [terms, this.int64([1])], { keepdims: 0 })
    })
  }

  /** The value that stands for one constant as it is in every trace. */
  merge(operator: string, found: readonly GraphConstant[]): string {
    const [first] = found as [GraphConstant, ...GraphConstant[]]
    const columns = found.map(numbersOf)
    const isSameLength = columns.every((column) => column.length === columns[0]!.length)
    const isEqual = isSameLength && found.every(({ shape }) => shape.join() === first.shape.join()) && columns.every((column) => column.every((value, i) => value === columns[0]![i]))
    if (isEqual) {
      this.constants.set(first.name, first)
      return first.name
    }
    if (first.type === 'int64' && first.shape.length === 1 && isSameLength) {
      const varying = columns[0]!.flatMap((value, i) => (columns.every((column) => column[i] === value) ? [] : [i]))
      if (operator === 'Reshape' && varying.length === 1) return this.once(`reshape ${varying[0]} ${columns[0]!.join()}`, () => this.int64(columns[0]!.map((value, i) => (i === varying[0] ? -1 : value))))
      return this.vector(columns)
    }
    const value = columns[0]![0]
    if (value === undefined || first.type === 'int64' || !columns.every((column) => column.every((entry) => entry === value))) {
      throw new Error(`Expected constants of one number where their shape depends on the free sizes; ${operator} has another one.`)
    }
    const element = this.constant(first.type === 'float32' ? Float32Array.of(value) : first.type === 'int32' ? Int32Array.of(value) : Uint8Array.of(value), [], first.type)
    return this.node('Expand', [element, this.vector(found.map(({ shape }) => shape))])
  }
}

/** Names of the traced values in the first trace: inputs and node outputs by their place, which is the same in all. */
function placesOf(graph: Graph): Map<string, string> {
  const places = new Map(graph.inputs.map(({ name }) => [name, `input ${name}`]))
  graph.nodes.forEach(({ outputs }, index) => outputs.forEach((name, at) => places.set(name, `${index}:${at}`)))
  return places
}

function withSymbols(values: readonly ValueInfo[][], points: Sizes[], free: readonly FreeSize[]): ValueInfo[] {
  return values[0]!.map((value, index) => ({
    ...value,
    symbols: value.shape.map((_, axis) => {
      const sizes = values.map((list) => list[index]!.shape[axis]!)
      return free.find(({ name }) => sizes.every((size, i) => size === points[i]![name]))?.name ?? null
    }),
  }))
}

/**
 * Traces a function so that the graph holds for every value of the free sizes.
 * @param specsAt inputs at given free sizes; weights among them stay inputs
 * @throws Error where the operators themselves depend on the sizes
 */
export function traceDynamic(free: readonly FreeSize[], specsAt: (sizes: Sizes) => Record<string, TensorSpec>, body: TensorFunction): Graph {
  const corners = free.reduce<Sizes[]>((points, { name, tracedAt }) => tracedAt.flatMap((size) => points.map((point) => ({ ...point, [name]: size }))), [{}])
  const points = [...corners, Object.fromEntries(free.map(({ name, checkedAt }) => [name, checkedAt]))]
  const graphs = points.map((sizes) => traceFunction(specsAt(sizes), body))
  const [first, ...others] = graphs as [Graph, ...Graph[]]
  const places = graphs.map(placesOf)
  const constants = graphs.map((graph) => new Map(graph.constants.map((constant) => [constant.name, constant])))
  const result = new DynamicGraph(free, points)

  first.nodes.forEach((node, index) => {
    for (const other of others) {
      const twin = other.nodes[index]
      if (twin?.operator !== node.operator || JSON.stringify(twin.attributes) !== JSON.stringify(node.attributes) || twin.inputs.length !== node.inputs.length) {
        throw new Error(`Expected the same operators at every size; number ${index} (${node.operator}) differs.`)
      }
    }
    const inputs = node.inputs.map((name, at) => {
      const found = graphs.map((graph, i) => constants[i]!.get(graph.nodes[index]!.inputs[at]!))
      if (found.every((constant) => constant !== undefined)) return result.merge(node.operator, found)
      const place = places[0]!.get(name)
      if (graphs.some((graph, i) => places[i]!.get(graph.nodes[index]!.inputs[at]!) !== place)) throw new Error(`Expected the same values at every size; an input of number ${index} (${node.operator}) differs.`)
      return name
    })
    result.nodes.push({ ...node, inputs })
  })
  return {
    nodes: result.nodes,
    constants: [...result.constants.values()],
    inputs: withSymbols(graphs.map(({ inputs }) => inputs), points, free),
    outputs: withSymbols(graphs.map(({ outputs }) => outputs), points, free),
  }
}
