// Findings of the last check, decisions about them, and the pairs as a check reads them.
import type { Split, Status, Task } from '../../../shared/contract/entities'
import type { FindingKind, Thresholds } from '../../../shared/quality/findingKinds'
import type { Database } from './database'

export interface FindingRow {
  pairId: number
  value: number
  severity: number
  detail: string
  relatedPairId: number | null
  clusterId: number | null
  /** Length of both texts as they were judged; null where they play no part. */
  textLength: number | null
}

/** What the summary tells of a check. */
export interface CheckFigures {
  pairCount: number
  pictureCount: number
  scoredPairCount: number
  language: string | null
  /** Of the scores, by task. */
  scores: Partial<Record<Task, { median: number; deviation: number }>>
  histograms: Partial<Record<FindingKind, number[]>>
}

export interface QualityState {
  checkId: number
  checkedAtMs: number | null
  revision: number
  figures: CheckFigures
  thresholds: Thresholds
}

/** A pair with what is known of its pictures; the columns of a side are null where it has no picture or no measures. */
export interface CheckedPair {
  id: number
  task: Task
  split: Split
  status: Status
  leftImageId: number | null
  leftText: string | null
  rightImageId: number | null
  rightText: string | null
  score: number | null
  outlierness: number | null
  betterPairId: number | null
  betterScore: number | null
  leftWidthPx: number | null
  leftHeightPx: number | null
  leftSharpness: number | null
  leftBrightness: number | null
  leftContrast: number | null
  leftError: string | null
  rightWidthPx: number | null
  rightHeightPx: number | null
  rightSharpness: number | null
  rightBrightness: number | null
  rightContrast: number | null
  rightError: string | null
}

export interface ListedFinding extends Omit<FindingRow, 'textLength'> {
  kind: FindingKind
}

const noFigures: CheckFigures = { pairCount: 0, pictureCount: 0, scoredPairCount: 0, language: null, scores: {}, histograms: {} }

const sideColumns = (side: 'left' | 'right', image: string, measures: string): string =>
  [`${image}.widthPx AS ${side}WidthPx`, `${image}.heightPx AS ${side}HeightPx`, ...['Sharpness', 'Brightness', 'Contrast', 'Error'].map(name => `${measures}.${name.toLowerCase()} AS ${side}${name}`)].join(', ')

export class FindingStore {
  constructor(private readonly database: Database) {}

  getState(): QualityState {
    const row = this.database.get<{ checkId: number; checkedAtMs: number | null; revision: number; figures: string; thresholds: string }>(
      'SELECT checkId, checkedAtMs, revision, figures, thresholds FROM qualityState')!
    return { ...row, figures: { ...noFigures, ...(JSON.parse(row.figures) as Partial<CheckFigures>) }, thresholds: JSON.parse(row.thresholds) as Thresholds }
  }

  setThresholds(thresholds: Thresholds): void {
    this.database.run('UPDATE qualityState SET thresholds = ?', JSON.stringify(thresholds))
  }

  setFigures(figures: CheckFigures): void {
    this.database.run('UPDATE qualityState SET figures = ?', JSON.stringify(figures))
  }

  countChangedSince(revision: number): number {
    return this.database.count('SELECT count(*) FROM pairs WHERE revision > ?', revision)
  }

  /** Pairs that were not rejected, by ascending id. */
  listPairs(afterId: number, limit: number): CheckedPair[] {
    return this.database.all<CheckedPair>(
      `SELECT p.id, p.task, p.split, p.status, p.leftImageId, p.leftText, p.rightImageId, p.rightText, p.score, d.outlierness, d.betterPairId, d.betterScore,
         ${sideColumns('left', 'li', 'lm')}, ${sideColumns('right', 'ri', 'rm')}
       FROM pairs p LEFT JOIN images li ON li.id = p.leftImageId LEFT JOIN pictureMeasures lm ON lm.imageId = p.leftImageId
         LEFT JOIN images ri ON ri.id = p.rightImageId LEFT JOIN pictureMeasures rm ON rm.imageId = p.rightImageId
         LEFT JOIN pairDistances d ON d.pairId = p.id
       WHERE p.id > ? AND p.status <> 'rejected' ORDER BY p.id LIMIT ?`, afterId, limit)
  }

  /** A number that no check has used, for one that begins. What an unfinished one left is removed by `finishCheck`. */
  nextCheckId(): number {
    return this.database.count('SELECT max(coalesce((SELECT max(checkId) FROM findings), 0), (SELECT checkId FROM qualityState)) + 1')
  }

  add(checkId: number, kind: FindingKind, rows: Iterable<FindingRow>): void {
    this.database.transaction(() => {
      for (const { pairId, value, severity, detail, relatedPairId, clusterId, textLength } of rows) {
        // A pair may be gone since it was read: undo takes new pairs away.
        this.database.run(
          `INSERT OR REPLACE INTO findings (checkId, kind, pairId, value, severity, detail, relatedPairId, clusterId, textLength)
           SELECT ?, ?, id, ?, ?, ?, (SELECT id FROM pairs WHERE id = ?), ?, ? FROM pairs WHERE id = ?`, checkId, kind, value, severity, detail, relatedPairId, clusterId, textLength, pairId)
      }
    })
  }

