// The names of what a map shows, for people.
import type { MapField, MapMethod, MapSide } from '@shared/contract/maps'
import { splitLabels, statusLabels, taskLabels } from '@renderer/lib/pairWords'

export const fieldLabels: Record<MapField, string> = {
  status: 'Status', split: 'Split', task: 'Task', tag: 'Tag', group: 'Group', score: 'Score', leftLength: 'Length of left text', rightLength: 'Length of right text',
}
export const sideLabels: Record<MapSide, string> = { pair: 'Whole pairs', left: 'Left sides', right: 'Right sides' }
export const methodLabels: Record<MapMethod, string> = { umap: 'UMAP', pca: 'PCA' }

const valueLabels: Partial<Record<MapField, Record<string, string>>> = { status: statusLabels, split: splitLabels, task: taskLabels }

/** @param label as the engine has it, for values that are a person's own words */
export const labelOfValue = (field: MapField, value: string, label: string): string => valueLabels[field]?.[value] ?? label
