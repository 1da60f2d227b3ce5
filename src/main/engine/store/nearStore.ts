// Neighbourhoods that filters name (`near:3`). One never changes after it was made, so what a filter answers does not depend
// on embeddings that come or go; asking again makes another one.
import type { Near } from '../../../shared/contract/near'
import type { QueryImage } from '../../../shared/contract/search'
import { AppError } from '../../../shared/errors'
import type { Database } from './database'

/** The newest are kept, and those that a saved filter names. */
const mostKept = 40

interface NearRow {
  id: number
  modelId: string
  text: string | null
  imageId: number | null
  queryImageId: string | null
  side: Near['side']
  madeAtMs: number
  matchCount: number
  lowest: number | null
  highest: number | null
}

const select = `SELECT n.id, n.modelId, n.text, n.imageId, n.queryImageId, n.side, n.madeAtMs,
  count(m.pairId) AS matchCount, min(m.similarity) AS lowest, max(m.similarity) AS highest
  FROM neighbourhoods n LEFT JOIN nearPairs m ON m.nearId = n.id`

const toNear = ({ imageId, queryImageId, ...row }: NearRow): Near => ({
  ...row, image: imageId !== null ? { kind: 'project', imageId } : queryImageId !== null ? { kind: 'query', queryImageId } : null,
})

export class NearStore {
  constructor(private readonly database: Database) {}

  list(nearIds: readonly number[]): Near[] {
    return this.database.all<NearRow>(`${select} WHERE n.id IN (SELECT value FROM json_each(?)) GROUP BY n.id ORDER BY n.id`, JSON.stringify(nearIds)).map(toNear)
  }

  /** @param found nearest first */
  add(query: { modelId: string; text: string | null; image: QueryImage | null; side: Near['side'] }, found: readonly { pairId: number; similarity: number }[]): Near {
    const nearId = this.database.transaction(() => {
      const { insertedId } = this.database.run('INSERT INTO neighbourhoods (modelId, text, imageId, queryImageId, side, madeAtMs) VALUES (?, ?, ?, ?, ?, ?)',
        query.modelId, query.text, query.image?.kind === 'project' ? query.image.imageId : null, query.image?.kind === 'query' ? query.image.queryImageId : null, query.side, Date.now())
      this.database.run(`INSERT INTO nearPairs (nearId, pairId, similarity) SELECT ?, j.value ->> 0, j.value ->> 1 FROM json_each(?) j JOIN pairs p ON p.id = j.value ->> 0`,
        insertedId, JSON.stringify(found.map(({ pairId, similarity }) => [pairId, similarity])))
      this.#dropOldest()
      return insertedId
    })
    const near = this.list([nearId])[0]
    if (near === undefined) throw new AppError('internal', `Neighbourhood ${nearId} was not kept.`)
    return near
  }

  #dropOldest(): void {
    this.database.run(`DELETE FROM neighbourhoods WHERE id NOT IN (SELECT id FROM neighbourhoods ORDER BY id DESC LIMIT ?)
      AND NOT EXISTS (SELECT 1 FROM filters f WHERE f.filter LIKE '%near:%' || neighbourhoods.id || '%')`, mostKept)
  }
}