  removeKind(checkId: number, kind: FindingKind): void {
    this.database.run('DELETE FROM findings WHERE checkId = ? AND kind = ?', checkId, kind)
  }

  /** Makes a complete check the present one. */
  finishCheck(checkId: number, revision: number, figures: CheckFigures): void {
    this.database.run('UPDATE qualityState SET checkId = ?, checkedAtMs = ?, revision = ?, figures = ?', checkId, Date.now(), revision, JSON.stringify(figures))
  }

  /** Removes findings of other checks than the present one, at most `limit`. Gives how many there were. */
  removeOld(limit: number): number {
    return this.database.run(
      `DELETE FROM findings WHERE (checkId, kind, pairId) IN (SELECT f.checkId, f.kind, f.pairId FROM findings f WHERE f.checkId <> (SELECT checkId FROM qualityState) LIMIT ?)`, limit).changes
  }

  countByKind(kind: FindingKind): { openCount: number; dismissedCount: number } {
    const row = this.database.get<{ all: number; open: number }>(
      `SELECT count(*) AS "all", coalesce(sum(NOT EXISTS (SELECT 1 FROM findingDismissals d WHERE d.kind = l.kind AND d.pairId = l.pairId)), 0) AS open FROM liveFindings l WHERE l.kind = ?`, kind)!
    return { openCount: row.open, dismissedCount: row.all - row.open }
  }

  list(kind: FindingKind, isDismissed: boolean, offset: number, limit: number): ListedFinding[] {
    return this.database.all<ListedFinding>(
      `SELECT l.kind, l.pairId, l.value, l.severity, l.detail, l.relatedPairId, l.clusterId FROM liveFindings l
       WHERE l.kind = ? AND ${isDismissed ? '' : 'NOT '}EXISTS (SELECT 1 FROM findingDismissals d WHERE d.kind = l.kind AND d.pairId = l.pairId)
       ORDER BY l.severity DESC, l.pairId LIMIT ? OFFSET ?`, kind, limit, offset)
  }

  listOpenPairIds(kind: FindingKind): number[] {
    return this.database.all<{ pairId: number }>('SELECT pairId FROM openFindings WHERE kind = ? ORDER BY pairId', kind).map(row => row.pairId)
  }

  /** Of the given pairs those with a decision, or without one. */
  listDecided(kind: FindingKind, pairIds: readonly number[], isDismissed: boolean): number[] {
    return this.database.all<{ id: number }>(
      `SELECT p.id FROM json_each(?) j CROSS JOIN pairs p ON p.id = j.value
       WHERE ${isDismissed ? '' : 'NOT '}EXISTS (SELECT 1 FROM findingDismissals d WHERE d.kind = ? AND d.pairId = p.id) ORDER BY p.id`, JSON.stringify(pairIds), kind).map(row => row.id)
  }

  /** Clusters with at least two open members, the largest first. */
  listClusterIds(kind: FindingKind, offset = 0, limit = -1): number[] {
    return this.database.all<{ clusterId: number }>(
      'SELECT clusterId FROM openFindings WHERE kind = ? GROUP BY clusterId HAVING count(*) > 1 ORDER BY count(*) DESC, clusterId LIMIT ? OFFSET ?', kind, limit, offset).map(row => row.clusterId)
  }

  countClusters(kind: FindingKind): number {
    return this.database.count('SELECT count(*) FROM (SELECT 1 FROM openFindings WHERE kind = ? GROUP BY clusterId HAVING count(*) > 1)', kind)
  }

  /** Open members of clusters: cluster id to pairs and what was said of each. */
  listMembers(kind: FindingKind, clusterIds: readonly number[]): Map<number, { pairId: number; detail: string }[]> {
    const rows = this.database.all<{ clusterId: number; pairId: number; detail: string }>(
      'SELECT o.clusterId, o.pairId, o.detail FROM openFindings o WHERE o.kind = ? AND o.clusterId IN (SELECT value FROM json_each(?)) ORDER BY o.pairId', kind, JSON.stringify(clusterIds))
    const members = new Map<number, { pairId: number; detail: string }[]>(clusterIds.map(clusterId => [clusterId, []]))
    for (const { clusterId, pairId, detail } of rows) members.get(clusterId)?.push({ pairId, detail })
    return members
  }

  /** Groups of the data that training and another split share: held-out pair and one of the training pairs. */
  listGroupLeaks(): { pairId: number; trainPairId: number }[] {
    return this.database.all(
      `SELECT m.pairId, min(t.pairId) AS trainPairId FROM groups g CROSS JOIN groupMembers m ON m.groupId = g.id CROSS JOIN pairs p ON p.id = m.pairId AND p.split <> 'train' AND p.status <> 'rejected'
         CROSS JOIN groupMembers t ON t.groupId = g.id CROSS JOIN pairs q ON q.id = t.pairId AND q.split = 'train' AND q.status <> 'rejected'
       WHERE g.origin = 'data' GROUP BY m.pairId`)
  }
}
