// How models are called, coloured and summed up wherever the Models view shows them.
import { Box, Download, Sparkles } from '@lucide/vue'
import type { Component } from 'vue'
import type { Model, Recall } from '@shared/contract/entities'
import type { Evaluation } from '@shared/contract/search'

interface KindLook {
  label: string
  tone: 'plain' | 'accent' | 'good'
  icon: Component
}

export const kindLooks: Record<Model['kind'], KindLook> = {
  bundled: { label: 'Bundled', tone: 'plain', icon: Box },
  imported: { label: 'Imported', tone: 'accent', icon: Download },
  tuned: { label: 'Tuned', tone: 'good', icon: Sparkles },
}

export type Direction = 'textToImage' | 'imageToText' | 'composedToImage'
export const directions: readonly { key: Direction; label: string }[] = [
  { key: 'textToImage', label: 'Text → image' },
  { key: 'imageToText', label: 'Image → text' },
  { key: 'composedToImage', label: 'Image + text → image' },
]

/** “5.36 M”, “42.1 M”: three digits are what people compare. */
export function formatParameters(count: number): string {
  const [value, unit] = count >= 1e9 ? [count / 1e9, 'B'] : count >= 1e6 ? [count / 1e6, 'M'] : [count / 1e3, 'K']
  return `${value.toPrecision(3)} ${unit}`
}

/** The one figure that stands for a model in a list: R@1, the mean of the directions that were measured; null without any. */
export function meanRecall(evaluation: Evaluation | null): number | null {
  const measured = directions.map(({ key }) => evaluation?.[key] ?? null).filter((recall): recall is Recall => recall !== null)
  return measured.length === 0 ? null : measured.reduce((sum, { r1 }) => sum + r1, 0) / measured.length
}

/** Weights written after the measurement: a run that goes on replaces its last checkpoint. */
export const isOutdated = (model: Model, evaluation: Evaluation | null): boolean => evaluation !== null && evaluation.evaluatedAtMs < model.createdAtMs

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const moment = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
export const formatDay = (atMs: number): string => day.format(atMs)
export const formatMoment = (atMs: number): string => moment.format(atMs)
