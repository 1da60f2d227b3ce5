// Places models and runs as a forest that grows to the right: base → run with its data → what it left behind → … Each
// node sits beside its children; a blend hangs beside the tuned one of its parents, the last in its record.
import type { Model } from '@shared/contract/entities'
import type { Lineage, LineageRun } from '@shared/contract/models'

export interface LineageNode {
  key: string
  kind: 'model' | 'run' | 'gone'
  /** Name of the model or run; the id of a model that is gone. */
  name: string
  model: Model | null
  run: LineageRun | null
  /** Column from the left, and row from the top in steps of one leaf; a parent sits in the middle of its children. */
  column: number
  row: number
}

export interface LineageEdge {
  from: string
  to: string
  /** A further parent of a blend. */
  isSide: boolean
}

export interface LineageLayout {
  nodes: LineageNode[]
  edges: LineageEdge[]
  columnCount: number
  rowCount: number
}

type Draft = Omit<LineageNode, 'column' | 'row'>

export function layOutLineage(models: readonly Model[], { runs, blends }: Lineage): LineageLayout {
  const modelById = new Map(models.map((model) => [model.id, model]))
  const drafts = new Map<string, Draft>()
  const childrenOf = new Map<string, string[]>()
  const edges: LineageEdge[] = []
  const hasParent = new Set<string>()
  const link = (from: string, to: string): void => {
    childrenOf.set(from, [...(childrenOf.get(from) ?? []), to])
    edges.push({ from, to, isSide: false })
    hasParent.add(to)
  }

  for (const model of models) drafts.set(model.id, { key: model.id, kind: 'model', name: model.name, model, run: null })
  // Oldest first, so that time runs from top to bottom.
  for (const run of [...runs].reverse()) {
    const key = `run:${run.runId}`
    if (!modelById.has(run.baseModelId) && !drafts.has(run.baseModelId)) drafts.set(run.baseModelId, { key: run.baseModelId, kind: 'gone', name: run.baseModelId, model: null, run: null })
    drafts.set(key, { key, kind: 'run', name: run.name, model: null, run })
    link(run.baseModelId, key)
    for (const modelId of run.modelIds) if (modelById.has(modelId)) link(key, modelId)
  }
  for (const { modelId, parents } of blends) {
    if (!modelById.has(modelId)) continue
    const [first, ...further] = [...parents].reverse().filter((parent) => modelById.has(parent.modelId) && parent.modelId !== modelId)
    if (!first || hasParent.has(modelId)) continue
    link(first.modelId, modelId)
    for (const { modelId: from } of further) edges.push({ from, to: modelId, isSide: true })
  }

  const nodes: LineageNode[] = []
  let rowCount = 0
  const placed = new Set<string>()
  function place(key: string, column: number): number {
    placed.add(key)
    const at = nodes.push({ ...drafts.get(key)!, column, row: 0 }) - 1
    const rows = (childrenOf.get(key) ?? []).filter((child) => !placed.has(child)).map((child) => place(child, column + 1))
    const row = rows.length === 0 ? rowCount++ : (rows[0]! + rows.at(-1)!) / 2
    nodes[at]!.row = row
    return row
  }
  for (const key of drafts.keys()) if (!hasParent.has(key)) place(key, 0)
  // A record that names itself among its ancestors must not hide anything.
  for (const key of drafts.keys()) if (!placed.has(key)) place(key, 0)
  return { nodes, edges, columnCount: Math.max(0, ...nodes.map(({ column }) => column + 1)), rowCount }
}
