// The token cache: codes of the frozen image tokenizer, kept once per picture and tokenizer.
import { endianness } from 'node:os'
import type { Database } from './database'

export class TokenStore {
  constructor(private readonly database: Database) {}

  find(imageId: number, tokenizerId: string): Uint16Array | null {
    const row = this.database.get<{ codes: Uint8Array }>('SELECT codes FROM imageTokens WHERE tokenizerId = ? AND imageId = ?', tokenizerId, imageId)
    return row === undefined ? null : readCodes(row.codes)
  }

  /** Pictures without cached codes are not in the map. CROSS JOIN as in `EmbeddingStore.getMany`: else time is the product of both. */
  getMany(imageIds: readonly number[], tokenizerId: string): Map<number, Uint16Array> {
    const rows = this.database.all<{ imageId: number; codes: Uint8Array }>(
      'SELECT t.imageId, t.codes FROM json_each(?) j CROSS JOIN imageTokens t ON t.tokenizerId = ? AND t.imageId = j.value', JSON.stringify(imageIds), tokenizerId)
    return new Map(rows.map(row => [row.imageId, readCodes(row.codes)]))
  }

  set(tokenizerId: string, entries: Iterable<{ imageId: number; codes: Uint16Array }>): void {
    this.database.transaction(() => {
      for (const { imageId, codes } of entries) {
        this.database.run('INSERT OR REPLACE INTO imageTokens (imageId, tokenizerId, codes) VALUES (?, ?, ?)', imageId, tokenizerId, writeCodes(codes))
      }
    })
  }

  listMissingImageIds(tokenizerId: string): number[] {
    return this.database.all<{ id: number }>(
      'SELECT i.id FROM images i WHERE i.isHidden = 0 AND NOT EXISTS (SELECT 1 FROM imageTokens t WHERE t.tokenizerId = ? AND t.imageId = i.id) ORDER BY i.id', tokenizerId).map(row => row.id)
  }

  count(tokenizerId: string): number {
    return this.database.count('SELECT count(*) FROM imageTokens WHERE tokenizerId = ?', tokenizerId)
  }
}

function swapped(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  return endianness() === 'LE' ? copy : copy.swap16()
}

const writeCodes = (codes: Uint16Array): Uint8Array => swapped(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength))

function readCodes(bytes: Uint8Array): Uint16Array {
  const codes = new Uint16Array(bytes.byteLength / 2)
  new Uint8Array(codes.buffer).set(swapped(bytes))
  return codes
}
