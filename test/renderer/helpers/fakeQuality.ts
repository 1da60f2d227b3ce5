// A check of quality for the fake engine: blurred pairs, one set of duplicates, and decisions about them.
import type { Cluster, Finding, QualitySummary } from '@shared/contract/quality'
import { findingKindNames, histogramBins, type FindingKind } from '@shared/quality/findingKinds'
import type { Pair } from '@shared/contract/entities'
import { makePair } from './fakeData'

export interface FakeQuality {
  summary: QualitySummary
  findings: Partial<Record<FindingKind, Finding[]>>
  clusters: Cluster[]
}

export const neverChecked: QualitySummary = {
  checkedAtMs: null, changedPairCount: 0, pairCount: 0, pictureCount: 0, unmeasuredPictureCount: 8, scoredPairCount: 0, language: null,
  counts: findingKindNames.map((kind) => ({ kind, openCount: 0, dismissedCount: 0 })), thresholds: {}, histograms: [],
}

export function makeQuality(): FakeQuality {
  const finding = (pair: Pair): Finding => ({ kind: 'blurred', pair, value: 2, detail: 'sharpness 2.0', related: null, clusterId: null, isDismissed: false })
  const blurred = [11, 12, 13].map((id) => finding(makePair(id)))
  const pairs = [makePair(1), makePair(2)]
  const clusters: Cluster[] = [{ clusterId: 1, pairs, details: ['the same picture', 'the same picture'], pictures: [] }]
  const openCounts: Partial<Record<FindingKind, number>> = { blurred: 3, 'near-duplicate': 2 }
  const counts = Array.from({ length: histogramBins }, (_, bin) => (bin === 2 ? 3 : bin > 30 ? 5 : 0))
  return {
    clusters, findings: { blurred },
    summary: {
      ...neverChecked, checkedAtMs: Date.now(), pairCount: 8, pictureCount: 8, unmeasuredPictureCount: 0, language: 'en',
      counts: findingKindNames.map((kind) => ({ kind, openCount: openCounts[kind] ?? 0, dismissedCount: 0 })), histograms: [{ kind: 'blurred', counts }],
    },
  }
}

type Input = Record<string, unknown> & { kind: FindingKind; isDismissed?: boolean; pairIds?: number[] | null; clusterIds?: number[] | null; value?: number }

export function fakeQualityCalls(quality: FakeQuality, startJob: () => { jobId: number }, history: () => { undoLabel: string | null; redoLabel: string | null }): Record<string, (input: never) => unknown> {
  const countOf = (kind: FindingKind) => quality.summary.counts.find((count) => count.kind === kind)!
  const calls: Record<string, (input: Input) => unknown> = {
    'quality.check': startJob,
    'quality.getSummary': () => ({ ...quality.summary, counts: quality.summary.counts.map((count) => ({ ...count })) }),
    'quality.listFindings': ({ kind, isDismissed = false }) => {
      const findings = (quality.findings[kind] ?? []).filter((finding) => finding.isDismissed === isDismissed)
      return { findings, total: findings.length }
    },
    'quality.listClusters': () => ({ clusters: quality.clusters, total: quality.clusters.length }),
    'quality.setThreshold': ({ kind, value }) => {
      quality.summary = { ...quality.summary, thresholds: { ...quality.summary.thresholds, [kind]: value } }
      return quality.summary
    },
    'quality.dismiss': ({ kind, pairIds, isDismissed = true }) => {
      const changed = (quality.findings[kind] ?? []).filter(({ pair, isDismissed: was }) => was !== isDismissed && (!pairIds || pairIds.includes(pair.id)))
      for (const finding of changed) finding.isDismissed = isDismissed
      countOf(kind).openCount -= isDismissed ? changed.length : -changed.length
      countOf(kind).dismissedCount += isDismissed ? changed.length : -changed.length
      return { changedCount: changed.length, history: history() }
    },
    'quality.countResolution': () => ({ clusterCount: quality.clusters.length, keptCount: quality.clusters.length, otherCount: quality.clusters.length }),
    'quality.resolveDuplicates': () => {
      const changedCount = quality.clusters.length
      quality.clusters = []
      countOf('near-duplicate').openCount = 0
      return { changedCount, history: history() }
    },
  }
  return calls as Record<string, (input: never) => unknown>
}
