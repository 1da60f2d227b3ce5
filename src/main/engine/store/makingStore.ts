// What the making of pairs asks of the project: which pairs a picture has, which group still has room, and which pictures
// some pairs show. A picture here is one with a file; what is derived from it counts as the same picture.
import type { Split, Task } from '../../../shared/contract/entities'
import { siblingGroupSize } from '../../../shared/regionBoxes'
import type { Database, SqlValue } from './database'
import type { Condition } from './filterSql'

export interface SourcePicture {
  id: number
  hash: string
  width: number
  height: number
}

/** Pairs that show the picture, or one derived from it, on either side. */
const showing = `(SELECT p.id FROM pairs p JOIN images i ON i.id = p.leftImageId WHERE i.id = ? OR i.sourceImageId = ?
  UNION SELECT p.id FROM pairs p JOIN images i ON i.id = p.rightImageId WHERE i.id = ? OR i.sourceImageId = ?)`

export class MakingStore {
  constructor(private readonly database: Database) {}

  /** Pairs of a task with this picture on their left, oldest first. */
  listOfPicture(imageId: number, task: Task): number[] {
    return this.database.all<{ id: number }>('SELECT id FROM pairs WHERE leftImageId = ? AND task = ? ORDER BY id', imageId, task).map(row => row.id)
  }

  countByTask(imageId: number): Partial<Record<Task, number>> {
    const rows = this.database.all<{ task: Task; count: number }>(`SELECT task, count(*) AS count FROM pairs WHERE id IN ${showing} GROUP BY task`, imageId, imageId, imageId, imageId)
    return Object.fromEntries(rows.map(row => [row.task, row.count]))
  }

  /** The split that most pairs of the picture are in, so that a new one does not leak; null for a picture without pairs. */
  splitOfPicture(imageId: number): Split | null {
    return this.database.get<{ split: Split }>(`SELECT split, count(*) AS count FROM pairs WHERE id IN ${showing} GROUP BY split ORDER BY count DESC, split DESC LIMIT 1`,
      imageId, imageId, imageId, imageId)?.split ?? null
  }

  /** The newest group of the data that holds only pairs of this task and picture, and has room for another. */
  findOpenGroup(imageId: number, task: Task): { groupId: number; memberCount: number } | null {
    return this.database.get<{ groupId: number; memberCount: number }>(
      `SELECT m.groupId, count(*) AS memberCount FROM groupMembers m JOIN groups g ON g.id = m.groupId AND g.origin = 'data' JOIN pairs p ON p.id = m.pairId
       WHERE m.groupId IN (SELECT o.groupId FROM pairs q JOIN groupMembers o ON o.pairId = q.id WHERE q.leftImageId = ? AND q.task = ?)
       GROUP BY m.groupId HAVING count(*) < ${siblingGroupSize} AND sum(p.leftImageId IS NOT ? OR p.task <> ?) = 0 ORDER BY m.groupId DESC LIMIT 1`,
      imageId, task, imageId, task) ?? null
  }

  /** Pictures that pairs of the scope show, by id behind `afterId`; those that only derived pictures stand for are left out. */
  listPictures({ sql, values }: Condition, afterId: number, limit: number): SourcePicture[] {
    return this.database.all<SourcePicture>(
      `SELECT i.id, i.hash, i.widthPx AS width, i.heightPx AS height FROM images i
       WHERE i.id > ? AND i.sourceImageId IS NULL
         AND (EXISTS (SELECT 1 FROM pairs p WHERE p.leftImageId = i.id AND ${sql}) OR EXISTS (SELECT 1 FROM pairs p WHERE p.rightImageId = i.id AND ${sql}))
       ORDER BY i.id LIMIT ?`, afterId, ...values, ...values, limit)
  }

  countPictures({ sql, values }: Condition): number {
    return this.database.count(
      `SELECT count(*) FROM (SELECT p.leftImageId AS id FROM pairs p WHERE p.leftImageId IS NOT NULL AND ${sql} UNION SELECT p.rightImageId FROM pairs p WHERE p.rightImageId IS NOT NULL AND ${sql}) u
       JOIN images i ON i.id = u.id WHERE i.sourceImageId IS NULL`, ...values, ...values)
  }

  /** Ids of the scope behind `afterId`, ascending. */
  listIds({ sql, values }: Condition, afterId: number, limit: number): number[] {
    return this.database.all<{ id: number }>(`SELECT p.id FROM pairs p WHERE p.id > ? AND ${sql} ORDER BY p.id LIMIT ?`, afterId, ...values, limit).map(row => row.id)
  }

  /** Rows for splitting behind `afterId`, by id: each side's picture is named by its source. */
  listForSplits(afterId: number, limit: number): { id: number; task: Task; split: Split; leftImageId: number | null; rightImageId: number | null }[] {
    return this.database.all(
      `SELECT p.id, p.task, p.split, coalesce(l.sourceImageId, l.id) AS leftImageId, coalesce(r.sourceImageId, r.id) AS rightImageId
       FROM pairs p LEFT JOIN images l ON l.id = p.leftImageId LEFT JOIN images r ON r.id = p.rightImageId WHERE p.id > ? ORDER BY p.id LIMIT ?`, afterId, limit)
  }

  /** Members of the groups that came with the data, behind a member, by group. */
  listDataMembers(after: { groupId: number; pairId: number }, limit: number): { groupId: number; pairId: number }[] {
    return this.database.all(
      `SELECT m.groupId, m.pairId FROM groupMembers m JOIN groups g ON g.id = m.groupId WHERE g.origin = 'data' AND (m.groupId, m.pairId) > (?, ?)
       ORDER BY m.groupId, m.pairId LIMIT ?`, after.groupId, after.pairId, limit)
  }

  /** What templates fill in, by id behind `afterId`; the file is the one of the left picture, or of the right one where that is all. */
  listForTemplates({ sql, values }: Condition, afterId: number, limit: number): TemplateRow[] {
    return this.database.all<TemplateRow & { [name: string]: SqlValue }>(
      `SELECT p.id, p.leftText, p.rightText, p.leftImageId, p.rightImageId, p.task, p.split, p.status, p.score, p.scoreModelId,
         (SELECT group_concat(tag, ', ') FROM (SELECT t.tag FROM pairTags t WHERE t.pairId = p.id ORDER BY t.tag)) AS tags,
         (SELECT t.tag FROM pairTags t WHERE t.pairId = p.id ORDER BY t.tag LIMIT 1) AS tag,
         coalesce(l.sourceName, r.sourceName) AS sourceName
       FROM pairs p LEFT JOIN images l ON l.id = p.leftImageId LEFT JOIN images r ON r.id = p.rightImageId
       WHERE p.id > ? AND ${sql} ORDER BY p.id LIMIT ?`, afterId, ...values, limit)
  }
}

export interface TemplateRow {
  id: number
  leftText: string | null
  rightText: string | null
  leftImageId: number | null
  rightImageId: number | null
  task: Task
  split: Split
  status: string
  score: number | null
  scoreModelId: string | null
  tags: string | null
  tag: string | null
  sourceName: string | null
}
