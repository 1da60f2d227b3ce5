// What two models have in common and what not: sizes, data, recipes and scores, as rows of a table.
import type { Model } from '@shared/contract/entities'
import type { LineageRun } from '@shared/contract/models'
import type { Run } from '@shared/contract/runs'
import type { Evaluation } from '@shared/contract/search'
import { recipeFields, type RecipeKey } from '@shared/recipe'
import { formatBytes, formatCount } from '@renderer/lib/format'
import { directions, type Direction } from './modelWords'

export interface ComparedModel {
  model: Model
  licence: string | null
  baseName: string | null
  lineageRun: LineageRun | null
  run: Run | null
  evaluation: Evaluation | null
}

export interface TextRow {
  label: string
  unit: string | null
  left: string
  right: string
  isSame: boolean
}

export interface ScoreRow {
  direction: Direction
  label: string
  cutoff: 'r1' | 'r5' | 'r10'
  cutoffLabel: string
  /** 0…1; null where it was not measured. */
  left: number | null
  right: number | null
}

const nothing = '–'
const row = (label: string, left: string | null, right: string | null, unit: string | null = null): TextRow =>
  ({ label, unit, left: left ?? nothing, right: right ?? nothing, isSame: left === right })

export function compareSizes(left: ComparedModel, right: ComparedModel): TextRow[] {
  const of = (label: string, read: (compared: ComparedModel) => string | null): TextRow => row(label, read(left), read(right))
  return [
    of('Parameters', ({ model }) => formatCount(model.parameterCount)),
    of('Width', ({ model }) => formatCount(model.widthCount)),
    of('Layers', ({ model }) => formatCount(model.layerCount)),
    of('Weights', ({ model }) => (model.sizeBytes === undefined ? null : formatBytes(model.sizeBytes))),
    of('Image tokenizer', ({ model }) => model.imageTokenizerId),
    of('Licence', ({ licence }) => licence),
  ]
}

export function compareOrigins(left: ComparedModel, right: ComparedModel): TextRow[] {
  const of = (label: string, read: (compared: ComparedModel) => string | null): TextRow => row(label, read(left), read(right))
  return [
    of('Came from', ({ model, baseName }) => baseName ?? model.source ?? (model.kind === 'bundled' ? 'the studio' : null)),
    of('Step', ({ model }) => (model.step === null ? null : formatCount(model.step))),
    of('Training pairs', ({ lineageRun }) => (lineageRun?.snapshot ? formatCount(lineageRun.snapshot.pairCount) : null)),
    of('Data snapshot', ({ lineageRun }) => lineageRun?.snapshot?.sha256.slice(0, 12) ?? null),
  ]
}

/** Only the settings that differ; all of them where only one of the models has a run. */
export function compareRecipes(left: ComparedModel, right: ComparedModel): TextRow[] {
  if (!left.run && !right.run) return []
  const spell = (run: Run | null, key: RecipeKey): string | null => {
    const value = run?.recipe[key]
    return value === undefined ? null : typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
  }
  return (Object.keys(recipeFields) as RecipeKey[])
    .map((key) => row(recipeFields[key].label, spell(left.run, key), spell(right.run, key), recipeFields[key].unit))
    .filter(({ isSame }) => !isSame)
}

const cutoffs = [{ key: 'r1', label: 'R@1' }, { key: 'r5', label: 'R@5' }, { key: 'r10', label: 'R@10' }] as const

/** Directions that neither was measured in are left out. */
export function compareScores(left: ComparedModel, right: ComparedModel): ScoreRow[] {
  return directions
    .filter(({ key }) => left.evaluation?.[key] || right.evaluation?.[key])
    .flatMap(({ key, label }) => cutoffs.map((cutoff) => ({
      direction: key, label, cutoff: cutoff.key, cutoffLabel: cutoff.label,
      left: left.evaluation?.[key]?.[cutoff.key] ?? null, right: right.evaluation?.[key]?.[cutoff.key] ?? null,
    })))
}
